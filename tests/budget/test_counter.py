"""Whatever becomes of seats and limits: no call is accepted above the limit, and the sum is right."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.agent import AddAgent, DeactivateAgent, ReactivateAgent
from domain.budget import BUDGET, OpenBudget, SetCallsPerSeat, SetLimit
from domain.caller import insider
from domain.decider import Command
from domain.fact import Event
from domain.ledger import Append, Verdict
from domain.permissions import Role
from domain.refusals import Refused
from tests.database import Databases
from tests.event_store.log import Log, call, event, store
from tests.examples import examples
from tests.known import NOW
from tests.strategies import ids, unhurried
from tests.world import World

SYSTEM = insider("system")
AGENTS = ids(21, 24)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(AddAgent, agent=AGENTS, name=st.just("Kim"), role=st.just(Role.AGENT)),
    st.builds(DeactivateAgent, agent=AGENTS),
    st.builds(ReactivateAgent, agent=AGENTS),
    st.builds(SetLimit, limit=st.none() | st.integers(0, 9)),
    st.builds(SetCallsPerSeat, calls_per_seat=st.integers(0, 4)),
)
UNITS = st.integers(1, 3)
BATCHES = st.lists(st.lists(COMMANDS | UNITS, min_size=1, max_size=6), max_size=6)


@pytest.fixture(scope="module")
def log(databases: Databases) -> Iterator[Log]:
    with databases.copy() as url, psycopg.connect(url, autocommit=True) as connection:
        yield Log(connection)


def begin(log: Log) -> World:
    """Begin an account anew, of three calls a seat."""
    log.run("TRUNCATE {log}.events, {log}.credentials RESTART IDENTITY")
    log.set(authority=1, budget_limit=0, used=0, period_position=0)
    world = World()
    log.append(decided(world, OpenBudget(calls_per_seat=3)))
    return world


def decided(world: World, command: Command) -> Append:
    """Return the append of what a command comes to, which is nothing where it is refused."""
    known = {ref: len(facts) for ref, facts in world.facts.items()}
    try:
        world.carry_out(command, SYSTEM, NOW)
    except Refused:
        return store()
    events: list[Event] = [
        event(fact, ref.id, version)
        for ref, facts in world.facts.items()
        for version, fact in enumerate(facts, 1)
        if version > known.get(ref, 0)
    ]
    return store(*events)


@settings(unhurried, max_examples=examples(30))
@given(batches=BATCHES)
def test_no_call_is_accepted_above_the_limit_and_the_counter_is_their_sum(
    log: Log, batches: list[list[Command | int]]
) -> None:
    world = begin(log)
    used = 0
    for batch in batches:
        requests: list[Append] = []
        limits: list[int] = []
        for step in batch:
            requests.append(call(step) if isinstance(step, int) else decided(world, step))
            limits.append(world.states[BUDGET.id].limit)
        answers = log.append(*requests)
        for request, answer, limit in zip(requests, answers, limits, strict=True):
            fits = not request.units or used + request.units <= limit
            assert answer.verdict is (Verdict.STORED if fits else Verdict.OVER_BUDGET)
            used += request.units * fits
        line = answers[-1].budget
        assert (line.used, line.limit) == (used, max(limits[-1], used))
        assert log.account.used == used == log.charged
        assert log.account.budget_limit == limits[-1]


def test_a_seat_that_goes_takes_its_calls_but_none_that_are_used(log: Log) -> None:
    world = begin(log)
    ana, ben = UUID(int=21), UUID(int=22)
    hire = [AddAgent(agent=agent, name="Kim", role=Role.AGENT) for agent in (ana, ben)]
    (first,) = log.append(decided(world, hire[0]))
    (second,) = log.append(decided(world, hire[1]))
    assert (first.budget.limit, second.budget.limit) == (3, 6)
    log.append(call(3), call(2))
    (left,) = log.append(decided(world, DeactivateAgent(agent=ben)))
    assert left.budget[:2] == (5, 5)
    assert log.verdicts(call()) == [Verdict.OVER_BUDGET]
    (back,) = log.append(decided(world, ReactivateAgent(agent=ben)))
    assert back.budget[:2] == (6, 5)
    assert log.verdicts(call(), call()) == [Verdict.STORED, Verdict.OVER_BUDGET]


def test_a_fixed_limit_is_given_back_to_the_seats(log: Log) -> None:
    world = begin(log)
    log.append(decided(world, AddAgent(agent=UUID(int=21), name="Kim", role=Role.AGENT)))
    answers = [
        log.append(decided(world, SetLimit(limit=limit)))[0] for limit in (1, None, 100, None)
    ]
    assert [answer.budget.limit for answer in answers] == [1, 3, 100, 3]
