"""Whose account one may change: nobody but owners reaches admins and owners."""

from typing import get_args
from uuid import UUID

import msgspec
import pytest

from domain.agent import (
    AddAgent,
    Added,
    AgentCommand,
    ChangeDepartments,
    ChangeEmail,
    ChangeRole,
    DeactivateAgent,
    Deactivated,
    DepartmentsChanged,
    GiveSeat,
    ReactivateAgent,
    RenameAgent,
)
from domain.agent.commands import OnAgent
from domain.caller import Caller
from domain.decider import Ref
from domain.permissions import PRIVILEGES, Permission, Role
from domain.refusals import Code
from domain.role import ROLE, HoldersCounted
from domain.role import Added as RoleAdded
from tests.given import Given, given
from tests.known import (
    ANA,
    BEN,
    BILLING,
    BILLING_EXISTS,
    BUDGET_OPEN,
    OWNERS,
    READERS,
    READERS_EXIST,
    SUPPORT,
    SUPPORT_EXISTS,
    caller_of,
    caller_with,
)

EMAIL = "ana@desk.example"
CHANGES = [
    RenameAgent(agent=ANA, name="Anna"),
    ChangeEmail(agent=ANA, email=EMAIL),
    GiveSeat(agent=ANA, email=EMAIL),
    ChangeRole(agent=ANA, role=str(READERS)),
    ChangeDepartments(agent=ANA, departments=()),
    DeactivateAgent(agent=ANA),
    ReactivateAgent(agent=ANA),
]
each_change = pytest.mark.parametrize("command", CHANGES, ids=lambda it: type(it).__name__)
# One who may do everything that any other role than an owner's can allow.
MANAGER = caller_with(BEN, *PRIVILEGES)


def ana(role: Role, *since: Deactivated) -> Given:
    added = Added(name="Ana", role=role, departments=(), seat=False)
    here = given(added, *since).beside(*READERS_EXIST).beside(*BUDGET_OPEN)
    return here.beside(OWNERS, HoldersCounted(holders=2))


def test_these_are_all_changes() -> None:
    assert {type(command) for command in CHANGES} | {AddAgent} == set(get_args(AgentCommand))


@each_change
@pytest.mark.parametrize("role", [Role.ADMIN, Role.OWNER])
@pytest.mark.parametrize("caller", [MANAGER, caller_of(BEN, Role.ADMIN)], ids=["manager", "admin"])
def test_managers_and_admins_reach_no_admin_and_no_owner(
    command: OnAgent, role: Role, caller: Caller
) -> None:
    refusal = ana(role).by(caller).when(command).then_refused(Code.PERMISSION_DENIED)
    assert "admins:manage" in refusal


@each_change
def test_not_even_those_who_left(command: OnAgent) -> None:
    left = ana(Role.ADMIN, Deactivated()).by(MANAGER)
    left.when(command).then_refused(Code.PERMISSION_DENIED)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OWNER])
def test_nobody_below_an_owner_makes_an_admin_or_an_owner(role: Role) -> None:
    for command in (
        ChangeRole(agent=ANA, role=role),
        AddAgent(agent=UUID(int=9), name="Cora", role=role),
    ):
        here = (
            given(Added(name="Ana", role=Role.AGENT, departments=()))
            if command.agent == ANA
            else given()
        )
        here = here.beside(OWNERS, HoldersCounted(holders=1)).beside(*BUDGET_OPEN)
        here.by(MANAGER).when(command).then_refused(Code.PERMISSION_DENIED)


def test_an_owner_reaches_everybody() -> None:
    owner = caller_of(BEN, Role.OWNER)
    for role in Role:
        changed = ana(role).by(owner).when(RenameAgent(agent=ANA, name="Anna"))
        assert changed.world.decide(changed.command, owner, changed.now)


def test_nobody_gives_a_role_that_allows_more_than_his_own() -> None:
    few = caller_with(BEN, Permission.AGENTS_MANAGE, Permission.DIRECTORY_READ)
    give = ChangeRole(agent=ANA, role=str(READERS))
    refusal = ana(Role.AGENT).by(few).when(give).then_refused(Code.PERMISSION_DENIED)
    assert "tickets:read" in refusal


SMALL_MANAGER = caller_with(BEN, Permission.AGENTS_MANAGE, Permission.TICKETS_READ)


@each_change
def test_a_role_that_manages_more_than_ones_own_is_out_of_reach(command: OnAgent) -> None:
    mighty = (Ref(ROLE, READERS), RoleAdded(name="Deputy", permissions=tuple(PRIVILEGES)))
    deputy = Added(name="Ana", role=str(READERS), departments=())
    here = given(deputy).beside(*mighty).beside(*BUDGET_OPEN).by(SMALL_MANAGER)
    refusal = here.when(command).then_refused(Code.PERMISSION_DENIED)
    assert "manages more than yours" in refusal


def test_nobody_lets_himself_or_others_into_departments_that_he_does_not_see() -> None:
    member = given(Added(name="Ben", role=Role.AGENT, departments=(SUPPORT,)))
    both = ChangeDepartments(agent=BEN, departments=(SUPPORT, BILLING))
    there = member.beside(*SUPPORT_EXISTS).beside(*BILLING_EXISTS)
    refusal = there.by(SMALL_MANAGER).when(both).then_refused(Code.PERMISSION_DENIED)
    assert "tickets:all_departments" in refusal
    of_both = msgspec.structs.replace(SMALL_MANAGER, departments=frozenset({SUPPORT, BILLING}))
    there.by(of_both).when(both).then(
        DepartmentsChanged(departments=(SUPPORT, BILLING), was=(SUPPORT,))
    )


def test_an_owner_needs_a_seat() -> None:
    seatless = AddAgent(agent=ANA, name="Ana", role=Role.OWNER, seat=False)
    given().beside(OWNERS, HoldersCounted(holders=1)).when(seatless).then_refused(
        Code.AGENT_UNAVAILABLE
    )
    promotion = ChangeRole(agent=ANA, role=Role.OWNER)
    ana(Role.AGENT).when(promotion).then_refused(Code.AGENT_UNAVAILABLE)
