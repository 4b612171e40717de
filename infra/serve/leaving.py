"""Leaving when told to before serving has begun: in order, and with the right exit code."""

import asyncio
import signal
from collections.abc import Coroutine
from types import FrameType
from typing import Any, NoReturn, TypeVar

SIGNALS = (signal.SIGINT, signal.SIGTERM)
T = TypeVar("T")


def exit_code(number: int) -> int:
    """Return 0 for SIGTERM, which asks for an end, and what shells expect for Ctrl-C."""
    return 128 + number if number == signal.SIGINT else 0


def leave_when_told() -> None:
    """From now on a signal raises SystemExit, so that whatever was begun is undone."""
    for number in SIGNALS:
        signal.signal(number, _leave)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(exit_code(number))


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine; a signal cancels it, and SystemExit follows once it has ended.

    Raised into the midst of a loop, SystemExit would leave tasks waiting for others that are gone.
    """
    received: list[int] = []

    async def cancelled_when_told() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def tell(number: int, _frame: FrameType | None) -> None:
            received.append(number)
            if task:
                loop.call_soon_threadsafe(task.cancel)

        for number in SIGNALS:
            signal.signal(number, tell)
        try:
            return await coroutine
        finally:
            leave_when_told()

    try:
        return asyncio.run(cancelled_when_told())
    except asyncio.CancelledError:
        if received:
            raise SystemExit(exit_code(received[0])) from None
        raise
