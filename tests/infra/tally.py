"""A small view over recorded calls, the log they come from, and what its tests wait for."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import LiteralString
from uuid import uuid4

import psycopg

from domain.account import Account
from domain.call import CallRecorded
from domain.fact import Attribution, Envelope, Event, Fact, Recorded
from infra.event_store.mapper import to_event, to_row
from infra.projector.fold import Projection
from infra.projector.live import LiveViews
from infra.projector.progress import Connections
from infra.projector.projector import Pace
from projections.view import Connection, qualified

ACCOUNT = Account.named("main")
SECONDS = 60.0
BRISK = Pace(poll=0.05, takeover=0.05, retry=0.02, longest_retry=0.05)
# Nothing is found by looking: what is found was told.
HINTS_ONLY = BRISK._replace(poll=3_600)
ENVELOPE = Envelope(recorded_at=datetime(2026, 1, 1, tzinfo=UTC), by=Attribution(via="system"))


class Tally:
    """Lists the tools called: those in `poisons` it refuses itself, strychnine its table does."""

    name = "tally"
    takes = frozenset((CallRecorded,))
    tables: LiteralString = """
    CREATE TABLE {views}.tally (
        position bigint PRIMARY KEY,
        tool text CONSTRAINT harmless CHECK (tool <> 'strychnine')
    )
    """
    indexes: LiteralString = "CREATE INDEX tally_tool ON {views}.tally (tool)"

    def __init__(self, version: int = 1) -> None:
        self.version = version
        self.poisons: set[str] = set()

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        rows = [
            (position, event.fact.tool)
            for position, event in page
            if isinstance(event.fact, CallRecorded)
        ]
        if poisoned := self.poisons.intersection(tool for _, tool in rows):
            raise ValueError(f"cannot count {poisoned}")
        insert = qualified("INSERT INTO {views}.tally VALUES (%s, %s)", schema)
        async with connection.cursor() as cursor:
            await cursor.executemany(insert, rows)


def projection(view: Tally | None = None) -> Projection:
    return Projection(ACCOUNT, to_event, (view or Tally(),))


def called(tool: str) -> Event:
    return happened(CallRecorded(tool=tool, arguments={}, outcome="ok"))


def happened(fact: Fact) -> Event:
    return Event(uuid4(), 1, fact, ENVELOPE)


def append(url: str, *events: Event, tell: bool = True) -> list[Recorded]:
    """Append events as the log's function does, told or untold."""
    rows = [to_row(event) for event in events]
    insert = (
        "INSERT INTO acct_main.events (originator_id, originator_version, topic, state) "
        "SELECT stream, version, topic, state FROM unnest(%b::uuid[], %b::bigint[], %b::text[], "
        "%b::bytea[]) WITH ORDINALITY AS row (stream, version, topic, state, place) "
        "ORDER BY place RETURNING notification_id"
    )
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE acct_main.events IN EXCLUSIVE MODE")
        columns = [list(column) for column in zip(*rows, strict=True)]
        positions = [position for (position,) in connection.execute(insert, columns).fetchall()]
        if tell:
            told = (ACCOUNT.log_channel, str(positions[-1]))
            connection.execute("SELECT pg_notify(%s, %s)", told)
    return list(map(Recorded, positions, events))


def record(url: str, *tools: str, tell: bool = True) -> int:
    """Record calls of these tools, and return the last one's position."""
    return append(url, *map(called, tools), tell=tell)[-1].position


def tally(url: str, above: int = 0) -> list[str]:
    """Return the tools in the view above a position, in order."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT tool FROM acct_main_views.tally WHERE position > %s ORDER BY position", (above,)
        )
        return [tool for (tool,) in rows.fetchall()]


def connections(url: str) -> Connections:
    @asynccontextmanager
    async def lent() -> AsyncGenerator[Connection]:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            yield connection

    return lent


def live(url: str, pace: Pace = BRISK, view: Tally | None = None) -> LiveViews:
    """Return what a process runs; each one has sessions of its own."""
    return LiveViews(url, projection(view), connections(url), pace)


def terminate(url: str, name: str) -> int:
    """End the sessions of this name as a crash would, and return how many there were."""
    with psycopg.connect(url, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = %s",
            (f"deskledger {name}",),
        ).fetchone()
    assert ended
    return ended[0]


async def eventually(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait for a condition, or fail after `SECONDS`."""
    async with asyncio.timeout(SECONDS):
        while True:
            holds = condition()
            if holds if isinstance(holds, bool) else await holds:
                return
            await asyncio.sleep(0.005)
