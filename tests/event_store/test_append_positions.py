"""Where an append puts its events: positions in the order of requests and rows, told to readers."""

from uuid import uuid4

import psycopg
import pytest

from domain.ledger import Append, Verdict
from infra.event_store.batch import encode, parameters, settle
from tests.event_store.log import Log, call, charge, opened, store, tagged


def test_positions_are_contiguous_in_the_order_of_the_rows(log: Log) -> None:
    stream = uuid4()
    log.set(budget_limit=1)
    taken = tagged()
    log.append(store(taken))
    batch = (
        store(tagged(stream, 1), tagged(), tagged(stream, 2)),
        store(taken),
        charge(store(tagged(stream, 3), tagged())),
        charge(store(tagged(), tagged())),
        store(tagged(stream, 5), tagged(stream, 4)),
    )

    answers = log.append(*batch)

    stored = [*batch[0].events, *batch[2].events, *batch[3].instead, *batch[4].events]
    assert log.events == [taken, *stored]
    assert log.positions == [*range(1, 11)]
    assert [answer.position for answer in answers] == [4, 4, 7, 8, 10]


def test_what_was_stored_is_told_with_its_positions_and_the_one_before(log: Log) -> None:
    log.append(store(tagged(), tagged()))
    batch = [
        encode(request) for request in (store(tagged()), Append(events=(), authority=9), call())
    ]

    outcome = log.call(parameters(batch))
    _, stored = settle(batch, outcome)

    assert outcome.previous_position == 2
    assert stored == log.recorded[2:]


def test_a_request_without_events_is_answered_with_the_end_of_the_log(log: Log) -> None:
    assert log.append(store())[0] == (Verdict.STORED, 0, 1, log.append(store())[0].budget)
    log.append(store(tagged(), tagged()))

    before, _, after = log.append(store(), store(tagged()), store())

    assert (before.position, after.position) == (2, 3)


def test_a_gap_in_the_positions_does_no_harm(log: Log) -> None:
    log.append(store(tagged()))
    with log.connection.transaction(force_rollback=True):
        log.append(store(tagged()))
    batch = [encode(store(tagged()))]

    outcome = log.call(parameters(batch))

    assert (outcome.previous_position, outcome.first_position) == (1, 3)
    assert log.positions == [1, 3]


def test_an_empty_batch_only_tells_how_the_account_stands(log: Log) -> None:
    log.append(store(tagged()))
    log.set(authority=4, budget_limit=9)

    outcome = log.call(parameters([]))

    assert outcome[:6] == ([], None, 1, 4, 9, 0)
    assert log.positions == [1]


def test_listeners_are_told_the_last_position_once_a_batch(log: Log, database: str) -> None:
    with opened(database) as listener:
        listener.run("LISTEN acct_main_log")

        log.append(store(tagged()), store(tagged(), tagged()))
        log.append(Append(events=(tagged(),), authority=9))
        log.append(store(tagged()))

        heard = [n.payload for n in listener.connection.notifies(timeout=10, stop_after=2)]
    assert heard == ["3", "4"]


def test_positions_drawn_by_somebody_else_in_between_are_refused(log: Log) -> None:
    log.run("ALTER SEQUENCE {log}.events_notification_id_seq INCREMENT 2")

    with pytest.raises(psycopg.errors.RaiseException, match="contiguous"):
        log.append(store(tagged(), tagged()))
