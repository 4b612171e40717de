"""Which processes serve an account is read off PostgreSQL's sessions and locks."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import psycopg
import pytest

from api.system import ServerProcess
from domain.account import Account
from infra.presence import mark, present
from infra.projector.direct import connect, try_lock
from projections.view import Connection

pytestmark = pytest.mark.anyio

MAIN, OTHER = Account.named("main"), Account.named("other")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def process(url: str, account: Account, pid: int) -> AsyncGenerator[Connection]:
    """Open the two sessions that a process that serves has, and lend the projector's."""
    seen_as = mark(account, pid)
    async with (
        await connect(url, f"listener {seen_as}"),
        await connect(url, f"projector {seen_as}") as projector,
    ):
        yield projector


async def looked(url: str, account: Account = MAIN, me: int = 0) -> list[ServerProcess]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        return (await present(connection, account, me)).processes


async def test_each_process_is_one_though_it_has_two_sessions(database: str) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(process(database, MAIN, 7))
        await stack.enter_async_context(process(database, MAIN, 12))
        assert await try_lock(first, "acct_main projector")
        seven, twelve = await looked(database, me=12)
    assert (seven.pid, seven.projects, seven.answers) == (7, True, False)
    assert (twelve.pid, twelve.projects, twelve.answers) == (12, False, True)
    assert seven.heard_at
    assert seven.heard_at >= seven.connected_at


async def test_a_process_whose_projector_lost_its_session_was_not_heard(database: str) -> None:
    async with await connect(database, f"listener {mark(MAIN, 7)}"):
        (seven,) = await looked(database)
    assert (seven.heard_at, seven.projects) == (None, False)


async def test_another_accounts_processes_and_locks_are_not_ours(database: str) -> None:
    async with process(database, OTHER, 7) as other:
        assert await try_lock(other, "acct_other projector")
        assert await looked(database) == []
        (seven,) = await looked(database, OTHER)
    assert seven.projects


async def test_who_moves_the_views_without_serving_is_told_apart(database: str) -> None:
    async with (
        await connect(database, "projector") as command,
        await psycopg.AsyncConnection.connect(database, autocommit=True) as connection,
    ):
        assert not (await present(connection, MAIN, 0)).projected_elsewhere
        assert await try_lock(command, "acct_main projector")
        assert await try_lock(command, "acct_main rebuild")
        found = await present(connection, MAIN, 0)
    assert found == ([], True, True)


async def test_the_longest_name_of_an_account_still_fits(database: str) -> None:
    longest = Account.named("a" * 40)
    async with process(database, longest, 4_194_304):
        (found,) = await looked(database, longest)
    assert found.pid == 4_194_304
