"""How far the views are, known in every process: who wrote something waits here to read it."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from heapq import heapify, heappop, heappush
from itertools import count
from typing import NamedTuple

import psycopg

from domain.account import Account
from infra.projector.direct import summary
from infra.projector.tracking import Place, Tracking
from projections.view import Connection

log = logging.getLogger(__name__)

Connections = Callable[[], AbstractAsyncContextManager[Connection]]
"""Lends a connection, as `psycopg_pool.AsyncConnectionPool.connection` does."""


class _Waiting(NamedTuple):
    position: int
    order: int
    future: asyncio.Future[bool]


class Progress:
    """The position that the views have reached, as this process knows it.

    Told by the projector here or by NOTIFY; while somebody waits, the tracking row is read every
    `poll` seconds, whatever was told. Each waiter is woken once, at its own position.
    """

    def __init__(self, account: Account, connections: Connections, *, poll: float = 0.2) -> None:
        self._tracking = Tracking(account)
        self._connections = connections
        self._poll = poll
        self._position = 0
        self._failure: str | None = None
        self._waiting: list[_Waiting] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def position(self) -> int:
        """The last position whose facts the views show."""
        return self._position

    @property
    def failure(self) -> str | None:
        """Why the views come no further, in one line; None while they do."""
        return self._failure

    async def reached(self, position: int, timeout: float = 2.0) -> bool:  # noqa: ASYNC109 - an answer, not an error, at its end
        """Wait until the views show a position; False when that takes longer than `timeout` s."""
        if position <= self._position:
            return True
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        heappush(self._waiting, _Waiting(position, next(self._order), future))
        self._poll_soon()
        expiry = loop.call_later(timeout, _answer, future, False)
        try:
            return await future
        finally:
            expiry.cancel()

    def advance(self, position: int) -> None:
        """Take note that the views have reached a position; an older one changes nothing."""
        if position <= self._position:
            return
        self._position = position
        self._failure = None
        while self._waiting and self._waiting[0].position <= position:
            _answer(heappop(self._waiting).future, True)

    def fail(self, failure: str) -> None:
        """Take note of why the views come no further; the next advance takes it back."""
        self._failure = failure

    def forget(self) -> None:
        """Believe nothing until it is told anew: a database that crashed may have gone back."""
        self._position = 0
        self._failure = None

    def read_soon(self) -> None:
        """Forget, and read the tracking row without being waited for."""
        self.forget()
        self._start_reading()

    async def read(self) -> Place | None:
        """Read from the database where views and log are; None where there are no views.

        Raises psycopg's OperationalError when the database is away.
        """
        async with self._connections() as connection:
            place = await self._tracking.place(connection)
        if place:
            self.advance(place.position)
            if place.position == self._position:
                self._failure = place.failure
        return place

    async def lag(self) -> int | None:
        """Read how many positions the views are behind; None where there are none.

        Positions have gaps: the facts to come may be fewer. Raises as `read` does.
        """
        place = await self.read()
        return place and place.head - place.position

    async def close(self) -> None:
        """Let everybody who waits go, with False."""
        for waiting in self._waiting:
            _answer(waiting.future, False)
        self._waiting.clear()
        if self._timer:
            self._timer.cancel()
        if self._reading:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    def _poll_soon(self) -> None:
        if self._timer is None and self._reading is None:
            self._timer = asyncio.get_running_loop().call_later(self._poll, self._poll_now)

    def _poll_now(self) -> None:
        self._timer = None
        self._waiting = [waiting for waiting in self._waiting if not waiting.future.done()]
        heapify(self._waiting)
        if self._waiting:
            self._start_reading()

    def _start_reading(self) -> None:
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_and_go_on(), name="progress")

    async def _read_and_go_on(self) -> None:
        try:
            await self.read()
        except (psycopg.Error, OSError) as error:
            log.warning("how far the views are cannot be read: %s", summary(error))
        finally:
            self._reading = None
            if self._waiting:
                self._poll_soon()


def _answer(future: asyncio.Future[bool], answer: bool) -> None:
    if not future.done():
        future.set_result(answer)
