"""What is removed by itself, beside those who work with the same rows meanwhile."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import psycopg
import pytest
from msgspec.structs import replace

from api.oauth.documents import OLDEST
from api.oauth.store import Document
from domain.secret import digest_of
from infra.oauth.store import _BATCH  # pyright: ignore[reportPrivateUsage] - there must be more
from tests.oauth.oauth_grants import CLAUDE, CURSOR, connect_app
from tests.oauth.oauth_tables import Tables, rotated

pytestmark = pytest.mark.anyio

SECONDS = 60
MONTHS = timedelta(days=62)


@asynccontextmanager
async def held(tables: Tables, table: str) -> AsyncGenerator[None]:
    """Hold all rows of a table, as an append does that is about to delete them."""
    async with await psycopg.AsyncConnection.connect(tables.url) as connection:
        await connection.execute(f"SELECT FROM acct_main.{table} FOR UPDATE".encode())
        yield
        await connection.rollback()


@pytest.mark.parametrize(("table", "place"), [("grants", 0), ("refresh_tokens", 1)])
async def test_housekeeping_waits_for_no_row_that_somebody_holds(
    tables: Tables, table: str, place: int
) -> None:
    # It would hold others of them meanwhile, for which an append may wait that holds this one.
    app = await connect_app(tables.here, tables.ana)
    await rotated(tables, app)
    later = tables.here.helpdesk.now() + MONTHS
    if table == "refresh_tokens":
        await tables.query("UPDATE acct_main.grants SET until = %s", later)
    before = (await tables.counts())[place]
    async with held(tables, table):
        await asyncio.wait_for(tables.store.remove_old(later), SECONDS)
        assert (await tables.counts())[place] == before
    await tables.store.remove_old(later)
    assert (await tables.counts())[place] < before


async def test_nobody_waits_for_others_who_use_the_same_client(tables: Tables) -> None:
    # Programs that register share one, and anybody may register it once more, as often as he likes.
    store, now = tables.store, tables.here.helpdesk.now()
    await store.add_client(CURSOR, b"cursor", "192.0.2.0", now)
    app = await connect_app(tables.here, tables.ana, CURSOR)
    async with held(tables, "oauth_clients"):
        known = store.add_client(CURSOR, b"cursor", "192.0.2.0", now + timedelta(minutes=4))
        assert await asyncio.wait_for(known, SECONDS) == CURSOR
        _, lost = await asyncio.wait_for(rotated(tables, app), SECONDS)
        assert lost is None
    for minutes in (4, 6):
        later = now + timedelta(minutes=minutes)
        await store.add_client(CURSOR, b"cursor", "192.0.2.0", later)
    assert await tables.query("SELECT registered_at FROM acct_main.oauth_clients") == [(later,)]


async def test_all_that_is_old_goes_at_once_however_much_it_is(tables: Tables) -> None:
    app = await connect_app(tables.here, tables.ana)
    await tables.query(
        "INSERT INTO acct_main.refresh_tokens (digest, grant_id, idle_until, until) "
        "SELECT sha256(int4send(i)), %s, now(), now() FROM generate_series(1, %s) AS i",
        app.grant,
        2 * _BATCH,
    )
    now = tables.here.helpdesk.now()
    await tables.query("UPDATE acct_main.refresh_tokens SET rotated_at = %s, sealed = '\\x00'", now)
    await tables.store.remove_old(now + timedelta(minutes=6))
    assert await tables.query("SELECT FROM acct_main.refresh_tokens WHERE sealed NOTNULL") == []
    await tables.query("UPDATE acct_main.grants SET until = %s", now + MONTHS)
    await tables.store.remove_old(now + timedelta(days=31))
    assert (await tables.counts())[1] == 0


async def test_documents_of_clients_that_nobody_uses_go_when_they_stand_in_for_nothing(
    tables: Tables,
) -> None:
    store, now = tables.store, tables.here.helpdesk.now()
    other = replace(CLAUDE, id="https://other.example/client.json")
    for client in (CLAUDE, other):
        await store.keep_document(Document(client, now, now))
    await connect_app(tables.here, tables.ana, CLAUDE)
    await store.remove_old(now + OLDEST - timedelta(minutes=1))
    assert await store.find_document(other.id)
    await tables.query("UPDATE acct_main.grants SET until = %s", now + MONTHS)
    await store.remove_old(now + OLDEST + timedelta(minutes=1))
    assert await store.find_document(other.id) is None
    assert await store.find_document(CLAUDE.id)


async def test_an_answer_that_nobody_gets_again_is_not_kept(tables: Tables) -> None:
    app = await connect_app(tables.here, tables.ana)
    await rotated(tables, app)
    now = tables.here.helpdesk.now()
    for minutes, sealed in ((4, b"sealed"), (6, None)):
        await tables.store.remove_old(now + timedelta(minutes=minutes))
        found = await tables.store.find_refresh_token(digest_of(app.refresh_token))
        assert found
        assert found.sealed == sealed
