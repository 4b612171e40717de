"""The readers' connections: those that broke cost nobody an answer, and no question lasts for ever."""

import asyncio
from collections.abc import AsyncGenerator, Iterator

import psycopg
import pytest

from domain.ledger import Unavailable
from infra.pool import reading_pool
from projections.reading import STATEMENT_SECONDS, Pool, reading

pytestmark = pytest.mark.anyio

READERS = 8


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def pool(database: str) -> AsyncGenerator[Pool]:
    async with reading_pool(database, READERS) as pool:
        yield pool


@pytest.fixture
def outside(database: str) -> Iterator[psycopg.Connection[tuple[int]]]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


async def sessions(pool: Pool) -> set[int]:
    """Read over as many connections as there can be, and return whom they reached."""
    together = asyncio.Barrier(READERS)

    async def read() -> int:
        async with reading(pool) as connection:
            cursor = await connection.execute("SELECT pg_backend_pid()")
            (session,) = await anext(cursor)
            await together.wait()
            return session

    async with asyncio.timeout(20):
        return set(await asyncio.gather(*(read() for _ in range(READERS))))


async def test_connections_that_broke_while_idle_cost_nobody_an_answer(
    pool: Pool, outside: psycopg.Connection[tuple[int]]
) -> None:
    before = await sessions(pool)
    assert len(before) == READERS
    outside.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'deskledger'"
    )
    after = await sessions(pool)
    assert len(after) == READERS
    assert after.isdisjoint(before)


async def test_a_question_that_takes_too_long_is_given_up(
    database: str, outside: psycopg.Connection[tuple[int]]
) -> None:
    async with reading_pool(database, 1) as pool:
        async with reading(pool) as connection:
            cursor = await connection.execute("SHOW statement_timeout")
            assert await anext(cursor) == (f"{STATEMENT_SECONDS}s",)
            await connection.execute("SET statement_timeout = '50ms'")
        with outside.transaction():
            outside.execute("LOCK acct_main.last_used IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(Unavailable):
                async with reading(pool) as connection:
                    await connection.execute("SELECT count(*) FROM acct_main.last_used")
        async with reading(pool) as connection:  # the connection is as good as before
            await connection.execute("SELECT count(*) FROM acct_main.last_used")
