"""The writer: callers share commits, and each gets the answer to its own request."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import psycopg
import pytest

from domain.fact import Recorded
from domain.ledger import Append, Unavailable, Verdict
from infra.event_store import writer as module
from infra.event_store.writer import MAX_REQUESTS, MAX_ROWS, Writer
from tests.event_store.log import MAIN, Log, call, store, tagged
from tests.event_store.waiting import SECONDS, eventually
from tests.event_store.wire import Wire
from tests.event_store.writing import (
    WRITERS,
    Told,
    answers,
    begin,
    held,
    until_held_up,
    writing,
)

pytestmark = pytest.mark.anyio

STORED, STALE, EXPIRED, REPEATED, CONFLICT, OVER_BUDGET = Verdict


def transactions(log: Log) -> int:
    return log.fetch("SELECT count(DISTINCT xmin::text) FROM {log}.events")[0][0]


async def test_many_callers_share_few_transactions(log: Log, database: str) -> None:
    requests = [store(tagged()) for _ in range(200)]

    async with writing(database) as writer:
        found = await answers(begin(writer, *requests))

    assert [answer and answer[:2] for answer in found] == [(STORED, n) for n in range(1, 201)]
    assert log.events == [request.events[0] for request in requests]
    assert transactions(log) <= 2


async def test_what_queues_during_a_commit_is_the_next_batch(log: Log, database: str) -> None:
    told = Told()
    async with writing(database, told) as writer:
        with held(database):
            first = begin(writer, store(tagged()))
            await until_held_up(log)
            others = begin(writer, *(store(tagged()) for _ in range(50)))
        await answers([*first, *others])

    assert told.sizes == [1, 50]
    assert [previous for previous, _ in told] == [0, 1]
    assert told.stored == log.recorded


async def test_a_batch_is_bounded_in_requests_and_in_rows(log: Log, database: str) -> None:
    told = Told()
    long = [store(*(tagged() for _ in range(MAX_ROWS))), store(tagged())]
    async with writing(database, told) as writer:
        await answers(begin(writer, *(store(tagged()) for _ in range(MAX_REQUESTS + 10)), *long))

    assert told.sizes == [MAX_REQUESTS, 10 + MAX_ROWS, 1]
    assert told.stored == log.recorded


async def test_two_requests_for_one_version_never_share_a_batch(log: Log, database: str) -> None:
    stream, told = uuid4(), Told()
    first, second, other = tagged(stream, 1, "a"), tagged(stream, 1, "b"), tagged()
    async with writing(database, told) as writer:
        found = await answers(begin(writer, store(first), store(second), store(other)))

    assert [answer and answer.verdict for answer in found] == [STORED, CONFLICT, STORED]
    assert log.events == [first, other]
    assert told.sizes == [2]


async def test_a_decision_that_rested_on_a_neighbours_version_is_a_conflict(
    log: Log, database: str
) -> None:
    stream = uuid4()
    moving = store(tagged(stream, 1))
    async with writing(database) as writer:
        found = await answers(
            begin(writer, moving, Append(events=(tagged(),), guards=((stream, 1),)))
        )

    assert [answer and answer.verdict for answer in found] == [STORED, CONFLICT]
    assert log.events == [*moving.events]


async def test_a_decision_made_before_its_neighbour_moves_holds(database: str) -> None:
    stream, told = uuid4(), Told()
    async with writing(database, told) as writer:
        found = await answers(
            begin(
                writer,
                Append(events=(tagged(),), guards=((stream, 1),)),
                store(tagged(stream, 1)),
            )
        )

    assert [answer and answer.verdict for answer in found] == [STORED, STORED]
    assert told.sizes == [2]


async def test_of_two_actions_under_one_key_the_second_is_repeated(log: Log, database: str) -> None:
    key = uuid4()
    requests = [Append(events=(tagged(key), tagged()), claim=key) for _ in range(2)]
    async with writing(database) as writer:
        found = await answers(begin(writer, *requests))

    assert [answer and answer.verdict for answer in found] == [STORED, REPEATED]
    assert log.events == [*requests[0].events]


async def test_each_caller_gets_its_own_verdict(log: Log, database: str) -> None:
    log.set(budget_limit=2)
    taken = tagged()
    log.append(store(taken))
    requests = (call(), store(taken), call(2), Append(events=(tagged(),), authority=9), call())
    async with writing(database) as writer:
        found = await answers(begin(writer, *requests))

    verdicts = [answer and answer.verdict for answer in found]
    assert verdicts == [STORED, CONFLICT, OVER_BUDGET, STALE, STORED]
    assert log.account.used == log.charged == 2


async def test_a_caller_that_goes_away_does_not_undo_its_request(log: Log, database: str) -> None:
    committing, queued = store(tagged()), store(tagged())
    async with writing(database) as writer:
        with held(database):
            tasks = begin(writer, committing)
            await until_held_up(log)
            tasks += begin(writer, queued)
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    assert all(task.cancelled() for task in tasks)
    assert log.events == [*committing.events, *queued.events]


async def test_a_full_queue_refuses_at_once(
    log: Log, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_QUEUED", 5)
    async with writing(database) as writer:
        with held(database):
            first = begin(writer, store(tagged()))
            await until_held_up(log)
            queued = begin(writer, *(store(tagged()) for _ in range(7)))
            refused = await answers(queued[5:])
        stored = await answers([*first, *queued[:5]])

    assert refused == [None, None]
    assert len(log.events) == len(stored) == 6
    assert None not in stored


async def test_stopping_commits_what_is_queued_and_refuses_what_comes_later(
    log: Log, database: str
) -> None:
    writer = Writer(database, MAIN, Told())
    writer.start()
    with held(database):
        tasks = begin(writer, store(tagged()))
        await until_held_up(log)
        tasks += begin(writer, *(store(tagged()) for _ in range(MAX_REQUESTS + 10)))
        await asyncio.sleep(0)
        stopping = asyncio.create_task(writer.stop())
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await writer.append(store(tagged()))
    await asyncio.wait_for(stopping, SECONDS)

    assert None not in await answers(tasks)
    assert len(log.events) == MAX_REQUESTS + 11
    await eventually(lambda: not log.fetch(f"SELECT 1 FROM pg_stat_activity WHERE {WRITERS}"))


@pytest.mark.parametrize("prepare", [True, False])
async def test_statements_are_prepared_unless_a_pooler_forbids_it(
    log: Log, wire: Wire, prepare: bool
) -> None:
    async with writing(wire.url, prepare=prepare) as writer:
        for _ in range(3):
            assert None not in await answers(begin(writer, store(tagged())))

    assert log.positions == [1, 2, 3]
    assert wire.prepared is prepare


async def test_a_writer_broken_off_promises_nothing_and_keeps_nobody_waiting(
    log: Log, database: str
) -> None:
    writer = Writer(database, MAIN, Told())
    writer.start()
    with held(database):
        tasks = begin(writer, store(tagged()))
        await until_held_up(log)
        tasks += begin(writer, store(tagged()), store(tagged()))
        stopping = asyncio.create_task(writer.stop())
        await asyncio.sleep(0)
        stopping.cancel()
        assert await answers(tasks) == [None] * 3

    with pytest.raises(Unavailable):
        await writer.append(store(tagged()))


async def test_a_writer_that_was_never_started_is_unavailable(database: str) -> None:
    with pytest.raises(Unavailable):
        await Writer(database, MAIN, Told()).append(store(tagged()))


async def test_a_batch_of_refusals_is_told_to_nobody(log: Log, database: str) -> None:
    told = Told()
    async with writing(database, told) as writer:
        await answers(begin(writer, Append(events=(tagged(),), authority=9)))

    assert told == []
    assert log.events == []


async def test_a_request_that_cannot_be_stored_fails_alone(log: Log, database: str) -> None:
    twice = tagged()
    good = [store(tagged()) for _ in range(5)]
    async with writing(database) as writer:
        before = begin(writer, *good[:2])
        at_fault = begin(writer, store(twice, twice))
        after = begin(writer, *good[2:])
        with pytest.raises(psycopg.errors.UniqueViolation):
            await answers(at_fault)
        assert None not in await answers([*before, *after])

    assert log.events == [request.events[0] for request in good]


async def test_a_listener_that_fails_harms_neither_callers_nor_the_writer(
    log: Log, database: str
) -> None:
    def fail(_position: int, _stored: Sequence[Recorded]) -> None:
        raise LookupError

    writer = Writer(database, MAIN, fail)
    writer.start()
    for _ in range(2):
        (answer,) = await answers(begin(writer, store(tagged())))
        assert answer
    await writer.stop()

    assert len(log.events) == 2
