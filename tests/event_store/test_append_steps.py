"""The append function: its five steps in their order, request by request."""

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from msgspec.structs import replace

from domain.access_tokens import Revoked
from domain.call import KeyClaimed
from domain.ledger import Append, Verdict
from tests.event_store.log import NOON, Log, call, charge, event, opened, store, tagged

STORED, STALE, EXPIRED, REPEATED, CONFLICT, OVER_BUDGET = Verdict
MICROSECOND = timedelta(microseconds=1)


def claim_key() -> Append:
    """Make what an action under an idempotency key stores besides its facts."""
    claimed = event(KeyClaimed(call=uuid4(), arguments_digest="", ticket=uuid4(), answer={}))
    return Append(events=(claimed,), claim=claimed.originator_id)


def test_a_request_decided_under_another_authority_number_is_stale(log: Log) -> None:
    log.set(authority=5)

    assert log.verdicts(
        *(Append(events=(tagged(),), authority=number) for number in (4, 5, 6))
    ) == [STALE, STORED, STALE]
    assert len(log.events) == 1


def test_callers_inside_the_house_are_never_stale(log: Log) -> None:
    log.set(authority=5)

    assert log.verdicts(store(tagged())) == [STORED]


def test_a_credential_expires_by_the_clock_of_the_append(log: Log) -> None:
    log.set_clock(NOON)

    assert log.verdicts(
        Append(events=(tagged(),), expires_at=NOON),
        Append(events=(tagged(),), expires_at=NOON + MICROSECOND),
        Append(events=(tagged(),)),
    ) == [EXPIRED, STORED, STORED]


def test_a_claimed_key_is_repeated_and_stores_nothing(log: Log) -> None:
    first = claim_key()
    log.append(first)

    assert log.verdicts(replace(first, events=(*first.events, tagged()))) == [REPEATED]
    assert log.events == [*first.events]


def test_a_taken_version_is_a_conflict_for_the_whole_request(log: Log) -> None:
    taken = tagged()
    log.append(store(taken))

    assert log.verdicts(store(tagged(), taken)) == [CONFLICT]
    assert log.events == [taken]


def test_a_guarded_version_must_be_free_and_is_not_stored(log: Log) -> None:
    rested_on, other = tagged(), tagged()
    log.append(store(rested_on))
    moved = (rested_on.originator_id, 1)
    unmoved = (rested_on.originator_id, 2)

    assert log.verdicts(
        Append(events=(tagged(),), guards=(moved,)),
        Append(events=(tagged(),), guards=(unmoved, moved)),
        Append(events=(other,), guards=(unmoved,)),
    ) == [CONFLICT, CONFLICT, STORED]
    assert log.events == [rested_on, other]


def test_a_conflict_concerns_no_neighbour(log: Log) -> None:
    taken, before, after = tagged(), tagged(), tagged()
    log.append(store(taken))

    assert log.verdicts(store(before), store(taken), store(after)) == [STORED, CONFLICT, STORED]
    assert log.events == [taken, before, after]


def test_the_limit_is_hit_exactly_by_those_that_still_fit(log: Log) -> None:
    log.set(budget_limit=5)

    assert log.verdicts(call(3), call(3), call(2), call(1)) == [
        *(STORED, OVER_BUDGET, STORED, OVER_BUDGET)
    ]
    assert log.account.used == log.charged == 5


def test_what_the_budget_refuses_is_recorded_unpaid_without_its_facts(log: Log) -> None:
    request = charge(store(tagged()))

    assert log.verdicts(request) == [OVER_BUDGET]
    assert log.events == [*request.instead]
    assert log.account.used == 0


def test_requests_without_units_pass_an_exhausted_budget(log: Log) -> None:
    log.set(budget_limit=1, used=2)  # as after a limit that was lowered

    assert log.verdicts(call(0), store(tagged())) == [STORED, STORED]
    assert log.account.used == 2


