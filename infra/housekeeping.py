"""What every server process does once a minute, beside its requests."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

from domain.ledger import Unavailable

log = logging.getLogger(__name__)
Errand = Callable[[], Awaitable[None]]


class Housekeeping:
    """Runs errands every so many `seconds` from `async with` to its end, and the `last` then.

    An errand that fails is run again with the next round: it must have kept what it is about.
    """

    def __init__(self, errands: Sequence[Errand], last: Errand, seconds: float = 60) -> None:
        self._errands = errands
        self._last = last
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
            for errand in self._errands:
                await _done(errand)


async def _done(errand: Errand) -> None:
    try:
        await errand()
    except Unavailable:
        log.warning("%s has to wait: the database does not answer", errand.__name__)
    except Exception:  # a defect in one errand must not end all others
        log.exception("%s failed", errand.__name__)
