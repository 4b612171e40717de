"""Which role may give which command."""

from typing import Any, get_args

import pytest

from domain.access_tokens import GenerateToken
from domain.agent import AgentCommand
from domain.budget import BudgetCommand
from domain.department import DepartmentCommand
from domain.permissions import ALL, Permission, Role, Scope, permissions_of, within
from domain.refusals import Code, Refused
from domain.role import RoleCommand
from domain.ticket.commands import TicketCommand
from tests.known import ANA, caller_of

FOR_ALL = (*get_args(TicketCommand), GenerateToken)
FOR_ADMINS = tuple(
    command
    for union in (AgentCommand, BudgetCommand, DepartmentCommand, RoleCommand)
    for command in get_args(union)
)


@pytest.mark.parametrize("role", Role)
def test_every_role_works_on_tickets_and_own_tokens(role: Role) -> None:
    for command in FOR_ALL:
        caller_of(ANA, role).require(command.permission)


def test_admins_and_owners_manage_the_directory_and_the_budget() -> None:
    for command in FOR_ADMINS:
        for role in (Role.ADMIN, Role.OWNER):
            caller_of(ANA, role).require(command.permission)


@pytest.mark.parametrize("command", FOR_ADMINS, ids=lambda command: command.__name__)
def test_agents_manage_neither(command: Any) -> None:
    with pytest.raises(
        Refused, match=r"Your role does not allow you to .+ Ask an admin"
    ) as refused:
        caller_of(ANA).require(command.permission)
    assert refused.value.code is Code.PERMISSION_DENIED


def test_only_owners_reach_admins_and_owners() -> None:
    assert permissions_of(Role.OWNER) - permissions_of(Role.ADMIN) == {Permission.ADMINS_MANAGE}


def test_every_permission_lies_in_one_scope() -> None:
    parts = [within(ALL, {scope}) for scope in Scope]
    assert frozenset().union(*parts) == ALL
    assert sum(map(len, parts)) == len(ALL)
