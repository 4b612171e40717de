"""Revoking an access token."""

from uuid import UUID

import pytest

from domain.access_tokens import Generated, Revoked, RevokeToken
from domain.agent import Deactivated
from domain.permissions import Role
from domain.refusals import Code
from tests.given import given
from tests.known import ANA, ANA_IN_SUPPORT, BEN, NOW, caller_of

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


def test_anothers_token_takes_the_permission_for_any() -> None:
    HELD.by(caller_of(BEN)).when(REVOKE).then_refused(Code.PERMISSION_DENIED)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OWNER])
def test_admins_and_owners_revoke_anybodys(role: Role) -> None:
    HELD.by(caller_of(BEN, role)).when(REVOKE).then(REVOKED)


def test_the_token_of_an_agent_who_left_can_be_revoked() -> None:
    given(GENERATED).beside(*ANA_IN_SUPPORT, Deactivated()).when(REVOKE).then(REVOKED)


def test_nobodys_token_is_not_found() -> None:
    given().when(REVOKE).then_refused(Code.NOT_FOUND)
