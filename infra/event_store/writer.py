"""The writer: one task a process that commits whatever queued during the last commit (group commit)."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import args_row

from domain.account import Account
from domain.fact import Recorded
from domain.ledger import Append, Appended, Unavailable, Verdict
from infra.event_store.batch import (
    Encoded,
    Outcome,
    append_statement,
    budget_line,
    encode,
    parameters,
    settle,
)

MAX_REQUESTS = 256
MAX_ROWS = 4_096  # a bulk import's requests are long: this keeps one batch under a few megabytes
MAX_QUEUED = 10_000
CONNECT_SECONDS = 2

log = logging.getLogger(__name__)
Waiting = tuple[Encoded, "asyncio.Future[Appended]"]
OnStored = Callable[[int, Sequence[Recorded]], None]


class Writer:
    """Group commit over one connection.

    `on_stored` is told, right after each commit, where the log stood before and what was stored.
    A caller that goes away does not undo its request.
    """

    def __init__(
        self, url: str, account: Account, on_stored: OnStored, *, prepare: bool = True
    ) -> None:
        self._url = url
        self._log = sql.Identifier(account.log)
        self._statement = append_statement(account)
        self._on_stored = on_stored
        self._prepare = prepare
        self._queue: deque[Waiting] = deque()
        self._filled = asyncio.Event()
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="writer")

    async def stop(self) -> None:
        """Commit what is queued, then end."""
        if self._task is None:
            return
        while self._queue:
            await asyncio.wait([future for _, future in self._queue])
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._disconnect()

    async def append(self, request: Append) -> Appended:
        """Store a request with the next batch. Raises `Unavailable` when the database is away."""
        if len(self._queue) >= MAX_QUEUED:
            raise Unavailable
        future: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._queue.append((encode(request), future))
        self._filled.set()
        return await future

    async def _run(self) -> None:
        while True:
            await self._filled.wait()
            batch = self._take()
            try:
                answers = await self._commit([encoded for encoded, _ in batch])
            except psycopg.Error as error:
                log.warning("the log is out of reach: %s", type(error).__name__)
                self._fail(batch)
            except BaseException:
                self._fail(batch)
                raise
            else:
                for (_, future), answer in zip(batch, answers, strict=True):
                    if not future.done():
                        future.set_result(answer)

    def _fail(self, batch: Sequence[Waiting]) -> None:
        for _, future in batch:
            if not future.done():
                future.set_exception(Unavailable())

    def _take(self) -> list[Waiting]:
        """Take the next batch: a request that meets a neighbour's key waits for the next."""
        batch: list[Waiting] = []
        left: list[Waiting] = []
        written: set[tuple[UUID, int]] = set()
        rows = 0
        while self._queue and len(batch) < MAX_REQUESTS and rows < MAX_ROWS:
            waiting = self._queue.popleft()
            one = waiting[0]
            keys = {*one.written, *one.request.guards}
            if written.isdisjoint(keys):
                written.update(one.written)
                batch.append(waiting)
                rows += len(one.rows) + len(one.unpaid)
            else:
                left.append(waiting)
        self._queue.extendleft(reversed(left))
        if not self._queue:
            self._filled.clear()
        return batch

    async def _commit(self, batch: Sequence[Encoded]) -> list[Appended]:
        try:
            outcome = await self._execute(batch)
        except psycopg.OperationalError:
            # Perhaps it was committed and only the answer was lost: ask before saying anything.
            await self._disconnect()
            answers, lost = await self._look_up(batch)
            if lost:
                outcome = await self._execute([batch[place] for place in lost])
                again, stored = settle([batch[place] for place in lost], outcome)
                self._on_stored(outcome.previous_position, stored)
                for place, answer in zip(lost, again, strict=True):
                    answers[place] = answer
            return [answers[place] for place in range(len(batch))]
        answers, stored = settle(batch, outcome)
        if stored:
            self._on_stored(outcome.previous_position, stored)
        return answers

    async def _execute(self, batch: Sequence[Encoded]) -> Outcome:
        connection = await self._connected()
        async with connection.cursor(row_factory=args_row(Outcome)) as cursor:
            await cursor.execute(self._statement, parameters(batch), prepare=self._prepare)
            outcome = await cursor.fetchone()
        if outcome is None:
            raise psycopg.DataError("the append function answered nothing")
        return outcome

    async def _look_up(self, batch: Sequence[Encoded]) -> tuple[dict[int, Appended], list[int]]:
        """Find out which requests of a broken commit are stored; the others are returned as lost."""
        connection = await self._connected()
        streams = [row.stream for one in batch for row in (*one.rows, *one.unpaid)]
        async with connection.transaction(), connection.cursor() as cursor:
            # The lock waits for the broken transaction, should the server still be at it.
            await cursor.execute(
                sql.SQL("LOCK TABLE {}.events IN EXCLUSIVE MODE").format(self._log)
            )
            await cursor.execute(
                sql.SQL(
                    "SELECT originator_id, originator_version, state, notification_id "
                    "FROM {}.events WHERE originator_id = ANY (%s)"
                ).format(self._log),
                (streams,),
            )
            found = {
                (stream, version, bytes(state)): position
                async for stream, version, state, position in cursor
            }
            await cursor.execute(
                sql.SQL("SELECT authority, budget_limit, used, period FROM {}.account").format(
                    self._log
                )
            )
            authority, limit, used, period = await anext(cursor)
        line = budget_line(limit, used, period)
        answers: dict[int, Appended] = {}
        lost: list[int] = []
        for place, one in enumerate(batch):
            for rows, verdict in (
                (one.rows, Verdict.STORED),
                (one.unpaid, Verdict.OVER_BUDGET),
            ):
                positions = [found.get((row.stream, row.version, row.state)) for row in rows]
                if rows and None not in positions:
                    last = max(filter(None, positions))
                    answers[place] = Appended(verdict, last, authority, line)
                    break
            else:
                lost.append(place)
        return answers, lost

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url,
                autocommit=True,
                connect_timeout=CONNECT_SECONDS,
                prepare_threshold=0 if self._prepare else None,
                application_name="deskledger writer",
            )
        return self._connection

    async def _disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                await self._connection.close()
            self._connection = None
