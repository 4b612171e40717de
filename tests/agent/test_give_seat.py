"""Giving a seat to somebody known from an import."""

from msgspec.structs import replace

from domain.agent import Added, Deactivated, GiveSeat, Seated
from domain.budget import BUDGET, SeatsCounted
from domain.claim import Claimed, claim_of
from domain.decider import On
from domain.permissions import Permission, Role
from domain.refusals import Code
from tests.given import given
from tests.known import ANA, BEN, BUDGET_OPEN, caller_with

IMPORTED = Added(name="Ana", role=Role.AGENT, departments=(), seat=False)
HERE = given(IMPORTED).beside(*BUDGET_OPEN)
GIVE = GiveSeat(agent=ANA, email="ana@desk.example")
CLAIM = claim_of("agent-email", "ana@desk.example")


def test_the_address_is_claimed_and_the_seat_is_counted() -> None:
    agent = HERE.when(GIVE).then(
        On(CLAIM, Claimed(kind="agent-email", holder=ANA)),
        Seated(email="ana@desk.example"),
        On(BUDGET, SeatsCounted(seats=1, limit=1_000)),
    )
    assert (agent.seat, agent.email) == (True, "ana@desk.example")


def test_who_has_a_seat_gets_no_second_one() -> None:
    given(replace(IMPORTED, seat=True)).beside(*BUDGET_OPEN).when(GIVE).then_nothing()


def test_an_address_of_another_is_taken() -> None:
    taken = HERE.beside(CLAIM, Claimed(kind="agent-email", holder=BEN))
    taken.when(GIVE).then_refused(Code.ALREADY_EXISTS)


def test_who_left_gets_none() -> None:
    left = given(IMPORTED, Deactivated()).beside(*BUDGET_OPEN)
    left.when(GIVE).then_refused(Code.AGENT_UNAVAILABLE)


def test_a_seat_is_the_role_so_nobody_gives_one_that_allows_more_than_his_own() -> None:
    few = HERE.by(caller_with(BEN, Permission.AGENTS_MANAGE, Permission.TICKETS_READ))
    few.when(GIVE).then_refused(Code.PERMISSION_DENIED)


def test_nobody_gets_no_seat() -> None:
    given().beside(*BUDGET_OPEN).when(GIVE).then_refused(Code.NOT_FOUND)
