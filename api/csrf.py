"""Forged requests of other sites: a token they cannot know, and headers they cannot set."""

import base64
import hashlib
import hmac
from collections.abc import Collection

from api.cookies import Headers

HEADER = b"x-csrf-token"
FIELD = "csrf"


def csrf_token(secret: str) -> str:
    """Return the token that goes with a cookie's secret; it tells nothing about the secret."""
    digest = hmac.digest(secret.encode(), b"csrf", hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def is_csrf_token(token: str, secret: str) -> bool:
    """Whether a request's token is the one that goes with its cookie."""
    return hmac.compare_digest(token.encode(), csrf_token(secret).encode())


def is_same_origin(headers: Headers, origins: Collection[str], *, hidden: bool = False) -> bool:
    """Whether the browser says that a page of ours sends this, for requests that change something.

    `Sec-Fetch-Site` is the browser's own word (Fetch Metadata §2.3), `Origin` says the same by http
    and in older browsers. Programs send neither; whoever holds a cookie's token is no forger.
    With `hidden` the page has the policy no-referrer, by which a browser hides its origin in
    forms, too (Fetch, "append a request Origin header").
    """
    site = headers.get(b"sec-fetch-site")
    if site not in {None, b"same-origin", b"none"}:
        return False
    origin = headers.get(b"origin")
    return origin is None or origin.decode("latin-1") in origins or (hidden and origin == b"null")
