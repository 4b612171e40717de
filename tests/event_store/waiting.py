"""Waiting for a condition, with a deadline."""

import asyncio
import time
from collections.abc import Callable

SECONDS = 60


async def eventually(condition: Callable[[], bool]) -> None:
    """Return once a condition holds; raise TimeoutError when it never does."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - another process makes it true
            await asyncio.sleep(0.005)


def wait_until(condition: Callable[[], bool]) -> None:
    """Do the same where there is no event loop."""
    end = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.005)
