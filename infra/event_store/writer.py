"""The writer: one task a process that commits whatever queued during the last commit (group commit)."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

import psycopg

from domain.account import Account
from domain.fact import Recorded
from domain.ledger import Append, Appended, Unavailable
from infra.event_store.batch import Encoded, encode
from infra.event_store.committer import Committer

MAX_REQUESTS = 256
MAX_ROWS = 4_096  # a bulk import's requests are long: this keeps one batch under a few megabytes
MAX_QUEUED = 10_000

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
        self._committer = Committer(url, account, prepare=prepare)
        self._on_stored = on_stored
        self._queue: deque[Waiting] = deque()
        self._filled = asyncio.Event()
        self._open = False
        self._away = False
        self._task: asyncio.Task[None] | None = None

    def commits_in(self, session: int) -> bool:
        """Whether it is this session in which batches are committed now."""
        return session == self._committer.session

    def start(self) -> None:
        self._open = True
        self._task = asyncio.create_task(self._run(), name="writer")

    async def stop(self) -> None:
        """Commit what is queued, then end; what comes later finds the log `Unavailable`."""
        self._open = False
        self._filled.set()
        if self._task is not None:
            await self._task

    async def append(self, request: Append) -> Appended:
        """Store a request with the next batch.

        Raises `Unavailable` when the database is away or too many wait for it already: whether the
        request was stored is then not known. A request that the database cannot store at all is a
        defect of ours; its `psycopg.Error` comes through, and its neighbours are not concerned.
        """
        if not self._open or len(self._queue) >= MAX_QUEUED:
            raise Unavailable
        future: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._queue.append((encode(request), future))
        self._filled.set()
        return await future

    async def _run(self) -> None:
        batch: list[Waiting] = []
        try:
            while self._open or self._queue:
                await self._filled.wait()
                if batch := self._take():
                    await self._store(batch)
        finally:
            self._open = False
            _fail((*batch, *self._queue), Unavailable())
            await self._committer.close()

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

    async def _store(self, batch: Sequence[Waiting]) -> None:
        try:
            committed = await self._committer.commit([encoded for encoded, _ in batch])
        except psycopg.OperationalError as error:
            if not self._away:
                log.warning("the log is out of reach: %s", type(error).__name__)
            self._away = True
            _fail(batch, Unavailable())
        except Exception as error:
            if len(batch) == 1:
                log.exception("a request that cannot be stored")
                _fail(batch, error)
            for waiting in batch if len(batch) > 1 else ():
                await self._store([waiting])  # only the one at fault is to fail
        else:
            if self._away:
                log.warning("the log is within reach again")
            self._away = False
            for (_, future), answer in zip(batch, committed.answers, strict=True):
                if not future.done():
                    future.set_result(answer)
            if committed.stored:
                self._tell(committed.previous_position, committed.stored)

    def _tell(self, previous: int, stored: Sequence[Recorded]) -> None:
        try:
            self._on_stored(previous, stored)
        except Exception:  # what was committed stays committed, whatever the listener makes of it
            log.exception("what was stored could not be passed on")


def _fail(batch: Iterable[Waiting], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
