"""The product served with a small company in it, for the panel's pages."""

from tests.oauth.conftest import clock, company, desk_database, founded, moving, product

# The fixtures of the OAuth tests, anew for these.
__all__ = ["clock", "company", "desk_database", "founded", "moving", "product"]
