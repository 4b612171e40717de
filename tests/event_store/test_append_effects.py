"""What an append changes besides the log: credentials, the authority number, the limit, the period."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from domain import agent, budget
from domain.access_tokens import Generated, Revoked
from domain.fact import Fact
from domain.ledger import Append, Verdict
from domain.permissions import Role
from infra.event_store.batch import budget_line
from tests.event_store.log import NOON, Log, call, event, store, tagged

STORED, STALE, EXPIRED, REPEATED, CONFLICT, OVER_BUDGET = Verdict
MICROSECOND = timedelta(microseconds=1)


def generated(digest: str) -> Generated:
    return Generated(token=uuid4(), agent=uuid4(), digest=digest, mask="…", expires_at=NOON)


def revoked(token: Generated) -> Revoked:
    return Revoked(token=token.token, digest=token.digest)


def test_a_generated_token_opens_the_door_until_it_is_revoked(log: Log) -> None:
    one, other = generated("aa"), generated("bb")
    log.append(store(event(one)), store(event(other)))
    assert log.credentials == {"aa": one.token, "bb": other.token}

    log.append(store(event(revoked(one))))
    assert log.credentials == {"bb": other.token}


def test_a_credential_is_stored_with_its_agent_and_expiry(log: Log) -> None:
    token = generated("aa")
    log.append(store(event(token)))

    assert log.fetch("SELECT agent, expires_at FROM {log}.credentials") == [(token.agent, NOON)]


@pytest.mark.parametrize(
    "fact",
    [
        Revoked(token=uuid4(), digest="aa"),
        agent.RoleChanged(role=Role.AGENT, was=Role.ADMIN),
        agent.DepartmentsChanged(departments=(), was=(uuid4(),)),
        agent.Deactivated(),
    ],
    ids=lambda fact: fact.topic,
)
def test_what_narrows_rights_turns_the_authority_number(log: Log, fact: Fact) -> None:
    log.append(store(event(fact)))

    assert log.account.authority == 2


def test_what_widens_rights_leaves_the_authority_number(log: Log) -> None:
    log.append(store(event(generated("aa")), tagged()), store(event(budget.LimitSet(limit=3))))

    assert log.account.authority == 1


def test_one_request_turns_the_authority_number_once(log: Log) -> None:
    log.append(store(*(event(agent.Deactivated()) for _ in range(3))))

    assert log.account.authority == 2


def test_the_answers_of_a_batch_tell_the_number_it_ended_with(log: Log) -> None:
    answers = log.append(store(event(agent.Deactivated())), Append(events=(), authority=1))

    assert [(answer.verdict, answer.authority) for answer in answers] == [(STORED, 2), (STALE, 2)]


def test_a_refused_request_changes_nothing_inline(log: Log) -> None:
    taken, token = tagged(), generated("aa")
    log.append(store(taken), store(event(token)))
    before = log.account

    refused = store(
        taken, event(generated("bb")), event(revoked(token)), event(budget.LimitSet(limit=3))
    )
    assert log.verdicts(refused) == [CONFLICT]

    assert log.account == before
    assert log.credentials == {"aa": token.token}


@pytest.mark.parametrize(
    "fact",
    [
        budget.Opened(calls_per_seat=1_000, limit=2),
        budget.SeatsCounted(seats=1, limit=2),
        budget.LimitSet(limit=2),
        budget.CallsPerSeatSet(calls_per_seat=2, limit=2),
    ],
    ids=lambda fact: fact.topic,
)
def test_a_new_limit_holds_from_the_next_request_on(log: Log, fact: Fact) -> None:
    batch = (call(), store(event(fact)), call(), call(), call())

    assert log.verdicts(*batch) == [OVER_BUDGET, STORED, STORED, STORED, OVER_BUDGET]
    assert (log.account.budget_limit, log.account.used) == (2, 2)


def test_a_limit_set_below_what_is_used_refuses_from_then_on(log: Log) -> None:
    log.set(budget_limit=5)
    log.append(call(4))

    (answer,) = log.append(store(event(budget.LimitSet(limit=2))))
    assert log.verdicts(call()) == [OVER_BUDGET]
    assert (answer.budget.used, answer.budget.remaining) == (4, 0)


def test_the_answer_tells_how_the_budget_stands(log: Log) -> None:
    log.set(budget_limit=10)
    log.set_clock(NOON.replace(month=12))

    (answer,) = log.append(call(3))

    assert answer.budget == (10, 3, datetime(2027, 1, 1, tzinfo=UTC))
    assert answer.budget.remaining == 7


def test_the_period_turns_with_the_first_microsecond_of_a_month_in_utc(log: Log) -> None:
    edge = datetime(2026, 4, 1, tzinfo=UTC)
    log.connection.execute("SET TIME ZONE 'Pacific/Kiritimati'")  # where it is April already
    log.set(period=date(2026, 3, 1), budget_limit=2, used=2)

    log.set_clock(edge - MICROSECOND)
    assert log.verdicts(call()) == [OVER_BUDGET]
    log.set_clock(edge)
    assert log.verdicts(call(), call(), call()) == [STORED, STORED, OVER_BUDGET]

    assert log.account.period == edge.date()
    assert log.account.used == log.charged == 2


def test_the_counter_begins_anew_above_the_position_where_the_period_turned(log: Log) -> None:
    log.set(budget_limit=10)
    log.append(call(2), call(3))
    end = log.positions[-1]
    log.set(period=date(2000, 1, 1))
    assert log.charged == 5

    log.append(call(4))

    assert log.account.period_position == end
    assert log.account.used == log.charged == 4


def test_the_period_turns_with_a_request_that_is_free(log: Log) -> None:
    log.set(period=date(2000, 1, 1), budget_limit=10, used=9)

    (answer,) = log.append(store(tagged()))

    assert answer.budget.used == log.account.used == 0


def test_the_period_never_turns_backwards(log: Log) -> None:
    log.set(period=date(2026, 4, 1), budget_limit=2, used=1)
    log.set_clock(datetime(2026, 3, 31, tzinfo=UTC))

    (answer,) = log.append(call())
    assert log.verdicts(call()) == [OVER_BUDGET]

    assert answer.budget.resets_at == datetime(2026, 5, 1, tzinfo=UTC)
    assert (log.account.period, log.account.used) == (date(2026, 4, 1), 2)


def test_the_budget_resets_in_the_new_year() -> None:
    assert budget_line(1, 0, date(2026, 12, 1)).resets_at == datetime(2027, 1, 1, tzinfo=UTC)
