"""A month's use that comes near its limit is noted, once, by whichever process sees it."""

from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from domain.application import ToolCall
from domain.budget import SetLimit
from domain.fact import Attribution
from domain.ledger import BudgetLine
from domain.refusals import Code, Refused
from domain.thresholds import ThresholdReached
from domain.ticket.commands import AddTags
from tests.application.process import INSIDE, Log, Process, settled
from tests.known import ANA, TICKET

pytestmark = pytest.mark.anyio

# Whatever the append would note is refused, as by a disk that is full (PostgreSQL's class 53).
FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON acct_main.events FOR EACH ROW
WHEN (NEW.topic = 'budget.threshold_reached') EXECUTE FUNCTION full_disk()
"""


async def call(here: Process, times: int = 1) -> BudgetLine:
    """Make calls that each cost a unit; return how the budget stands after the last."""

    async def query(_caller: object) -> tuple[str, None]:
        return "read", None

    async def once() -> BudgetLine:
        called = ToolCall(uuid4(), "list_agents", {})
        return (await here.helpdesk.read(INSIDE, called, query)).budget

    return [await once() for _ in range(times)][-1]


def reached(log: Log) -> list[tuple[int, int, int]]:
    """Return threshold, limit and use of each that is noted, in order."""
    facts = [recorded.event.fact for recorded in log.events()]
    return [
        (fact.threshold, fact.limit, fact.used)
        for fact in facts
        if isinstance(fact, ThresholdReached)
    ]


async def test_each_threshold_is_noted_with_the_call_that_reaches_it(
    here: Process, log: Log
) -> None:
    await here.execute(SetLimit(limit=20))
    await call(here, 15)
    assert reached(log) == []
    await call(here)
    assert reached(log) == [(80, 20, 16)]
    await call(here, 3)
    assert reached(log) == [(80, 20, 16), (95, 20, 19)]
    line = await call(here)
    assert reached(log) == [(80, 20, 16), (95, 20, 19), (100, 20, 20)]
    event = log.events()[-1].event
    assert event.envelope.by == Attribution(via="system")
    assert isinstance(event.fact, ThresholdReached)
    assert event.fact.period == line.period


async def test_thresholds_that_are_reached_together_are_all_noted(here: Process, log: Log) -> None:
    await here.execute(SetLimit(limit=1))
    await call(here)
    assert reached(log) == [(80, 1, 1), (95, 1, 1), (100, 1, 1)]


async def test_many_callers_of_two_processes_note_each_threshold_once(
    here: Process, there: Process, log: Log
) -> None:
    await here.execute(SetLimit(limit=40))
    secret = await here.generate(ANA)
    callers = [(it, await it.identify(secret)) for it in (here, there) for _ in range(25)]
    await settled(
        *(
            it.act(bearer, AddTags(ticket_id=TICKET, tags=(f"tag {number}",)))
            for number, (it, bearer) in enumerate(callers)
        )
    )
    assert log.used() == 40
    assert sorted((threshold, limit) for threshold, limit, _ in reached(log)) == [
        (80, 40), (95, 40), (100, 40)
    ]  # fmt: skip


async def test_a_limit_that_comes_down_to_the_use_is_reached_by_that(
    here: Process, log: Log
) -> None:
    await call(here, 5)
    await here.execute(SetLimit(limit=6))
    assert reached(log) == [(80, 6, 5)]


async def test_another_limit_has_thresholds_of_its_own_and_the_old_ones_stay(
    here: Process, log: Log
) -> None:
    await call(here, 4)
    for limit in (5, 4, 5, 4):
        await here.execute(SetLimit(limit=limit))
    assert reached(log) == [(80, 5, 4), (80, 4, 4), (95, 4, 4), (100, 4, 4)]


async def test_a_limit_of_nothing_has_no_thresholds(here: Process, log: Log) -> None:
    await here.execute(SetLimit(limit=0))
    with pytest.raises(Refused):
        await call(here)
    assert reached(log) == []


async def test_what_could_not_be_noted_fails_no_call_and_is_noted_with_the_next(
    here: Process, founded: str, log: Log
) -> None:
    await here.execute(SetLimit(limit=2))
    with psycopg.connect(founded, autocommit=True) as connection:
        connection.execute(FULL)
        assert (await call(here, 2)).used == 2
        assert reached(log) == []
        connection.execute("DROP TRIGGER full_disk ON acct_main.events")
    with pytest.raises(Refused) as refused:  # which sees it as well as an accepted one
        await call(here)
    assert refused.value.code is Code.BUDGET_EXHAUSTED
    assert reached(log) == [(80, 2, 2), (95, 2, 2), (100, 2, 2)]


async def test_a_refusal_tells_how_the_budget_stands_after_it(here: Process) -> None:
    await call(here, 3)
    ana = await here.sign_in(ANA)
    with pytest.raises(Refused) as refused:
        await here.act(ana, AddTags(ticket_id=str(uuid4()), tags=("vip",)))
    line = refused.value.budget
    assert line is not None
    assert (line.limit, line.used, line.remaining) == (100, 3, 97)


def test_a_period_is_the_month_that_ends_when_the_budget_resets() -> None:
    for resets, first in (((2027, 1), (2026, 12)), ((2028, 3), (2028, 2))):
        line = BudgetLine(1, 1, datetime(*resets, 1, tzinfo=UTC))
        assert line.period == datetime(*first, 1, tzinfo=UTC).date()
