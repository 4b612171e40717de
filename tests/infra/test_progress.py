"""Waiting for one's own writes: cheap, exact, and true whatever was told."""

import asyncio
from contextlib import AbstractAsyncContextManager
from itertools import count

import psycopg
import pytest

from infra.projector.progress import Progress
from infra.projector.rebuild import prepare_views
from projections.view import Connection
from tests.infra.tally import ACCOUNT, SECONDS, connections, projection, record

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def nobody() -> AbstractAsyncContextManager[Connection]:
    raise psycopg.OperationalError("there is no database here")


async def test_a_position_already_reached_is_not_waited_for() -> None:
    progress = Progress(ACCOUNT, nobody)
    progress.advance(5)
    assert await progress.reached(5, 0)


async def test_a_position_not_reached_in_time_is_answered_with_no() -> None:
    progress = Progress(ACCOUNT, nobody)
    assert not await progress.reached(1, 0.001)
    await progress.close()


async def test_each_waiter_is_woken_at_its_own_position() -> None:
    progress = Progress(ACCOUNT, nobody)
    waiting = {
        position: asyncio.create_task(progress.reached(position, SECONDS))
        for position in [*range(300, 0, -1)]
    }
    await asyncio.sleep(0)
    progress.advance(150)
    await asyncio.wait([waiting[position] for position in range(1, 151)])
    assert not any(waiting[position].done() for position in range(151, 301))
    progress.advance(400)
    assert all(await asyncio.gather(*waiting.values()))


async def test_a_waiter_that_goes_away_leaves_the_others_waiting() -> None:
    progress = Progress(ACCOUNT, nobody)
    gone = asyncio.create_task(progress.reached(7, SECONDS))
    stays = asyncio.create_task(progress.reached(7, SECONDS))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    progress.advance(7)
    assert await stays


async def test_who_is_told_nothing_reads_the_tracking_row(database: str) -> None:
    await prepare_views(database, projection())
    progress = Progress(ACCOUNT, connections(database), poll=0.01)
    position = record(database, "a")
    waiting = asyncio.create_task(progress.reached(position, SECONDS))
    with psycopg.connect(database) as connection:
        connection.execute(
            "UPDATE acct_main_views.notification_tracking SET notification_id = %s", (position,)
        )
    assert await waiting
    await progress.close()


async def test_a_database_that_comes_back_is_asked_again(database: str) -> None:
    await prepare_views(database, projection())
    attempts = count()
    lend = connections(database)

    def lend_at_last() -> AbstractAsyncContextManager[Connection]:
        if next(attempts) < 2:
            raise psycopg.OperationalError("not yet")
        return lend()

    progress = Progress(ACCOUNT, lend_at_last, poll=0.01)
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE acct_main_views.notification_tracking SET notification_id = 9")
    assert await progress.reached(9, SECONDS)
    await progress.close()


async def test_without_views_there_is_no_lag_to_tell(database: str) -> None:
    progress = Progress(ACCOUNT, connections(database))
    assert await progress.lag() is None
