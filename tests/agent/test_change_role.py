"""Changing a role."""

from domain.agent import Added, ChangeRole, RoleChanged
from domain.permissions import Role
from domain.refusals import Code
from tests.given import given
from tests.known import ANA

ADDED = Added(name="Ana", role=Role.AGENT, departments=())


def test_the_change_tells_what_was_before_and_turns_the_authority() -> None:
    promoted = RoleChanged(role=Role.ADMIN, was=Role.AGENT)
    given(ADDED).when(ChangeRole(agent=ANA, role=Role.ADMIN)).then(promoted)
    assert promoted.turns_authority


def test_the_same_role_again_does_nothing() -> None:
    given(ADDED).when(ChangeRole(agent=ANA, role=Role.AGENT)).then_nothing()


def test_nobody_has_no_role() -> None:
    given().when(ChangeRole(agent=ANA, role=Role.ADMIN)).then_refused(Code.NOT_FOUND)
