"""Clients by their documents: when they are fetched, kept, believed, and by whom."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from api.oauth.client_document import DocumentRefused, Unreachable
from api.oauth.documents import FETCHES, Documents, fresh_for
from api.rates import RateLimited
from domain.oauth_client import OAuthClient
from infra.oauth.fetching import DocumentFetch
from infra.oauth.pinned import PinnedError, read_pinned
from infra.oauth.store import PostgresOAuthStore
from infra.pool import reading_pool
from infra.rates import Limits, PostgresRateLimiter
from tests.event_store.log import MAIN
from tests.oauth.oauth_site import Site, answer, site

pytestmark = pytest.mark.anyio

ANA = UUID(int=1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def document(client_id: str, name: str = "Probe") -> bytes:
    redirects = ["https://app.example/callback"]
    return msgspec.json.encode(
        {"client_id": client_id, "client_name": name, "redirect_uris": redirects}
    )


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Scene(NamedTuple):
    """A site with one document, and who asks for it."""

    site: Site
    store: PostgresOAuthStore
    rates: PostgresRateLimiter
    clock: Clock
    database: str
    documents: Documents

    @property
    def id(self) -> str:
        return self.site.url()

    def publish(self, *headers: str, name: str = "Probe") -> None:
        self.site.given = answer(document(self.id, name), "200 OK", "application/json", *headers)

    async def find(self) -> OAuthClient | None:
        return await self.documents.find(self.id, fetch=True, on_behalf=ANA)

    async def name(self) -> str | None:
        client = await self.find()
        return client and client.name

    def use_up(self, person: UUID) -> None:
        """Let a person have no fetches left until the next minute is over."""
        with psycopg.connect(self.database) as connection:
            connection.execute(
                "INSERT INTO acct_main.rates "
                "VALUES (%s, date_trunc('minute', now()) + interval '1 minute', %s)",
                (f"document {person}", FETCHES),
            )


@pytest.fixture
async def scene(database: str) -> AsyncGenerator[Scene]:
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(site(answer(b"")))
        pool = await stack.enter_async_context(reading_pool(database, 4))
        clock = Clock()
        plain = frozenset({served.host})
        store = PostgresOAuthStore(pool, MAIN)
        rates = PostgresRateLimiter(pool, MAIN, Limits())
        made = Documents(
            fetch=DocumentFetch(plain), store=store, rates=rates, now=clock, plain=plain
        )
        scene = Scene(served, store, rates, clock, database, made)
        scene.publish()
        yield scene


async def test_a_client_is_fetched_for_somebody_and_then_known(scene: Scene) -> None:
    assert await scene.documents.find(scene.id) is None
    assert await scene.documents.find(scene.id, fetch=True) is None
    assert scene.site.requests == []
    client = await scene.find()
    assert client == OAuthClient(
        id=scene.id,
        source="document",
        name="Probe",
        redirect_uris=("https://app.example/callback",),
    )
    assert await scene.documents.find(scene.id) == client
    assert len(scene.site.requests) == 1


async def test_a_copy_is_used_while_it_is_fresh(scene: Scene) -> None:
    scene.publish("Cache-Control: max-age=600")
    assert await scene.name() == "Probe"
    scene.publish("Cache-Control: max-age=600", name="Renamed")
    scene.clock.now += 9 * MINUTE
    assert await scene.name() == "Probe"
    scene.clock.now += MINUTE
    assert await scene.name() == "Renamed"
    assert len(scene.site.requests) == 2


async def test_a_stale_copy_stands_in_for_thirty_days(scene: Scene) -> None:
    await scene.find()
    scene.site.given = answer(b"", "503 Busy")
    scene.clock.now += timedelta(days=30) - MINUTE
    assert await scene.name() == "Probe"
    scene.clock.now += MINUTE
    with pytest.raises(Unreachable, match="status 503"):
        await scene.find()


async def test_grants_go_on_with_a_copy_of_any_age(scene: Scene) -> None:
    client = await scene.find()
    scene.clock.now += timedelta(days=300)
    assert await scene.documents.find(scene.id) == client
    assert len(scene.site.requests) == 1


async def test_a_document_that_was_taken_away_has_no_copy_that_stands_in(scene: Scene) -> None:
    await scene.find()
    scene.site.given = answer(b"", "404 Not Found")
    scene.clock.now += 6 * MINUTE
    with pytest.raises(DocumentRefused, match="has none there"):
        await scene.find()


async def test_a_document_that_went_bad_has_no_copy_that_stands_in(scene: Scene) -> None:
    client = await scene.find()
    scene.site.given = answer(document("https://app.example/other"))
    scene.clock.now += 6 * MINUTE
    with pytest.raises(DocumentRefused, match="is not the URL that it was asked for"):
        await scene.find()
    assert await scene.documents.find(scene.id) == client, "nor is it kept"


async def test_what_failed_is_tried_again_at_once(scene: Scene) -> None:
    for bad in (answer(b"", "500 Broken"), answer(b"{}")):
        scene.site.given = bad
        with pytest.raises(DocumentRefused):
            await scene.find()
        assert await scene.documents.find(scene.id) is None
    scene.publish()
    assert await scene.name() == "Probe"


async def test_those_who_ask_at_once_share_one_fetch(scene: Scene) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def wait(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await go.wait()
        writer.write(answer(document(scene.id)))
        await writer.drain()

    scene.site.given = wait
    first, *others = (asyncio.create_task(scene.find()) for _ in range(8))
    await asked.wait()
    first.cancel()
    go.set()
    found = await asyncio.gather(*others)
    assert found == [await scene.documents.find(scene.id)] * 7
    assert len(scene.site.requests) == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_person_has_so_many_fetches_a_minute(scene: Scene) -> None:
    scene.use_up(ANA)
    with pytest.raises(RateLimited):
        await scene.find()
    assert scene.site.requests == []
    assert await scene.documents.find(scene.id, fetch=True, on_behalf=uuid4()) is not None
    assert await scene.name() == "Probe", "a fresh copy costs nothing"
    scene.clock.now += 6 * MINUTE
    assert await scene.name() == "Probe", "a stale one is better than to wait"
    assert len(scene.site.requests) == 1


@pytest.mark.parametrize(
    "client_id", ["", "dl_client_1", "app.example/x", "\0", "ftp://a.example/b"]
)
async def test_other_ids_are_not_looked_for(scene: Scene, client_id: str) -> None:
    assert await scene.documents.find(client_id, fetch=True, on_behalf=ANA) is None


@pytest.mark.parametrize(
    "client_id", ["https://", "https://app.example", "https://a.example/\0", "http://app.example/x"]
)
async def test_a_bad_id_is_refused_where_a_person_is_told(scene: Scene, client_id: str) -> None:
    with pytest.raises(DocumentRefused, match="The client's ID cannot be used"):
        await scene.documents.find(client_id, fetch=True, on_behalf=ANA)
    assert await scene.documents.find(client_id) is None


async def test_a_pinned_client_needs_no_network(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "app.json").write_bytes(document("https://app.example/client.json", "Pinned"))
    (tmp_path / "notes.txt").write_text("no document")
    pinned = read_pinned(str(tmp_path))
    documents = Documents(
        fetch=DocumentFetch(),
        store=scene.store,
        rates=scene.rates,
        now=scene.clock,
        pinned=pinned,
    )
    client = await documents.find("https://app.example/client.json")
    assert client is not None
    assert client.name == "Pinned"
    assert read_pinned(str(tmp_path / "app.json")) == pinned


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"a.json": b"{}"},
        {"a.json": b"\xff"},
        {"a.json": document("http://app.example/c")},
        {"a.json": document("https://app.example/c"), "b.json": document("https://app.example/c")},
    ],
)
def test_pinned_documents_must_be_good(files: dict[str, bytes], tmp_path: Path) -> None:
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    with pytest.raises(PinnedError) as error:
        read_pinned(str(tmp_path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        ({}, 5),
        ({"cache-control": "max-age=3600"}, 60),
        ({"cache-control": "public, Max-Age=3600, must-revalidate"}, 60),
        ({"cache-control": 'max-age="3600"'}, 60),
        ({"cache-control": "max-age=3600", "age": "600"}, 50),
        ({"cache-control": "max-age=3600", "age": "-600"}, 60),
        ({"cache-control": "max-age=3600", "age": "9" * 40}, 60),
        ({"cache-control": "max-age=3600, max-age=1200"}, 20),
        ({"cache-control": "s-maxage=3600, x-max-age=3600"}, 5),
        ({"cache-control": "no-store"}, 5),
        ({"cache-control": "max-age=0"}, 5),
        ({"cache-control": f"max-age={'9' * 50}"}, 24 * 60),
        ({"cache-control": "max-age=3600", "expires": "Sun, 01 Mar 2026 12:30:00 GMT"}, 60),
        ({"expires": "Sun, 01 Mar 2026 12:30:00 GMT"}, 30),
        (
            {
                "expires": "Sun, 01 Mar 2026 12:30:00 GMT",
                "date": "Sun, 01 Mar 2026 12:10:00 GMT",
            },
            20,
        ),
        ({"expires": "Sun, 01 Mar 2026 12:30:00 GMT", "age": "600"}, 20),
        ({"expires": "Sun, 01 Mar 2026 11:00:00 GMT"}, 5),
        ({"expires": "0"}, 5),
        ({"expires": "Sun, 99 Mar 9999999 12:30:00 GMT"}, 5),
        ({"expires": "Fri, 31 Dec 9999 23:59:59 GMT"}, 24 * 60),
    ],
)
def test_answers_are_fresh_as_they_say_within_bounds(headers: dict[str, str], minutes: int) -> None:
    assert fresh_for(headers, NOON) == timedelta(minutes=minutes)
