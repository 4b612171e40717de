"""A limiter on a database of the test's own, with a clock that stands until it is moved."""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import NamedTuple
from uuid import UUID

import psycopg
import pytest

from infra.pool import reading_pool
from infra.rates import Limits, PostgresRateLimiter
from projections.reading import Pool
from tests.event_store.log import MAIN


class Clock:
    """Seconds of no particular beginning."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Process(NamedTuple):
    """One server process's limiter, and the connections over which it asks."""

    limiter: PostgresRateLimiter
    pool: Pool


class Counts:
    """The table of what is taken."""

    def __init__(self, connection: psycopg.Connection[tuple[int]]) -> None:
        self._connection = connection

    def taken(self) -> list[int]:
        rows = self._connection.execute("SELECT taken FROM acct_main.rates ORDER BY key")
        return [taken for (taken,) in rows]

    def let_last(self, credential: UUID) -> None:
        """Let a credential's minute be the one to come, so that it does not end in the test."""
        self._connection.execute(
            "INSERT INTO acct_main.rates "
            "VALUES (%s, date_trunc('minute', now()) + interval '1 minute', 0)",
            (f"credential {credential}",),
        )

    def shift(self, interval: str) -> None:
        """Set all minutes back, as if so much time had passed."""
        self._connection.execute(
            "UPDATE acct_main.rates SET minute = minute - %s::interval", (interval,)
        )


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counts(database: str) -> Iterator[Counts]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield Counts(connection)


@pytest.fixture
async def started(database: str, clock: Clock) -> AsyncGenerator[Callable[..., Process]]:
    """Start limiters, each as in a process of its own."""
    async with AsyncExitStack() as stack:
        pools = [await stack.enter_async_context(reading_pool(database, 4)) for _ in range(2)]

        def start(credential: int = 0, address: int = 0) -> Process:
            pool = pools.pop()
            limits = Limits(credential, address)
            return Process(PostgresRateLimiter(pool, MAIN, limits, clock), pool)

        yield start
