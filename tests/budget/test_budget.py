"""The terms of the account's budget: opening it, seats, calls per seat, a fixed limit."""

import pytest

from domain.agent import AddAgent, DeactivateAgent, ReactivateAgent
from domain.budget import (
    BUDGET,
    Budget,
    CallsPerSeatSet,
    LimitSet,
    OpenBudget,
    Opened,
    SeatsCounted,
    SetCallsPerSeat,
    SetLimit,
)
from domain.caller import insider
from domain.decider import Command
from domain.permissions import Permission, Role
from domain.refusals import Code
from tests.given import given
from tests.known import ANA, BEN, NOW
from tests.world import World

OPENED = Opened(calls_per_seat=1_000)
TWO_SEATS = SeatsCounted(seats=2, limit=2_000)


def test_an_account_begins_with_no_calls() -> None:
    given().when(OpenBudget()).then(OPENED)
    given().when(OpenBudget(calls_per_seat=5)).then(Opened(calls_per_seat=5))


def test_opening_again_does_nothing() -> None:
    given(OPENED).when(OpenBudget(calls_per_seat=5)).then_nothing()


def test_a_limit_can_be_fixed() -> None:
    given(OPENED, TWO_SEATS).when(SetLimit(limit=7)).then(LimitSet(limit=7))


def test_a_limit_can_be_fixed_where_it_stands() -> None:
    given(OPENED, TWO_SEATS).when(SetLimit(limit=2_000)).then(LimitSet(limit=2_000))


def test_a_limit_can_be_nothing() -> None:
    given(OPENED, TWO_SEATS).when(SetLimit(limit=0)).then(LimitSet(limit=0))


def test_the_same_limit_again_does_nothing() -> None:
    given(OPENED, TWO_SEATS, LimitSet(limit=7)).when(SetLimit(limit=7)).then_nothing()


def test_a_limit_goes_back_to_the_seats_as_they_are_now() -> None:
    fixed = given(OPENED, LimitSet(limit=7), SeatsCounted(seats=2, limit=7))
    fixed.when(SetLimit(limit=None)).then(LimitSet(limit=2_000, fixed=False))


def test_a_limit_that_is_the_seats_stays_theirs() -> None:
    given(OPENED, TWO_SEATS).when(SetLimit(limit=None)).then_nothing()


def test_there_is_no_limit_before_the_account_begins() -> None:
    given().when(SetLimit(limit=7)).then_refused(Code.NOT_FOUND)


def test_seats_count_again_once_the_limit_is_free() -> None:
    world = World()
    world.happen(BUDGET, OPENED, LimitSet(limit=7), LimitSet(limit=0, fixed=False), TWO_SEATS)
    assert world.states[BUDGET.id] == Budget(calls_per_seat=1_000, seats=2, limit=2_000)


def test_calls_per_seat_change_the_limit_at_once() -> None:
    given(OPENED, TWO_SEATS).when(SetCallsPerSeat(calls_per_seat=50)).then(
        CallsPerSeatSet(calls_per_seat=50, limit=100)
    )


def test_a_fixed_limit_stays_whatever_the_calls_per_seat() -> None:
    fixed = given(OPENED, TWO_SEATS, LimitSet(limit=7))
    fixed.when(SetCallsPerSeat(calls_per_seat=50)).then(CallsPerSeatSet(calls_per_seat=50, limit=7))


def test_a_limit_that_is_given_back_counts_the_calls_per_seat_of_now() -> None:
    fixed = given(OPENED, TWO_SEATS, LimitSet(limit=7), CallsPerSeatSet(calls_per_seat=50, limit=7))
    fixed.when(SetLimit(limit=None)).then(LimitSet(limit=100, fixed=False))


def test_the_same_calls_per_seat_again_do_nothing() -> None:
    given(OPENED, TWO_SEATS).when(SetCallsPerSeat(calls_per_seat=1_000)).then_nothing()


def test_there_are_no_calls_per_seat_before_the_account_begins() -> None:
    given().when(SetCallsPerSeat(calls_per_seat=7)).then_refused(Code.NOT_FOUND)


@pytest.mark.parametrize("command", [OpenBudget, SetLimit, SetCallsPerSeat])
def test_the_budget_is_for_those_who_manage_settings(command: type[Command]) -> None:
    assert command.permission is Permission.SETTINGS_MANAGE


def test_a_seat_more_or_less_moves_the_limit_but_not_a_fixed_one() -> None:
    world = World()
    world.happen(BUDGET, OPENED)
    for command, limit in (
        (AddAgent(agent=ANA, name="Ana", role=Role.OWNER, email="ana@desk.example"), 1_000),
        (AddAgent(agent=BEN, name="Ben", role=Role.AGENT, email="ben@desk.example"), 2_000),
        (DeactivateAgent(agent=BEN), 1_000),
        (ReactivateAgent(agent=BEN), 2_000),
        (SetLimit(limit=7), 7),
        (DeactivateAgent(agent=BEN), 7),
        (SetLimit(limit=None), 1_000),
    ):
        world.carry_out(command, insider("system"), NOW)
        assert world.states[BUDGET.id].limit == limit
