"""Ending what apps may do: by the agent, by who manages him, and by what the endpoints saw."""

from typing import get_args

import pytest
from msgspec.structs import replace

from domain.agent import AGENT, Added, Deactivated
from domain.caller import Caller, insider
from domain.consent import EndGrant, GrantEnded, RevokeApp, Revoked
from domain.decider import Ref
from domain.held_consents import WhyEnded
from domain.permissions import TOOL_SCOPES, Permission, Role
from domain.refusals import Code
from tests.consent.answers import CONSENT, CONTINUE, DYNAMIC, GRANT, LOCAL, ana, granted, signed_in
from tests.given import given
from tests.known import ANA, ANA_IN_SUPPORT, BEN, caller_of, caller_with

REVOKE, REVOKED = RevokeApp(agent=ANA, consent=CONSENT), Revoked(consent=CONSENT)
HELD = given(granted()).beside(*ANA_IN_SUPPORT)


@pytest.mark.parametrize("caller", [signed_in(), caller_of(ANA)], ids=["session", "token"])
def test_an_agent_revokes_an_own_app_and_the_authority_turns(caller: Caller) -> None:
    state = HELD.by(caller).when(REVOKE).then(REVOKED)
    assert state.standing == {}
    assert REVOKED.turns_authority


def test_the_others_stay() -> None:
    kept = replace(granted(DYNAMIC, LOCAL), consent=GRANT)
    state = ana(granted(), kept).when(REVOKE).then(REVOKED)
    assert [consent.id for consent in state.standing.values()] == [GRANT]


def test_revoking_again_does_nothing() -> None:
    ana(granted(), REVOKED).when(REVOKE).then_nothing()


def test_a_token_for_tools_revokes_no_app() -> None:
    narrow = caller_with(ANA, *Permission, scopes=TOOL_SCOPES)
    assert "admin" in HELD.by(narrow).when(REVOKE).then_refused(Code.PERMISSION_DENIED)


def test_anothers_app_takes_the_permission_to_manage_agents() -> None:
    HELD.by(signed_in(BEN)).when(REVOKE).then_refused(Code.PERMISSION_DENIED)
    HELD.by(caller_with(BEN, Permission.AGENTS_MANAGE)).when(REVOKE).then(REVOKED)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OWNER])
def test_only_owners_revoke_an_admins_or_an_owners(role: Role) -> None:
    above = Added(name="Ana", role=role, departments=())
    held = given(granted()).beside(Ref(AGENT, ANA), above)
    held.by(signed_in(BEN, Role.ADMIN)).when(REVOKE).then_refused(Code.PERMISSION_DENIED)
    held.by(signed_in(BEN, Role.OWNER)).when(REVOKE).then(REVOKED)
    held.by(signed_in(ANA, role)).when(REVOKE).then(REVOKED)


def test_nobodys_app_is_not_found() -> None:
    given().when(REVOKE).then_refused(Code.NOT_FOUND)


@pytest.mark.parametrize("why", get_args(WhyEnded))
def test_the_house_ends_a_grant_and_the_consent_stays(why: WhyEnded) -> None:
    end = EndGrant(agent=ANA, consent=CONSENT, grant=GRANT, why=why)
    ended = GrantEnded(consent=CONSENT, grant=GRANT, why=why)
    state = HELD.by(insider("system")).when(end).then(ended)
    assert [consent.id for consent in state.standing.values()] == [CONSENT]
    assert ended.turns_authority


def test_a_grant_of_what_was_revoked_ended_with_it() -> None:
    end = EndGrant(agent=ANA, consent=CONSENT, grant=GRANT, why="code_reused")
    given(granted(), REVOKED).when(end).then_nothing()
    given().when(end).then_nothing()


@pytest.mark.parametrize(
    "caller",
    [signed_in(), signed_in(BEN, Role.OWNER), caller_of(ANA, Role.OWNER)],
    ids=["oneself", "an owner", "an owner's token"],
)
def test_no_credential_ends_a_grant(caller: Caller) -> None:
    end = EndGrant(agent=ANA, consent=CONSENT, grant=GRANT, why="revoked_by_client")
    told = HELD.by(caller).when(end)
    told.then_refused(Code.PERMISSION_DENIED)


def test_the_app_of_an_agent_who_left_can_be_revoked() -> None:
    given(granted()).beside(*ANA_IN_SUPPORT, Deactivated()).when(REVOKE).then(REVOKED)


def test_what_was_revoked_is_not_remembered() -> None:
    ana(granted(), REVOKED).when(CONTINUE).then_refused(Code.PERMISSION_DENIED)
