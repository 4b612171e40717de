"""Who may make a link to set somebody's password, and that it opens nothing once he may not."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.agent import AGENT, Added, AgentFact, Deactivated, DepartmentsChanged, RoleChanged
from domain.caller import Caller
from domain.decider import Ref
from domain.password import IssueReset, PasswordSet, ResetIssued, SetPassword
from domain.permissions import ALL_SCOPES, Permission, Role, Scope, permissions_of
from domain.refusals import Code
from domain.role import ROLE, PermissionsSet
from tests.given import Given, given
from tests.known import (
    ANA,
    BEN,
    BILLING,
    NOW,
    OLGA,
    READERS,
    READERS_EXIST,
    SUPPORT,
    caller_of,
    caller_with,
)

ADDED = Added(name="Ana", role=Role.AGENT, departments=(SUPPORT,), email="ana@desk.example")
BEN_ADDED = Added(name="Ben", role=Role.ADMIN, departments=(), email="ben@desk.example")
ISSUE = IssueReset(agent=ANA, digest="ab" * 32, expires_at=NOW + timedelta(hours=1))
LINK = ResetIssued(digest=ISSUE.digest, expires_at=ISSUE.expires_at, issuer=BEN)
BY_LINK = SetPassword(agent=ANA, reset_digest=LINK.digest)
ADMIN = caller_of(BEN, Role.ADMIN)


def ana(role: str = Role.AGENT, *facts: AgentFact) -> Given:
    here = given().beside(Ref(AGENT, ANA), replace(ADDED, role=role), *facts)
    return here.beside(*READERS_EXIST)


def test_a_link_of_an_agents_names_who_made_it() -> None:
    ana().by(ADMIN).when(ISSUE).then(LINK)
    ana(Role.OWNER).by(caller_of(OLGA, Role.OWNER)).when(ISSUE).then(replace(LINK, issuer=OLGA))
    ana(Role.OWNER).when(ISSUE).then(replace(LINK, issuer=None))  # from inside the house


def test_agents_make_no_links() -> None:
    ana().by(caller_of(BEN)).when(ISSUE).then_refused(Code.PERMISSION_DENIED)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OWNER])
def test_an_admin_makes_none_for_admins_and_owners(role: Role) -> None:
    ana(role).by(ADMIN).when(ISSUE).then_refused(Code.PERMISSION_DENIED)


def test_nobody_makes_one_for_oneself() -> None:
    owner = ana(Role.OWNER).by(caller_of(ANA, Role.OWNER))
    assert "your own" in owner.when(ISSUE).then_refused(Code.PERMISSION_DENIED)


AGENTS = tuple(sorted(permissions_of(Role.AGENT)))


@pytest.mark.parametrize(
    ("role", "caller"),
    [
        (Role.AGENT, caller_with(BEN, Permission.AGENTS_MANAGE)),
        (str(READERS), caller_with(BEN, Permission.AGENTS_MANAGE)),
        (Role.AGENT, caller_with(BEN, Permission.AGENTS_MANAGE, *AGENTS)),
    ],
    ids=["whose role does more", "whose made role does more", "of other departments"],
)
def test_a_small_manager_gets_into_no_mightier_account(role: str, caller: Caller) -> None:
    ana(role).by(caller).when(ISSUE).then_refused(Code.PERMISSION_DENIED)


def test_a_small_manager_makes_links_for_whom_he_could_add() -> None:
    caller = caller_with(BEN, Permission.AGENTS_MANAGE, *AGENTS)
    theirs = replace(caller, departments=frozenset({SUPPORT, BILLING}))
    ana().by(theirs).when(ISSUE).then(LINK)


@pytest.mark.parametrize("scopes", [{Scope.ADMIN}, ALL_SCOPES - {Scope.TICKETS_WRITE}])
def test_a_limited_credential_opens_no_account_that_does_more(scopes: frozenset[Scope]) -> None:
    limited = caller_with(BEN, *permissions_of(Role.ADMIN), scopes=scopes)
    refused = ana().by(limited).when(ISSUE).then_refused(Code.PERMISSION_DENIED)
    assert "limited" in refused


def issued(*of_ben: AgentFact, of_ana: tuple[AgentFact, ...] = (), ben: Added = BEN_ADDED) -> Given:
    here = given(LINK).beside(Ref(AGENT, ANA), ADDED, *of_ana).beside(Ref(AGENT, BEN), ben, *of_ben)
    return here.beside(*READERS_EXIST)


def test_the_link_opens_while_who_made_it_may_still_make_it() -> None:
    issued().when(BY_LINK).then(PasswordSet(agent=ANA))


@pytest.mark.parametrize(
    "now",
    [
        issued(Deactivated()),
        issued(RoleChanged(role=Role.AGENT, was=Role.ADMIN)),
        issued(of_ana=(RoleChanged(role=Role.ADMIN, was=Role.AGENT),)),
    ],
    ids=["who made it left", "who made it manages nobody", "it is an admin's account now"],
)
def test_the_link_does_not_outlive_the_right_to_it(now: Given) -> None:
    assert "Ask for a new one" in now.when(BY_LINK).then_refused(Code.NOT_FOUND)


def test_nor_does_it_open_more_departments_or_permissions_than_it_was_made_for() -> None:
    manager = replace(BEN_ADDED, role=str(READERS), departments=(SUPPORT,))
    rights = (Permission.AGENTS_MANAGE, *AGENTS)
    widened = PermissionsSet(permissions=rights, was=(Permission.TICKETS_READ,))
    moved = DepartmentsChanged(departments=(BILLING,), was=(SUPPORT,))
    readers = Ref(ROLE, READERS)
    issued(ben=manager).beside(readers, widened).when(BY_LINK).then(PasswordSet(agent=ANA))
    issued(ben=manager).when(BY_LINK).then_refused(Code.NOT_FOUND)
    wider = issued(ben=manager, of_ana=(moved,)).beside(readers, widened)
    wider.when(BY_LINK).then_refused(Code.NOT_FOUND)
