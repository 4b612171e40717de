"""The projector: folds the log into the views, one at a time in an account, and comes back always."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Sequence
from typing import NamedTuple, NoReturn

import psycopg

from domain.fact import Recorded
from infra.projector.direct import connect, delays, summary, try_lock
from infra.projector.fold import FoldError, Projection, Superseded, fold
from infra.projector.log import Log, Poisoned
from infra.projector.pending import Pending
from infra.projector.progress import Progress
from infra.projector.tracking import Tracking
from projections.view import Connection

log = logging.getLogger(__name__)

LIVE = 1_000
CATCHING_UP = 5_000


class Pace(NamedTuple):
    """Times in seconds: between looks at the log and at the lock, and between attempts.

    `linger` is how long the record of a call may wait for others, to be folded with them.
    """

    poll: float = 1.0
    takeover: float = 0.5
    linger: float = 0.02
    retry: float = 0.2
    longest_retry: float = 15.0


class UnfitViewsError(Exception):
    """The views in the database are not those of this code."""


class Projector:
    """Folds pages into `views`; of all projectors of an account one works, the others stand by.

    `url` must lead to PostgreSQL itself: a session's lock says who works, and it ends with the
    session. Where the log moved is told by `offer` and `wake`; what is not told is found by a poll.
    A fact that cannot be folded is never passed over: the views stay before it, `progress` says
    so, and it is tried again and again.
    """

    def __init__(
        self,
        url: str,
        projection: Projection,
        progress: Progress,
        pace: Pace = Pace(),  # noqa: B008 - immutable
    ) -> None:
        self._url = url
        self._projection = projection
        self._name = projection.account.log
        self._tracking = Tracking(projection.account)
        self._log = Log(projection.account, projection.decode)
        self._progress = progress
        self._pace = pace
        self._pending = Pending(pace.linger)
        self._position = 0
        self._announced = 0
        self._limit = LIVE
        self._look_at = 0.0
        self._woken = asyncio.Event()
        self._working = False
        self._delays = self._fresh_delays()
        self.session = "projector"

    @property
    def working(self) -> bool:
        """Whether this one is the account's working projector now."""
        return self._working

    def offer(self, previous: int, events: Sequence[Recorded]) -> None:
        """Take a batch just committed from memory; `previous` is the log's position before it."""
        if self._working and events:
            due = self._pending.due
            self._pending.put(previous, events, asyncio.get_running_loop().time())
            if self._pending.due < due:
                self._woken.set()
            self.wake(events[-1].position)

    def wake(self, position: int) -> None:
        """Take the hint that the log has reached a position."""
        if position > self._announced:
            self._announced = position
            if position > self._pending.end:
                self._woken.set()

    def look(self) -> None:
        """Look at the log now: hints may have been missed."""
        self._look_at = 0.0
        self._woken.set()

    async def run(self) -> NoReturn:
        """Work, or stand by, until cancelled."""
        while True:
            try:
                async with await connect(self._url, self.session) as connection:
                    await self._begin(connection)
                    await self._follow(connection)
            except (psycopg.Error, OSError, FoldError, UnfitViewsError) as error:
                problem = summary(error)
            except Exception as error:  # a defect of ours must not stop the views for good
                log.exception("projector of %s", self._name)
                problem = summary(error)
            if self._working:
                self._progress.fail(problem)
            self._working = False
            delay = next(self._delays)
            log.warning("projector of %s stopped: %s; again in %.1f s", self._name, problem, delay)
            await asyncio.sleep(delay)

    async def _begin(self, connection: Connection) -> None:
        """Wait to be the one who works, then look where the views are."""
        lock = f"{self._name} projector"
        while not await try_lock(connection, lock):  # noqa: ASYNC110 - another process ends it
            await asyncio.sleep(self._pace.takeover)
        # The log is the truth: what the database loses of the views' last commits is folded again.
        await connection.execute("SET synchronous_commit = off")
        # It takes a page for a hundred rows, and would hash whole tables to find the one.
        await connection.execute("SET enable_hashjoin = off; SET enable_mergejoin = off")
        await self._reload(connection)
        self._working = True

    async def _reload(self, connection: Connection) -> None:
        place = await self._tracking.place(connection)
        found = await self._tracking.versions(connection)
        if place is None or found != self._projection.versions:
            failure = "the views are not of this version: run `deskledger migrate`"
            self._progress.fail(failure)
            raise UnfitViewsError(failure)
        self._progress.forget()
        self._progress.advance(place.position)
        self._restart(place.position)

    def _restart(self, position: int) -> None:
        """Go on after a position with what the log says."""
        self._position = position
        self._pending.restart(position)
        self._look_at = 0.0

    async def _follow(self, connection: Connection) -> NoReturn:
        while True:
            self._woken.clear()
            try:
                moved = await self._step(connection)
            except Superseded:
                await self._reload(connection)
            except Poisoned as poison:
                await self._report(connection, poison)
                await asyncio.sleep(next(self._delays))
                self._restart(self._position)
            else:
                self._delays = self._fresh_delays()
                if not moved:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout_at(min(self._look_at, self._pending.due)):
                            await self._woken.wait()

    async def _step(self, connection: Connection) -> bool:
        """Fold the next page, or as much of it as goes; False when none is due."""
        loop = asyncio.get_running_loop()
        if len(self._pending) < self._limit and (
            self._announced > self._pending.end or loop.time() >= self._look_at
        ):
            await self._read(connection)
        page = self._pending.take(self._limit, loop.time())
        if not page:
            return False
        self._limit = CATCHING_UP if len(page) > LIVE // 2 else LIVE
        position = await fold(
            connection, self._tracking, self._projection.views, self._position, page
        )
        self._progress.advance(position)
        if position == page[-1].position:
            self._position = position
        else:
            self._restart(position)
        return True

    async def _read(self, connection: Connection) -> None:
        """Read on in the log, and look again at once where there is more."""
        now, announced, end = asyncio.get_running_loop().time(), self._announced, self._pending.end
        try:
            page = await self._log.page(connection, end, self._limit)
        except Poisoned:
            if not self._pending:
                raise
            self._pending.due = now  # those before it come first
            return
        more = len(page) == self._limit
        self._look_at = now if more else now + self._pace.poll
        self._pending.put(end, page, now)
        if not page and announced == self._announced:
            self._announced = self._pending.end

    async def _report(self, connection: Connection, poison: Poisoned) -> None:
        failure = str(poison)
        if failure != self._progress.failure:
            log.error("projector of %s: %s", self._name, failure, exc_info=poison)
        self._progress.fail(failure)
        await self._tracking.fail(connection, self._position, failure)

    def _fresh_delays(self) -> Iterator[float]:
        return delays(self._pace.retry, self._pace.longest_retry)
