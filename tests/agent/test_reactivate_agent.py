"""Taking an agent back."""

from msgspec.structs import replace

from domain.agent import Added, Deactivated, ReactivateAgent, Reactivated
from domain.budget import BUDGET, SeatsCounted
from domain.decider import On
from domain.permissions import Permission, Role
from domain.refusals import Code
from domain.role import HoldersCounted, Removed
from tests.given import given
from tests.known import ANA, BEN, BUDGET_OPEN, READERS, READERS_EXIST, caller_with

ADDED = Added(name="Ana", role=Role.AGENT, departments=())
READER = replace(ADDED, role=str(READERS))
BACK = ReactivateAgent(agent=ANA)
SEATED = On(BUDGET, SeatsCounted(seats=1, limit=1_000))


def test_the_seat_is_counted_again_and_the_authority_turns() -> None:
    left = given(ADDED, Deactivated()).beside(*BUDGET_OPEN)
    assert left.when(BACK).then(Reactivated(), SEATED).active
    assert Reactivated().turns_authority


def test_who_had_no_seat_takes_none() -> None:
    given(replace(ADDED, seat=False), Deactivated()).beside(*BUDGET_OPEN).when(BACK).then(
        Reactivated()
    )


def test_the_role_is_held_again() -> None:
    left = given(READER, Deactivated()).beside(*BUDGET_OPEN).beside(*READERS_EXIST)
    left.when(BACK).then(Reactivated(), On(READERS_EXIST[0], HoldersCounted(holders=1)), SEATED)


def test_a_role_that_was_removed_meanwhile_cannot_be_held() -> None:
    left = given(READER, Deactivated()).beside(*BUDGET_OPEN).beside(*READERS_EXIST, Removed())
    assert "Readers" in left.when(BACK).then_refused(Code.NOT_FOUND)


def test_nobody_takes_back_who_may_more_than_he() -> None:
    left = given(ADDED, Deactivated()).beside(*BUDGET_OPEN)
    few = left.by(caller_with(BEN, Permission.AGENTS_MANAGE, Permission.TICKETS_READ))
    few.when(BACK).then_refused(Code.PERMISSION_DENIED)


def test_who_is_here_is_not_taken_back() -> None:
    given(ADDED).beside(*BUDGET_OPEN).when(BACK).then_nothing()


def test_nobody_cannot_be_taken_back() -> None:
    given().beside(*BUDGET_OPEN).when(BACK).then_refused(Code.NOT_FOUND)
