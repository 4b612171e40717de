"""Rebuilding the views beside the live ones, and the swap, under a log that goes on."""

import asyncio
import re

import psycopg
import pytest

from infra.event_store.mapper import to_event
from infra.projector.fold import Projection
from infra.projector.log import Poisoned
from infra.projector.rebuild import RebuildRunningError, prepare_views, rebuild
from projections.all import VIEWS
from tests.infra.tally import ACCOUNT, SECONDS, Tally, eventually, live, projection, record, tally

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_views_are_built_where_they_are_missing_or_old_and_only_there(database: str) -> None:
    record(database, "a")
    assert await prepare_views(database, projection())
    assert not await prepare_views(database, projection())
    assert tally(database) == ["a"]
    assert await prepare_views(database, projection(Tally(version=2)))
    assert tally(database) == ["a"]
    assert schemas(database) == ["acct_main", "acct_main_views"]


async def test_many_who_prepare_at_once_build_once(database: str) -> None:
    record(database, "a")
    built = await asyncio.gather(*(prepare_views(database, projection()) for _ in range(4)))
    assert sorted(built) == [False, False, False, True]


async def test_a_second_rebuild_at_the_same_time_is_refused(database: str) -> None:
    record(database, *["a"] * 2_000)
    rebuilds = (rebuild(database, projection()) for _ in range(2))
    outcomes = await asyncio.gather(*rebuilds, return_exceptions=True)
    assert sum(isinstance(outcome, RebuildRunningError) for outcome in outcomes) == 1
    assert outcomes.count(None) == 1


async def test_a_rebuild_tells_how_far_it_is(database: str) -> None:
    last = record(database, *["a"] * 6_000)
    told: list[tuple[int, int]] = []
    await rebuild(database, projection(), lambda done, total: told.append((done, total)))
    assert told[0] == (last - 1_000, last)
    assert told[-1] == (last, last)


async def test_every_index_of_every_view_stands_after_a_rebuild(database: str) -> None:
    await rebuild(database, Projection(ACCOUNT, to_event, VIEWS))
    ddl = "".join(view.indexes for view in VIEWS)
    declared = set(re.findall(r"CREATE (?:UNIQUE )?INDEX (\w+)", ddl))
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'acct_main_views'"
        ).fetchall()
    assert len(declared) == ddl.count("INDEX")
    assert declared <= {name for (name,) in found}


async def test_rebuilds_beside_a_living_log_lose_repeat_and_hide_nothing(database: str) -> None:
    await prepare_views(database, projection())
    written: list[str] = []
    async with live(database) as here, live(database) as elsewhere:

        async def write_and_read_back() -> None:
            while True:
                tool = f"tool {len(written)}"
                position = await asyncio.to_thread(record, database, tool)
                for process in (here, elsewhere):
                    assert await process.progress.reached(position, SECONDS)
                    assert await asyncio.to_thread(tally, database, position - 1) == [tool]
                written.append(tool)

        writing = asyncio.create_task(write_and_read_back())
        for rebuilt in range(1, 6):
            await rebuild(database, projection())
            await eventually(lambda: writing.done() or len(written) >= 10 * rebuilt)  # noqa: B023 - awaited here
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        last = record(database, "last")
        assert await here.progress.reached(last, SECONDS)
    assert tally(database)[: len(written)] == written
    assert len(tally(database)) - len(written) in {1, 2}


async def test_a_poisoned_fact_ends_a_rebuild_and_the_old_views_stay(database: str) -> None:
    view = Tally()
    await prepare_views(database, projection(view))
    async with live(database) as here:
        bad = record(database, "a", "arsenic", "b")
        assert await here.progress.reached(bad, SECONDS)
    view.poisons = {"arsenic"}
    with pytest.raises(Poisoned, match=f"position {bad - 1}"):
        await rebuild(database, projection(view))
    assert tally(database) == ["a", "arsenic", "b"]
    assert schemas(database) == ["acct_main", "acct_main_views"]


async def test_a_process_of_the_old_version_makes_room_for_one_of_the_new(database: str) -> None:
    await prepare_views(database, projection())
    async with live(database) as old:
        assert await old.progress.reached(record(database, "a"), SECONDS)
        await prepare_views(database, projection(Tally(version=2)))
        async with live(database, view=Tally(version=2)) as new:
            assert await new.progress.reached(record(database, "b"), SECONDS)
            await eventually(lambda: new.projector.working and not old.projector.working)
    assert tally(database) == ["a", "b"]


def schemas(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'acct%' ORDER BY nspname"
        )
        return [name for (name,) in rows.fetchall()]
