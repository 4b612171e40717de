"""The ledger's reads: streams, credentials, the authority number, and a database that is away."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from domain.access_tokens import Generated, Revoked
from domain.ledger import CredentialFound, Unavailable, Verdict
from infra.event_store.ledger import PostgresLedger
from tests.event_store.log import MAIN, NOON, Log, event, store, tagged
from tests.event_store.writing import writing

pytestmark = pytest.mark.anyio

Pool = AsyncConnectionPool[psycopg.AsyncConnection[Any]]


@pytest.fixture
async def ledger(database: str) -> AsyncIterator[PostgresLedger]:
    pool = Pool(
        database, min_size=1, max_size=1, timeout=1, open=False, kwargs={"autocommit": True}
    )
    async with pool, writing(database) as writer:
        yield PostgresLedger(pool, MAIN, writer)


async def test_what_was_appended_is_loaded_in_order(ledger: PostgresLedger) -> None:
    stream = uuid4()
    events = [tagged(stream, version) for version in (1, 2, 3)]
    appended = await ledger.append(store(*events))

    assert appended[:2] == (Verdict.STORED, 3)
    assert await ledger.load(stream) == events
    assert await ledger.load(stream, after=2) == events[2:]
    assert await ledger.load(uuid4()) == []


async def test_many_streams_are_loaded_at_once(ledger: PostgresLedger) -> None:
    one, other, unknown = uuid4(), uuid4(), uuid4()
    events = [tagged(one, 1), tagged(other, 1), tagged(one, 2)]
    await ledger.append(store(*events))

    assert await ledger.load_many([one, other, unknown]) == {
        one: [events[0], events[2]],
        other: [events[1]],
    }
    assert await ledger.load_many([]) == {}
    assert await ledger.having_events([one, other, unknown]) == {one, other}


async def test_a_credential_is_found_with_the_authority_number_until_revoked(
    ledger: PostgresLedger,
) -> None:
    token = Generated(
        token=uuid4(), agent=uuid4(), digest="aa", mask="", expires_at=NOON + timedelta(days=1)
    )
    await ledger.append(store(event(token)))

    found = await ledger.find_credential(b"\xaa")
    assert found == CredentialFound(
        kind="token",
        credential=token.token,
        agent=token.agent,
        scopes=["tickets:read", "tickets:write"],
        since=NOON,
        expires_at=token.expires_at,
        used_at=None,
        authority=1,
    )

    await ledger.append(store(event(Revoked(token=token.token, digest="aa"))))
    assert await ledger.find_credential(b"\xaa") is None
    assert await ledger.authority() == 2


async def test_ticket_numbers_are_drawn_once_each(ledger: PostgresLedger) -> None:
    assert await ledger.next_ticket_number() == 1
    assert list(await ledger.next_ticket_numbers(3)) == [2, 3, 4]
    assert await ledger.next_ticket_number() == 5


async def test_a_broken_connection_is_unavailable_and_replaced(
    ledger: PostgresLedger, log: Log
) -> None:
    assert await ledger.authority() == 1
    log.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    with pytest.raises(Unavailable):
        await ledger.authority()
    assert await ledger.authority() == 1
