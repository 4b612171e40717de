"""The writer when its connection breaks or the database goes: each request stored once, or not promised."""

import asyncio
import time
from uuid import uuid4

import pytest

from domain.ledger import Append, Verdict
from infra.migrations import migrate
from infra.postgres.embedded import EmbeddedPostgres
from tests.database import temporary_folder
from tests.event_store.log import Log, call, charge, opened, store, tagged
from tests.event_store.waiting import SECONDS
from tests.event_store.wire import Wire
from tests.event_store.writing import (
    Told,
    answers,
    begin,
    held,
    terminate,
    until_held_up,
    writing,
)

pytestmark = pytest.mark.anyio

STORED, STALE, EXPIRED, REPEATED, CONFLICT, OVER_BUDGET = Verdict


async def test_a_connection_killed_between_batches_is_replaced_unnoticed(
    log: Log, database: str
) -> None:
    told = Told()
    async with writing(database, told) as writer:
        for _ in range(3):
            assert None not in await answers(begin(writer, store(tagged())))
            assert terminate(log) == 1

    assert log.positions == [1, 2, 3]
    assert told.stored == log.recorded


async def test_a_connection_killed_before_the_commit_loses_nothing(log: Log, database: str) -> None:
    log.set(budget_limit=10)
    told = Told()
    async with writing(database, told) as writer:
        with held(database):
            tasks = begin(writer, call(2))
            await until_held_up(log)
            assert terminate(log) == 1
            await until_held_up(log)
        found = await answers(tasks)

    assert [answer and answer.verdict for answer in found] == [STORED]
    assert len(log.events) == 1
    assert log.account.used == log.charged == 2
    assert told.stored == log.recorded


async def test_a_commit_whose_answer_was_lost_is_answered_once_and_rightly(
    log: Log, wire: Wire
) -> None:
    taken, key = tagged(), uuid4()
    log.append(store(taken), Append(events=(tagged(key),), claim=key))
    log.set(budget_limit=4)
    before = log.recorded
    requests = (
        call(3),
        store(tagged(taken.originator_id, 1, "another")),
        charge(store(tagged()), 2),
        Append(events=(tagged(),), authority=9),
        Append(events=(tagged(key, 1, "another"),), claim=key),
        store(tagged(), tagged()),
        store(),
    )
    told = Told()
    async with writing(wire.url, told) as writer:
        wire.answers_to_lose = 1
        found = await answers(begin(writer, *requests))

    assert wire.answers_to_lose == 0
    assert [answer and answer[:2] for answer in found] == [
        (STORED, 3),
        (CONFLICT, 6),
        (OVER_BUDGET, 4),
        (STALE, 6),
        (REPEATED, 6),
        (STORED, 6),
        (STORED, 6),
    ]
    stored = [*requests[0].events, *requests[2].instead, *requests[5].events]
    assert [recorded.event for recorded in log.recorded[len(before) :]] == stored
    assert log.account.used == log.charged == 3
    assert told.stored == []  # the projector finds in the log what nobody told it of


async def test_what_others_stored_under_the_same_version_is_not_taken_for_ones_own(
    log: Log, database: str
) -> None:
    stream = uuid4()
    mine, theirs = tagged(stream, 1, "mine"), tagged(stream, 1, "theirs")
    async with writing(database) as writer:
        with held(database) as other:
            tasks = begin(writer, store(mine))
            await until_held_up(log)
            terminate(log)
            await until_held_up(log)
            other.append(store(theirs))
        (own,) = await answers(tasks)

    assert own
    assert own.verdict is CONFLICT
    assert log.events == [theirs]


async def test_a_broken_commit_that_comes_through_late_is_waited_for(
    log: Log, database: str, wire: Wire
) -> None:
    request = store(tagged())
    async with writing(wire.url) as writer:
        with held(database):
            tasks = begin(writer, request)
            await until_held_up(log)
            wire.cut()
            await until_held_up(log, writers=2)
        (answer,) = await answers(tasks)

    assert answer
    assert answer[:2] == (STORED, 1)
    assert log.events == [*request.events]


async def test_an_answer_lost_twice_is_no_promise_and_nothing_is_stored_twice(
    log: Log, wire: Wire
) -> None:
    request = store(tagged())
    async with writing(wire.url) as writer:
        wire.answers_to_lose = 2
        assert await answers(begin(writer, request)) == [None]
        assert wire.answers_to_lose == 0
        assert None not in await answers(begin(writer, store(tagged())))

    assert log.events.count(request.events[0]) == 1


async def test_a_lock_that_nobody_releases_is_waited_for_once(log: Log, database: str) -> None:
    log.run("ALTER FUNCTION {log}.append SET lock_timeout = '20ms'")
    async with writing(database) as writer:
        with held(database):
            start = time.monotonic()
            assert await answers(begin(writer, store(tagged()))) == [None]
            assert time.monotonic() - start < SECONDS / 5  # a look-up would wait for five seconds
        (answer,) = await answers(begin(writer, store(tagged())))

    assert answer
    assert answer[:2] == (STORED, 1)


async def test_without_the_database_callers_hear_so_at_once_and_work_resumes_by_itself() -> None:
    with temporary_folder() as folder, EmbeddedPostgres(folder, durable=False) as server:
        url = server.url()
        migrate(url)
        async with writing(url) as writer:
            assert None not in await answers(begin(writer, store(tagged())))

            server.stop()
            start = time.monotonic()
            assert await answers(begin(writer, *[store(tagged())] * 3)) == [None] * 3
            assert time.monotonic() - start < SECONDS / 4

            server.start()
            assert None not in await answers(begin(writer, store(tagged())))
        with opened(url) as log:
            assert log.positions == [1, 2]


async def test_an_account_that_is_not_there_is_an_error_of_ours(empty_database: str) -> None:
    async with writing(empty_database) as writer:
        with pytest.raises(Exception, match="acct_main"):
            await asyncio.wait_for(writer.append(store(tagged())), SECONDS)
