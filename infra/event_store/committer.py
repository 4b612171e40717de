"""Commits batches over one connection, each exactly once though the connection breaks."""

import contextlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import args_row

from domain.account import Account
from domain.fact import Recorded
from domain.ledger import Appended, Verdict
from infra.event_store.batch import (
    Encoded,
    Outcome,
    append_statement,
    budget_line,
    parameters,
    settle,
)
from infra.event_store.columns import take_columns
from infra.event_store.mapper import Row

CONNECT_SECONDS = 2
HOLD = (
    # While it is looked up nobody appends, so a process that halts in there must lose its lock.
    "SELECT set_config('idle_in_transaction_session_timeout', '5s', true), "
    "set_config('lock_timeout', '5s', true), pg_advisory_xact_lock(hashtextextended(%s, 0))"
)

Connection = psycopg.AsyncConnection[Any]


class Committed(NamedTuple):
    """What became of a batch: the answers in order, and what was stored after which position."""

    answers: Sequence[Appended]
    previous_position: int
    stored: Sequence[Recorded]


class Committer:
    """Calls the append function, and finds out what became of a call whose answer was lost.

    `prepare=False` is for poolers that cannot keep prepared statements. `session` is the process
    that serves the connection in PostgreSQL, if no pooler stands between.
    """

    def __init__(self, url: str, account: Account, *, prepare: bool = True) -> None:
        self._url = url
        self._prepare = prepare
        self._append_lock = account.append_lock
        self._append = append_statement(account)
        self._find = sql.SQL(
            "SELECT e.originator_id, e.originator_version, e.topic, e.state, e.notification_id "
            "FROM unnest(%s::uuid[], %s::bigint[]) AS r (stream, version) JOIN {}.events e "
            "ON e.originator_id = r.stream AND e.originator_version = r.version"
        ).format(sql.Identifier(account.log))
        self._connection: Connection | None = None
        self.session = 0

    async def commit(self, batch: Sequence[Encoded]) -> Committed:
        """Store a batch. Raises `psycopg.OperationalError` when the database is away.

        Other errors of psycopg mean that a request of the batch cannot be stored, so none was.
        """
        connection = await self._connected()
        try:
            outcome = await self._execute(connection, batch)
        except psycopg.OperationalError:
            if not connection.closed:  # refused by a server that lives, so nothing was stored
                raise
            return await self._recover(batch)
        answers, stored = settle(batch, outcome)
        return Committed(answers, outcome.previous_position, stored)

    async def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                await self._connection.close()
            self._connection = None

    async def _recover(self, batch: Sequence[Encoded]) -> Committed:
        """Answer for what a broken commit did store, and store the rest."""
        connection = await self._connected()
        async with connection.transaction():
            # Waits for the broken commit, should the server still be at it.
            await connection.execute(HOLD, (self._append_lock,))
            found = await self._look_up(connection, batch)
            lost = [one for one, place in zip(batch, found, strict=True) if place is None]
            outcome = await self._execute(connection, lost)
        line = budget_line(outcome.budget_limit, outcome.used, outcome.period)
        answers, stored = settle(lost, outcome)
        late = iter(answers)
        return Committed(
            [Appended(*place, outcome.authority, line) if place else next(late) for place in found],
            outcome.previous_position,
            stored,
        )

    async def _look_up(
        self, connection: Connection, batch: Sequence[Encoded]
    ) -> list[tuple[Verdict, int] | None]:
        """Say of each request what was stored and where its last event is, or None for nothing.

        The bytes are compared, since others may have taken the version.
        """
        rows = [row for one in batch for row in (*one.rows, *one.unpaid)]
        cursor = await connection.execute(
            self._find, ([row.stream for row in rows], [row.version for row in rows]), binary=True
        )
        positions = {Row(*row): position async for *row, position in cursor}
        found: list[tuple[Verdict, int] | None] = []
        for one in batch:
            place = None
            for part, verdict in ((one.rows, Verdict.STORED), (one.unpaid, Verdict.OVER_BUDGET)):
                if part and (last := positions.get(part[-1])):
                    place = (verdict, last)
            found.append(place)
        return found

    async def _execute(self, connection: Connection, batch: Sequence[Encoded]) -> Outcome:
        async with connection.cursor(row_factory=args_row(Outcome)) as cursor:
            await cursor.execute(self._append, parameters(batch), prepare=self._prepare)
            outcome = await cursor.fetchone()
        if outcome is None:
            raise psycopg.DataError("the append function answered nothing")
        return outcome

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            await self.close()
            self._connection = await psycopg.AsyncConnection.connect(
                self._url,
                autocommit=True,
                prepare_threshold=0 if self._prepare else None,
                application_name="deskledger writer",
                connect_timeout=CONNECT_SECONDS,
                # A server that vanished without a word is given up after some ten seconds.
                tcp_user_timeout=10_000,
                keepalives_idle=5,
                keepalives_interval=2,
                keepalives_count=3,
            )
            take_columns(self._connection)
            self.session = self._connection.info.backend_pid
        return self._connection
