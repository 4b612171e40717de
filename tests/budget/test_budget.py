"""Opening the account's budget and setting its limit."""

from domain.budget import BUDGET, Budget, LimitSet, OpenBudget, Opened, SeatsCounted, SetLimit
from domain.refusals import Code
from tests.given import given
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
