"""The projector on a real log: what it is told, what it finds, and what it survives."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from domain.claim import Claimed
from domain.fact import Event
from infra.event_store.mapper import to_event
from infra.migrations import migrate
from infra.postgres.embedded import EmbeddedPostgres
from infra.projector.progress import Progress
from infra.projector.projector import Projector
from infra.projector.rebuild import prepare_views
from tests.database import temporary_folder
from tests.infra.tally import (
    ACCOUNT,
    BRISK,
    HINTS_ONLY,
    SECONDS,
    Tally,
    append,
    called,
    connections,
    eventually,
    happened,
    live,
    projection,
    record,
    tally,
    terminate,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def url(database: str) -> str:
    await prepare_views(database, projection())
    return database


async def test_the_views_follow_the_log(url: str) -> None:
    record(url, "before")
    async with live(url) as here:
        assert await here.progress.reached(record(url, "a", "b"), SECONDS)
        assert tally(url) == ["before", "a", "b"]


async def test_a_notification_alone_brings_the_views_on(url: str) -> None:
    async with live(url, HINTS_ONLY) as here:
        for tool in ("a", "b"):
            assert await here.progress.reached(record(url, tool), SECONDS)


async def test_a_lost_notification_is_made_good_by_the_next_look(url: str) -> None:
    async with live(url) as here:
        await eventually(lambda: here.projector.working)
        assert await here.progress.reached(record(url, "unheard", tell=False), SECONDS)
        assert tally(url) == ["unheard"]


async def test_a_log_longer_than_a_page_is_read_at_once(url: str) -> None:
    last = record(url, *["many"] * 7_001)
    async with live(url, HINTS_ONLY) as here:
        assert await here.progress.reached(last, SECONDS)
    assert len(tally(url)) == 7_001


async def test_positions_may_have_gaps(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        async with live(url) as here:
            for tool in ("a", "b"):
                connection.execute("SELECT nextval('acct_main.events_notification_id_seq')")
                assert await here.progress.reached(record(url, tool), SECONDS)
            assert await here.progress.lag() == 0
    assert tally(url) == ["a", "b"]


async def test_facts_that_no_view_shows_are_passed_all_the_same(url: str) -> None:
    other = append(url, happened(Claimed(kind="tag", holder=called("a").originator_id)))
    async with live(url) as here:
        assert await here.progress.reached(other[-1].position, SECONDS)
        assert await here.progress.lag() == 0


async def test_of_two_processes_one_works_and_both_know_the_position(url: str) -> None:
    async with live(url) as one, live(url) as other:
        position = record(url, "a")
        assert await one.progress.reached(position, SECONDS)
        assert await other.progress.reached(position, SECONDS)
        assert one.projector.working is not other.projector.working
    assert tally(url) == ["a"]


async def test_another_process_takes_over_when_the_working_session_dies(url: str) -> None:
    async with live(url, BRISK._replace(retry=SECONDS, longest_retry=SECONDS)) as dying:
        assert await dying.progress.reached(record(url, "a"), SECONDS)
        assert terminate(url, "projector") == 1
        async with live(url) as second:
            position = record(url, "b")
            assert await second.progress.reached(position, SECONDS)
            assert await dying.progress.reached(position, SECONDS)
            assert (dying.projector.working, second.projector.working) == (False, True)
    assert tally(url) == ["a", "b"]


async def test_another_process_takes_over_when_the_working_one_ends(url: str) -> None:
    async with live(url) as first:
        await eventually(lambda: first.projector.working)
        async with live(url) as second:
            await first.__aexit__(None, None, None)
            await eventually(lambda: second.projector.working)
            assert await second.progress.reached(record(url, "a"), SECONDS)


@pytest.mark.parametrize("session", ["projector", "listener"])
async def test_a_lost_session_comes_back_by_itself(url: str, session: str) -> None:
    async with live(url, HINTS_ONLY) as here:
        for tool in ("a", "b"):
            assert await here.progress.reached(record(url, tool), SECONDS)
            await eventually(lambda: terminate(url, session) == 1)
        assert await here.progress.reached(record(url, "c"), SECONDS)
        assert here.progress.failure is None
    assert tally(url) == ["a", "b", "c"]


@pytest.mark.parametrize("poison", ["arsenic", "strychnine"])
@pytest.mark.parametrize("others", [3, 600])
async def test_a_poisoned_fact_is_reported_and_never_passed_over(
    url: str, poison: str, others: int
) -> None:
    view = Tally()
    view.poisons = {"arsenic"}
    async with live(url, view=view) as here:
        good = record(url, *["a"] * others)
        last = record(url, poison, *["b"] * others)
        bad = last - others
        expected = f"position {bad}, call.recorded in the view tally: "
        await eventually(lambda: (here.progress.failure or "").startswith(expected))
        assert (here.progress.position, await here.progress.lag()) == (good, others + 1)
        assert tally(url) == ["a"] * others

        elsewhere = Progress(ACCOUNT, connections(url))
        await eventually(lambda: agrees(elsewhere, here.progress))

        view.poisons = set()
        with psycopg.connect(url) as connection:
            connection.execute("ALTER TABLE acct_main_views.tally DROP CONSTRAINT harmless")
        assert await here.progress.reached(last, SECONDS)
        assert here.progress.failure is None
        assert await agrees(elsewhere, here.progress)
    assert tally(url) == ["a"] * others + [poison] + ["b"] * others


async def agrees(elsewhere: Progress, here: Progress) -> bool:
    await elsewhere.read()
    return (elsewhere.position, elsewhere.failure) == (here.position, here.failure)


async def test_a_fact_of_a_newer_version_stops_the_views_before_it(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        record(url, "a")
        connection.execute(
            "INSERT INTO acct_main.events (originator_id, originator_version, topic, state) "
            "VALUES (gen_random_uuid(), 1, 'ticket.teleported', '{}')"
        )
        async with live(url) as here:
            record(url, "b")
            await eventually(lambda: "ticket.teleported" in (here.progress.failure or ""))
            assert await here.progress.lag() == 2
            connection.execute("DELETE FROM acct_main.events WHERE topic = 'ticket.teleported'")
            assert await here.progress.reached(record(url, "c"), SECONDS)
    assert tally(url) == ["a", "b", "c"]


async def test_views_of_another_version_are_left_alone(url: str) -> None:
    async with live(url, view=Tally(version=2)) as here:
        record(url, "a")
        await eventually(lambda: "deskledger migrate" in (here.progress.failure or ""))
        assert not here.projector.working
        async with live(url) as fitting:
            assert await fitting.progress.reached(record(url, "b"), SECONDS)
    assert tally(url) == ["a", "b"]


async def test_committed_batches_are_taken_from_memory(url: str) -> None:
    async with unhearing(url) as (projector, progress, decoded):
        previous = progress.position
        for tools in (["a"], ["b", "c"]):
            stored = append(url, *map(called, tools), tell=False)
            projector.offer(previous, stored)
            previous = stored[-1].position
            assert await progress.reached(previous, SECONDS)
        assert decoded == []
    assert tally(url) == ["first", "a", "b", "c"]


async def test_what_lies_before_a_batch_in_memory_is_read_from_the_log(url: str) -> None:
    async with unhearing(url) as (projector, progress, decoded):
        hole = record(url, "a", tell=False)
        stored = append(url, called("b"), tell=False)
        projector.offer(hole, stored)
        assert await progress.reached(stored[-1].position, SECONDS)
        assert len(decoded) == 2
    assert tally(url) == ["first", "a", "b"]


async def test_memory_is_bounded_and_what_does_not_fit_is_read(url: str) -> None:
    async with unhearing(url) as (projector, progress, decoded):
        previous = progress.position
        for _ in range(12):
            stored = append(url, *map(called, ["a"] * 1_000), tell=False)
            projector.offer(previous, stored)
            previous = stored[-1].position
        assert await progress.reached(previous, SECONDS)
        assert len(decoded) >= 2_000
    assert len(tally(url)) == 12_001


async def test_a_database_that_crashes_is_followed_when_it_is_back() -> None:
    with temporary_folder() as folder, EmbeddedPostgres(folder) as server:
        migrate(server.url())
        await prepare_views(server.url(), projection())
        async with live(server.url()) as here:
            for number in range(3):
                assert await here.progress.reached(
                    record(server.url(), f"before {number}"), SECONDS
                )
            os.kill(postmaster(folder), signal.SIGKILL)
            await eventually(lambda: not here.projector.working)
            server.start()
            assert await here.progress.reached(record(server.url(), "after"), SECONDS)
        assert tally(server.url()) == ["before 0", "before 1", "before 2", "after"]


def postmaster(folder: Path) -> int:
    """Return the process that runs the only server in a folder."""
    (pid,) = folder.rglob("postmaster.pid")
    return int(pid.read_text().splitlines()[0])


@asynccontextmanager
async def unhearing(url: str) -> AsyncGenerator[tuple[Projector, Progress, list[str]]]:
    """Run a projector that has read one fact and learns of others only what it is offered.

    Yields also the topics that it reads from the log.
    """
    first = record(url, "first")
    decoded: list[str] = []

    def decode(stream: UUID, version: int, topic: str, state: bytes) -> Event:
        decoded.append(topic)
        return to_event(stream, version, topic, state)

    progress = Progress(ACCOUNT, connections(url))
    projector = Projector(url, projection()._replace(decode=decode), progress, HINTS_ONLY)
    running = asyncio.create_task(projector.run())
    try:
        assert await progress.reached(first, SECONDS)
        decoded.clear()
        yield projector, progress, decoded
    finally:
        running.cancel()
        await asyncio.wait([running])
        await progress.close()


async def test_records_of_calls_wait_for_one_another_and_other_facts_do_not(url: str) -> None:
    patient = HINTS_ONLY._replace(linger=3_600)
    async with live(url, patient) as here:
        await eventually(lambda: here.projector.working)
        calls = record(url, "a", "b")
        other = append(url, happened(Claimed(kind="tag", holder=called("a").originator_id)))
        assert await here.progress.reached(other[-1].position, SECONDS)
        assert tally(url) == ["a", "b"]
        calls = record(url, "c")
        assert not await here.progress.reached(calls, 0.05)