@pytest.mark.parametrize("refused", [STALE, EXPIRED, REPEATED, CONFLICT])
def test_a_refusal_charges_nothing_and_records_nothing(log: Log, refused: Verdict) -> None:
    log.set(budget_limit=10)
    key, taken = claim_key(), tagged()
    log.append(key, store(taken))
    before = log.recorded
    request = {
        STALE: Append(events=(), authority=7),
        EXPIRED: Append(events=(), expires_at=NOON - timedelta(days=10_000)),
        REPEATED: key,
        CONFLICT: store(taken),
    }[refused]

    assert log.verdicts(charge(request)) == [refused]
    assert log.recorded == before
    assert log.account.used == 0


def test_the_steps_are_taken_in_their_order(log: Log) -> None:
    key, taken = claim_key(), tagged()
    log.append(key, store(taken))
    log.set_clock(NOON)
    worst = charge(
        Append(events=(*key.events, taken), claim=key.claim, authority=9, expires_at=NOON)
    )
    fresh = replace(worst, authority=1)
    alive = replace(fresh, expires_at=NOON + MICROSECOND)
    unclaimed = replace(alive, events=(taken,), claim=None)
    unmoved = charge(replace(unclaimed, events=()))

    assert log.verdicts(worst, fresh, alive, unclaimed, unmoved) == [
        *(STALE, EXPIRED, REPEATED, CONFLICT, OVER_BUDGET)
    ]
    log.set(budget_limit=1)
    assert log.verdicts(charge(replace(unmoved, events=()))) == [STORED]


def test_a_turned_authority_makes_the_later_requests_of_its_batch_stale(log: Log) -> None:
    revoke = event(Revoked(token=uuid4(), digest="ab"))

    assert log.verdicts(
        Append(events=(tagged(),), authority=1),
        Append(events=(revoke,), authority=1),
        Append(events=(tagged(),), authority=1),
        Append(events=(tagged(),), authority=2),
        store(tagged()),
    ) == [STORED, STORED, STALE, STORED, STORED]
    assert log.account.authority == 2


def test_a_request_that_fails_altogether_takes_its_batch_with_it(log: Log) -> None:
    twice = tagged()
    log.set(budget_limit=5)

    with pytest.raises(psycopg.errors.UniqueViolation):
        log.append(call(), store(twice, twice))

    assert log.events == []
    assert log.account.used == 0


def test_an_append_may_be_the_last_step_of_a_transaction(log: Log) -> None:
    log.set(budget_limit=5)
    stays = tagged()

    with log.connection.transaction(force_rollback=True):
        assert log.verdicts(call()) == [STORED]
    with log.connection.transaction():
        assert log.verdicts(store(stays)) == [STORED]

    assert log.events == [stays]
    assert log.account.used == 0


def test_a_vacuum_or_analyze_of_the_log_does_not_hold_up_appends(log: Log, database: str) -> None:
    with opened(database) as vacuum, vacuum.connection.transaction():
        vacuum.run("LOCK TABLE {log}.events IN SHARE UPDATE EXCLUSIVE MODE")

        assert log.verdicts(store(tagged())) == [STORED]


def test_an_append_waits_for_the_one_before_it_but_not_for_ever(log: Log, database: str) -> None:
    bound = "SELECT proconfig FROM pg_proc WHERE oid = '{log}.append'::regproc"
    assert "lock_timeout=5s" in log.fetch(bound)[0][0]
    log.run("ALTER FUNCTION {log}.append SET lock_timeout = '20ms'")
    first = tagged()

    with opened(database) as other, other.connection.transaction():
        other.append(store(first))
        with pytest.raises(psycopg.errors.LockNotAvailable):
            log.append(store(tagged()))

    assert log.verdicts(store(first)) == [CONFLICT]


def test_the_log_is_probed_by_its_index_though_it_was_never_analysed(log: Log) -> None:
    stream = uuid4()
    log.append(*(store(tagged(stream, version)) for version in range(1, 200)))

    for version in range(100, 120):  # beyond the five runs after which plans are kept
        log.verdicts(charge(store(tagged(stream, version))))
    log.fetch("SELECT pg_stat_force_next_flush()::text")

    assert log.fetch("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'events'") == [(0,)]
