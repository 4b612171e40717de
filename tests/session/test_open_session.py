"""Opening a session for whoever proved to be the agent."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.agent import AGENT, Added, Deactivated
from domain.decider import Ref
from domain.permissions import Role
from domain.refusals import Code
from domain.session import Closed, Opened, OpenSession
from tests.given import given
from tests.known import ANA, ANA_IN_SUPPORT, NOW, caller_of

END = NOW + timedelta(hours=12)
OPEN = OpenSession(session=UUID(int=81), agent=ANA, digest="ab" * 32, expires_at=END)
OPENED = Opened(agent=ANA, digest="ab" * 32, expires_at=END)
HERE = given().beside(*ANA_IN_SUPPORT)


def test_a_session_is_its_agents_until_its_time() -> None:
    session = HERE.when(OPEN).then(OPENED)
    assert (session.agent, session.closed) == (ANA, False)


@pytest.mark.parametrize("role", Role)
def test_no_credential_opens_one_not_even_for_its_own_agent(role: Role) -> None:
    HERE.by(caller_of(ANA, role)).when(OPEN).then_refused(Code.PERMISSION_DENIED)


def test_who_left_cannot_sign_in() -> None:
    left = given().beside(*ANA_IN_SUPPORT, Deactivated())
    left.when(OPEN).then_refused(Code.AGENT_UNAVAILABLE)


def test_who_has_no_seat_cannot_sign_in() -> None:
    imported = replace(Added(name="Ana", role=Role.AGENT, departments=()), seat=False)
    unseated = given().beside(Ref(AGENT, ANA), imported)
    unseated.when(OPEN).then_refused(Code.AGENT_UNAVAILABLE)


def test_nobody_cannot_sign_in() -> None:
    given().when(OPEN).then_refused(Code.NOT_FOUND)


def test_opening_the_same_session_again_does_nothing() -> None:
    closed = Closed(digest=OPENED.digest, why="signed_out")
    for since in ((), (closed,)):
        given(OPENED, *since).beside(*ANA_IN_SUPPORT).when(OPEN).then_nothing()
