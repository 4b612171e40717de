"""Closing a session: one's own, or that of an agent whom one manages."""

from uuid import UUID

import pytest

from domain.agent import AGENT, Added, Deactivated
from domain.caller import Caller
from domain.decider import Ref
from domain.permissions import TOOL_SCOPES, Permission, Role
from domain.refusals import Code
from domain.session import Closed, CloseSession, Opened
from tests.given import Given, given
from tests.known import ANA, BEN, NOW, caller_of, caller_with

OPENED = Opened(agent=ANA, digest="ab" * 32, expires_at=NOW)
REVOKED = Closed(digest=OPENED.digest, why="revoked")
CLOSE = CloseSession(session=UUID(int=81))
MANAGER = caller_with(BEN, Permission.AGENTS_MANAGE)


def of_ana(role: Role = Role.AGENT, *since: Deactivated) -> Given:
    added = Added(name="Ana", role=role, departments=())
    return given(OPENED).beside(Ref(AGENT, ANA), added, *since)


@pytest.mark.parametrize("role", Role)
def test_an_agent_closes_an_own_session_and_the_authority_turns(role: Role) -> None:
    assert of_ana(role).by(caller_of(ANA, role)).when(CLOSE).then(REVOKED).closed
    assert REVOKED.turns_authority


def test_it_is_told_why() -> None:
    signed_out = CloseSession(session=CLOSE.session, why="signed_out")
    of_ana().by(caller_of(ANA)).when(signed_out).then(
        Closed(digest=OPENED.digest, why="signed_out")
    )


def test_a_token_for_tools_closes_no_session() -> None:
    narrow = caller_with(ANA, *Permission, scopes=TOOL_SCOPES)
    of_ana().by(narrow).when(CLOSE).then_refused(Code.PERMISSION_DENIED)


def test_a_manager_closes_an_agents_session_though_the_agent_left() -> None:
    of_ana().by(MANAGER).when(CLOSE).then(REVOKED)
    of_ana(Role.AGENT, Deactivated()).by(MANAGER).when(CLOSE).then(REVOKED)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OWNER])
def test_only_an_owner_closes_an_admins_or_an_owners(role: Role) -> None:
    for caller in (MANAGER, caller_of(BEN, Role.ADMIN)):
        of_ana(role).by(caller).when(CLOSE).then_refused(Code.PERMISSION_DENIED)
    of_ana(role).by(caller_of(BEN, Role.OWNER)).when(CLOSE).then(REVOKED)


@pytest.mark.parametrize(
    "caller",
    [caller_of(BEN), caller_with(BEN, Permission.AGENTS_MANAGE, scopes=TOOL_SCOPES)],
    ids=["an agent", "a manager's narrow token"],
)
def test_others_close_none(caller: Caller) -> None:
    of_ana().by(caller).when(CLOSE).then_refused(Code.PERMISSION_DENIED)


def test_closing_it_again_does_nothing() -> None:
    closed = given(OPENED, REVOKED).beside(
        Ref(AGENT, ANA), Added(name="Ana", role=Role.AGENT, departments=())
    )
    closed.when(CloseSession(session=CLOSE.session, why="signed_out")).then_nothing()


def test_what_there_is_not_cannot_be_closed() -> None:
    given().when(CLOSE).then_refused(Code.NOT_FOUND)
