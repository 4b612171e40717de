"""A document fetched from a site of the test, without TLS."""

from api.oauth.documents import Fetched
from infra.oauth.fetching import (
    SECONDS,
    DocumentFetch,
)
from tests.oauth.oauth_site import Handler, site


async def fetch_plain(given: bytes | Handler, seconds: float = SECONDS) -> Fetched:
    async with site(given) as served:
        return await DocumentFetch(frozenset({served.host}), seconds=seconds)(served.url())
