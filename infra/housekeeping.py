"""What every server process does once a minute, beside its requests."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from api.system import HousekeepingRound
from domain.ledger import Unavailable

log = logging.getLogger(__name__)
Errand = Callable[[], Awaitable[None]]


class Housekeeping:
    """Runs errands every so many `seconds` from `async with` to its end, and the `last` then.

    An errand that fails is run again with the next round: it must have kept what it is about.
    `last_round` tells how the last one went.
    """

    def __init__(
        self,
        errands: Sequence[Errand],
        last: Errand,
        now: Callable[[], datetime],
        seconds: float = 60,
    ) -> None:
        self.last_round: HousekeepingRound | None = None
        self._errands = errands
        self._last = last
        self._now = now
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="housekeeping")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        await _done(self._last)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            failed = [errand.__qualname__ for errand in self._errands if not await _done(errand)]
            self.last_round = HousekeepingRound(self._now(), failed)


async def _done(errand: Errand) -> bool:
    try:
        await errand()
    except Unavailable:
        log.warning("%s has to wait: the database does not answer", errand.__name__)
    except Exception:  # a defect in one errand must not end all others
        log.exception("%s failed", errand.__name__)
    else:
        return True
    return False
