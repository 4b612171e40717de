"""The last owner stays one."""

import pytest
from msgspec.structs import replace

from domain.agent import (
    AddAgent,
    Added,
    ChangeRole,
    DeactivateAgent,
    Deactivated,
    ReactivateAgent,
    Reactivated,
    RoleChanged,
)
from domain.agent.commands import OnAgent
from domain.budget import BUDGET, Opened, SeatsCounted
from domain.decider import On
from domain.held_password import PasswordSet, password_held_by
from domain.permissions import Role
from domain.refusals import Code
from domain.role import HoldersCounted
from tests.given import Given, given
from tests.known import BUDGET_OPEN, OLGA, OWNERS, caller_of

OWNER = Added(name="Olga", role=Role.OWNER, departments=())
LEAVES = [DeactivateAgent(agent=OLGA), ChangeRole(agent=OLGA, role=Role.ADMIN)]


def owners(holders: int, *since: Deactivated) -> Given:
    counted = given(OWNER, *since).beside(OWNERS, HoldersCounted(holders=holders))
    return counted.beside(BUDGET, Opened(calls_per_seat=10), SeatsCounted(seats=3, limit=30))


def left(holders: int) -> On:
    return On(OWNERS, HoldersCounted(holders=holders))


@pytest.mark.parametrize("command", LEAVES, ids=lambda it: type(it).__name__)
@pytest.mark.parametrize("inside", [False, True])
def test_the_last_owner_can_neither_leave_nor_become_another(
    command: OnAgent, *, inside: bool
) -> None:
    last = owners(1) if inside else owners(1).by(caller_of(OLGA, Role.OWNER))
    assert "last owner" in last.when(command).then_refused(Code.LIMIT_REACHED)


def test_one_of_two_owners_can() -> None:
    owners(2).when(ChangeRole(agent=OLGA, role=Role.ADMIN)).then(
        left(1), RoleChanged(role=Role.ADMIN, was=Role.OWNER)
    )
    owners(2).when(DeactivateAgent(agent=OLGA)).then(
        left(1), Deactivated(), On(BUDGET, SeatsCounted(seats=2, limit=20))
    )


def test_an_owner_who_comes_back_counts_again() -> None:
    owners(1, Deactivated()).when(ReactivateAgent(agent=OLGA)).then(
        Reactivated(), left(2), On(BUDGET, SeatsCounted(seats=4, limit=40))
    )


def test_the_role_of_an_owner_who_left_can_change() -> None:
    owners(1, Deactivated()).when(ChangeRole(agent=OLGA, role=Role.AGENT)).then(
        RoleChanged(role=Role.AGENT, was=Role.OWNER)
    )


def test_whoever_becomes_an_owner_counts_as_one() -> None:
    agent = given(Added(name="Olga", role=Role.AGENT, departments=()))
    agent.beside(OWNERS, HoldersCounted(holders=1)).when(
        ChangeRole(agent=OLGA, role=Role.OWNER)
    ).then(left(2), RoleChanged(role=Role.OWNER, was=Role.AGENT))


FIRST = AddAgent(agent=OLGA, name="Olga", role=Role.OWNER, first=True)


def test_the_first_owner_comes_in_while_there_is_none() -> None:
    given().beside(*BUDGET_OPEN).when(FIRST).then(
        OWNER, left(1), On(BUDGET, SeatsCounted(seats=1, limit=1_000))
    )


def test_the_first_owner_comes_with_a_password_at_once() -> None:
    password = On(password_held_by(OLGA), PasswordSet(agent=OLGA))
    begun = given().beside(*BUDGET_OPEN)
    begun.when(replace(FIRST, with_password=True)).then(
        OWNER, left(1), On(BUDGET, SeatsCounted(seats=1, limit=1_000)), password
    )


def test_no_credential_adds_somebody_with_a_password() -> None:
    begun = given().beside(*BUDGET_OPEN).by(caller_of(OLGA, Role.OWNER))
    with_password = replace(FIRST, role=Role.AGENT, first=False, with_password=True)
    begun.when(with_password).then_refused(Code.PERMISSION_DENIED)


def test_there_is_no_second_first_owner() -> None:
    begun = given().beside(*BUDGET_OPEN).beside(OWNERS, HoldersCounted(holders=1))
    begun.when(FIRST).then_refused(Code.ALREADY_EXISTS)
