"""Setting a password, with a link or without, and issuing the link."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.agent import AGENT, Added, Deactivated
from domain.decider import Ref
from domain.held_password import ResetWithdrawn
from domain.password import IssueReset, PasswordSet, ResetIssued, SetPassword
from domain.permissions import Role
from domain.refusals import Code
from tests.given import Given, given
from tests.known import ANA, NOW, caller_of

ADDED = Added(name="Ana", role=Role.AGENT, departments=(), email="ana@desk.example")
LINK = ResetIssued(digest="ab" * 32, expires_at=NOW + timedelta(hours=1))
SET = SetPassword(agent=ANA)
BY_LINK = SetPassword(agent=ANA, reset_digest=LINK.digest)
DONE = PasswordSet(agent=ANA)


def ana(*facts: ResetIssued | PasswordSet | ResetWithdrawn) -> Given:
    return given(*facts).beside(Ref(AGENT, ANA), ADDED)


def test_setting_a_password_ends_sessions() -> None:
    assert ana().when(SET).then(DONE).is_set
    assert DONE.turns_authority


def test_a_link_sets_it_once() -> None:
    assert ana(LINK).when(BY_LINK).then(DONE).reset is None
    ana(LINK, DONE).when(BY_LINK).then_refused(Code.NOT_FOUND)


def test_a_link_is_alive_until_its_time() -> None:
    last = LINK.expires_at - timedelta(microseconds=1)
    ana(LINK).at(last).when(BY_LINK).then(DONE)
    ana(LINK).at(LINK.expires_at).when(BY_LINK).then_refused(Code.NOT_FOUND)


def test_the_last_link_is_the_one_that_counts() -> None:
    newer = replace(LINK, digest="cd" * 32)
    ana(LINK, newer).when(BY_LINK).then_refused(Code.NOT_FOUND)
    ana(LINK, newer).when(replace(BY_LINK, reset_digest=newer.digest)).then(DONE)


def test_a_password_set_otherwise_ends_the_link() -> None:
    ana(LINK, DONE).when(BY_LINK).then_refused(Code.NOT_FOUND)


def test_a_link_that_was_withdrawn_opens_nothing_and_another_one_can_be_made() -> None:
    withdrawn = ana(DONE, LINK, ResetWithdrawn())
    withdrawn.when(BY_LINK).then_refused(Code.NOT_FOUND)
    assert withdrawn.when(SET).then(DONE).is_set
    ana(LINK, ResetWithdrawn(), LINK).when(BY_LINK).then(DONE)


def test_where_no_link_was_made_none_opens() -> None:
    for digest in ("", LINK.digest):
        refused = ana().when(replace(BY_LINK, reset_digest=digest))
        assert "Ask for a new one" in refused.then_refused(Code.NOT_FOUND)


ISSUE = IssueReset(agent=ANA, digest=LINK.digest, expires_at=LINK.expires_at)
each_command = pytest.mark.parametrize(
    "command", [SET, BY_LINK, ISSUE], ids=["set", "by link", "issue"]
)


def test_a_link_is_issued_with_its_digest_and_its_time() -> None:
    ana().when(ISSUE).then(LINK)
    ana(DONE).when(ISSUE).then(LINK)


@pytest.mark.parametrize("command", [SET, BY_LINK], ids=["set", "by link"])
@pytest.mark.parametrize("role", Role)
def test_no_credential_sets_a_password(command: SetPassword, role: Role) -> None:
    ana(LINK).by(caller_of(ANA, role)).when(command).then_refused(Code.PERMISSION_DENIED)


@each_command
@pytest.mark.parametrize(
    "gone",
    [
        (ADDED, Deactivated()),
        (replace(ADDED, seat=False),),
        (replace(ADDED, email=None),),
    ],
    ids=["who left", "who has no seat", "who has no address"],
)
def test_who_cannot_sign_in_needs_no_password(
    command: SetPassword | IssueReset, gone: tuple[Added | Deactivated, ...]
) -> None:
    here = given(LINK).beside(Ref(AGENT, ANA), *gone)
    here.when(command).then_refused(Code.AGENT_UNAVAILABLE)


@each_command
def test_nobody_has_no_password(command: SetPassword | IssueReset) -> None:
    given().when(command).then_refused(Code.NOT_FOUND)
