"""Pages for who is not signed in yet: the way in and out, and what one-time links open."""

from api.pages.sign_in import entering, links

ENDPOINTS = (*entering.ENDPOINTS, *links.ENDPOINTS)
