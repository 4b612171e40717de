"""Revoking an access token."""

from uuid import UUID

import pytest

from domain.access_tokens import Generated, Revoked, RevokeToken
from domain.agent import AGENT, Added, Deactivated
from domain.decider import Ref
from domain.permissions import TOOL_SCOPES, Permission, Role
from domain.refusals import Code
from tests.given import given
from tests.known import ANA, ANA_IN_SUPPORT, BEN, NOW, caller_of, caller_with

GENERATED = Generated(token=UUID(int=500), agent=ANA, digest="ab" * 32, mask="…", expires_at=NOW)
OTHER = Generated(token=UUID(int=501), agent=ANA, digest="cd" * 32, mask="…", expires_at=NOW)
REVOKED = Revoked(token=UUID(int=500), digest="ab" * 32)
REVOKE = RevokeToken(agent=ANA, token=UUID(int=500))
HELD = given(GENERATED, OTHER).beside(*ANA_IN_SUPPORT)


def test_an_agent_revokes_an_own_token_and_the_authority_turns() -> None:
    HELD.by(caller_of(ANA)).when(REVOKE).then(REVOKED)
    assert REVOKED.turns_authority


def test_the_others_stay() -> None:
    assert HELD.when(REVOKE).then(REVOKED).tokens.keys() == {OTHER.token}


def test_what_is_past_its_time_can_be_revoked() -> None:
    HELD.at(NOW.replace(year=2030)).when(REVOKE).then(REVOKED)


def test_revoking_again_does_nothing() -> None:
    given(GENERATED, REVOKED).beside(*ANA_IN_SUPPORT).when(REVOKE).then_nothing()


def test_a_token_for_tools_revokes_none_not_even_itself() -> None:
    narrow = caller_with(ANA, *Permission, scopes=TOOL_SCOPES)
    assert "admin" in HELD.by(narrow).when(REVOKE).then_refused(Code.PERMISSION_DENIED)


def test_anothers_token_takes_the_permission_to_manage_agents() -> None:
    HELD.by(caller_of(BEN)).when(REVOKE).then_refused(Code.PERMISSION_DENIED)
    HELD.by(caller_with(BEN, Permission.AGENTS_MANAGE)).when(REVOKE).then(REVOKED)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OWNER])
def test_admins_and_owners_revoke_an_agents(role: Role) -> None:
    HELD.by(caller_of(BEN, role)).when(REVOKE).then(REVOKED)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OWNER])
def test_only_owners_revoke_an_admins_or_an_owners(role: Role) -> None:
    above = Added(name="Ana", role=role, departments=())
    held = given(GENERATED).beside(Ref(AGENT, ANA), above)
    held.by(caller_of(BEN, Role.ADMIN)).when(REVOKE).then_refused(Code.PERMISSION_DENIED)
    held.by(caller_of(BEN, Role.OWNER)).when(REVOKE).then(REVOKED)
    held.by(caller_of(ANA, role)).when(REVOKE).then(REVOKED)


def test_the_token_of_an_agent_who_left_can_be_revoked() -> None:
    given(GENERATED).beside(*ANA_IN_SUPPORT, Deactivated()).when(REVOKE).then(REVOKED)


def test_nobodys_token_is_not_found() -> None:
    given().when(REVOKE).then_refused(Code.NOT_FOUND)
