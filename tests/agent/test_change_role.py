"""Changing a role."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.agent import Added, ChangeRole, Deactivated, RoleChanged
from domain.decider import On
from domain.permissions import Role
from domain.refusals import Code
from domain.role import HoldersCounted, Removed
from tests.given import given
from tests.known import ANA, OWNERS, READERS, READERS_EXIST

ADDED = Added(name="Ana", role=Role.AGENT, departments=())
READER = replace(ADDED, role=str(READERS))
TO_READER = ChangeRole(agent=ANA, role=str(READERS))


def readers(holders: int) -> On:
    return On(READERS_EXIST[0], HoldersCounted(holders=holders))


def test_the_change_tells_what_was_before_and_turns_the_authority() -> None:
    promoted = RoleChanged(role=Role.ADMIN, was=Role.AGENT)
    given(ADDED).when(ChangeRole(agent=ANA, role=Role.ADMIN)).then(promoted)
    assert promoted.turns_authority


def test_a_role_that_was_made_is_counted() -> None:
    given(ADDED).beside(*READERS_EXIST).when(TO_READER).then(
        readers(1), RoleChanged(role=str(READERS), was=Role.AGENT)
    )


def test_the_role_that_was_left_is_counted() -> None:
    held = given(READER).beside(*READERS_EXIST, HoldersCounted(holders=4))
    held.when(ChangeRole(agent=ANA, role=Role.AGENT)).then(
        readers(3), RoleChanged(role=Role.AGENT, was=str(READERS))
    )


def test_who_left_holds_no_role() -> None:
    given(ADDED, Deactivated()).beside(*READERS_EXIST).when(TO_READER).then(
        RoleChanged(role=str(READERS), was=Role.AGENT)
    )


def test_the_same_role_again_does_nothing() -> None:
    given(ADDED).when(ChangeRole(agent=ANA, role=Role.AGENT)).then_nothing()
    given(READER).beside(*READERS_EXIST).when(TO_READER).then_nothing()


def test_a_role_that_was_removed_cannot_be_given() -> None:
    removed = given(ADDED).beside(*READERS_EXIST, Removed())
    removed.when(TO_READER).then_refused(Code.NOT_FOUND)


@pytest.mark.parametrize(
    "role",
    ["", "Owner", "reader", str(UUID(int=72)), str(OWNERS.id), READERS.hex, f"{{{READERS}}}"],
)
def test_a_role_that_there_is_not_cannot_be_given(role: str) -> None:
    here = given(ADDED).beside(*READERS_EXIST).beside(OWNERS, HoldersCounted(holders=1))
    here.when(ChangeRole(agent=ANA, role=role)).then_refused(Code.NOT_FOUND)


def test_nobody_has_no_role() -> None:
    given().when(ChangeRole(agent=ANA, role=Role.ADMIN)).then_refused(Code.NOT_FOUND)
