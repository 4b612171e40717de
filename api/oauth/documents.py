"""Clients known by their documents: pinned copies, then kept ones, then a fetch for somebody."""

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol
from uuid import UUID

from api.oauth.client_document import (
    DocumentRefused,
    Unreachable,
    read_document,
    require_document_url,
)
from api.oauth.store import Document, OAuthStore
from api.rates import RateLimited, RateLimiter
from domain.oauth_client import OAuthClient

FETCHES = 30  # a minute and person
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=24)
OLDEST = timedelta(days=30)
_MAX_AGE = re.compile(r'(?:^|[\s,])max-age="?(\d{1,10})', re.IGNORECASE)
_NO_PINNED: Mapping[str, OAuthClient] = MappingProxyType({})


class Fetched(NamedTuple):
    """What came back: the headers' names are in lower case."""

    body: bytes
    headers: Mapping[str, str]


class Fetch(Protocol):
    """Fetches a document from an acceptable URL; nothing else of the network is to be seen."""

    async def __call__(self, url: str) -> Fetched:
        """Raises `Unreachable` where trying again may help, else `DocumentRefused`."""
        ...


class Documents:
    """Finds clients by documents. Fetches of one URL that come at once are one, in a process.

    What failed is never kept, so each asking tries again.
    """

    def __init__(
        self,
        *,
        fetch: Fetch,
        store: OAuthStore,
        rates: RateLimiter,
        now: Callable[[], datetime],
        pinned: Mapping[str, OAuthClient] = _NO_PINNED,
        plain: frozenset[str] = frozenset(),
    ) -> None:
        self._fetch = fetch
        self._store = store
        self._rates = rates
        self._now = now
        self._pinned = pinned
        self._plain = plain
        self._fetching: dict[str, asyncio.Task[OAuthClient]] = {}

    def is_document_id(self, client_id: str) -> bool:
        """Whether it is an ID of this kind, acceptable or not; none that we give begins so."""
        return client_id in self._pinned or client_id.startswith(
            ("https://", "http://") if self._plain else "https://"
        )

    async def find(
        self, client_id: str, fetch: bool = False, on_behalf: UUID | None = None
    ) -> OAuthClient | None:
        """Return the client of a document; None for one that is unknown without the network.

        Only `fetch` goes to the network, and only on behalf of somebody, whose fetches are counted.
        Without it, a copy of any age will do: that a client is out of reach takes nothing away from
        grants that it has. With it, a stale copy stands in where the document is out of reach, for
        30 days. Raises `DocumentRefused`, `RateLimited` and `Unavailable`.
        """
        if pinned := self._pinned.get(client_id):
            return pinned
        if not self.is_document_id(client_id):
            return None
        try:
            require_document_url(client_id, self._plain)
        except DocumentRefused:
            if fetch:
                raise
            return None
        kept = await self._store.find_document(client_id)
        now = self._now()
        if kept is not None and now < kept.fresh_until:
            return kept.client
        if not fetch or on_behalf is None:
            return kept.client if kept else None
        try:
            await self._rates.require("document", str(on_behalf), FETCHES)
            return await self._fetch_once(client_id)
        except (Unreachable, RateLimited):
            if kept is not None and now - kept.fetched_at < OLDEST:
                return kept.client
            raise

    async def _fetch_once(self, client_id: str) -> OAuthClient:
        fetching = self._fetching.get(client_id)
        if fetching is None:
            fetching = asyncio.create_task(self._renew(client_id), name="document")
            self._fetching[client_id] = fetching
            # Where all who waited went away, nobody else asks how it ended.
            fetching.add_done_callback(lambda task: task.cancelled() or task.exception())
        # Many wait for it: that one of them goes away must not take it from the others.
        return await asyncio.shield(fetching)

    async def _renew(self, client_id: str) -> OAuthClient:
        try:
            # Whoever looked before the last fetch ended, and comes here after it, needs no other.
            kept = await self._store.find_document(client_id)
            if kept is not None and self._now() < kept.fresh_until:
                return kept.client
            fetched = await self._fetch(client_id)
            client = read_document(client_id, fetched.body)
            now = self._now()
            await self._store.keep_document(
                Document(client, now, now + fresh_for(fetched.headers, now))
            )
            return client
        finally:
            del self._fetching[client_id]


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how long an answer is fresh (RFC 9111 §4.2), from 5 minutes to 24 hours."""
    lifetime = _lifetime(headers, now) - _seconds(headers.get("age", ""))
    return min(max(lifetime, SHORTEST), LONGEST)


def _lifetime(headers: Mapping[str, str], now: datetime) -> timedelta:
    control = headers.get("cache-control", "")
    if ages := _MAX_AGE.findall(control):
        return min(map(_seconds, ages))
    expires = _moment(headers.get("expires", ""))
    if expires is None:
        return timedelta()
    return expires - (_moment(headers.get("date", "")) or now)


def _seconds(digits: str) -> timedelta:
    return timedelta(seconds=min(int(digits), 10**9)) if _is_number(digits) else timedelta()


def _is_number(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= 10  # noqa: PLR2004 - ages


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
