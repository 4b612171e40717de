"""Making a role of permissions."""

from msgspec.structs import replace

from domain.claim import Claimed, claim_of
from domain.decider import On
from domain.permissions import PRIVILEGES, Permission, Role
from domain.refusals import Code
from domain.role import Added, AddRole, Removed
from tests.given import given
from tests.known import BEN, OWNERS, READERS, caller_of, caller_with

READ, TAG = Permission.TICKETS_READ, Permission.TAGS_ADD
CLAIM = claim_of("role-name", "Readers")
CLAIMED = On(CLAIM, Claimed(kind="role-name", holder=READERS))
ADD = AddRole(role=READERS, name="Readers", permissions=(READ, TAG))
ADDED = Added(name="Readers", permissions=(TAG, READ))


def test_it_allows_what_is_named_and_nothing_else() -> None:
    role = given().when(ADD).then(CLAIMED, ADDED)
    assert role.permissions == {READ, TAG}
    assert role.holders == 0


def test_a_role_may_allow_nothing() -> None:
    given().when(replace(ADD, permissions=())).then(CLAIMED, replace(ADDED, permissions=()))


def test_a_permission_named_twice_counts_once() -> None:
    given().when(replace(ADD, permissions=(READ, TAG, READ))).then(CLAIMED, ADDED)


def test_adding_the_same_role_again_does_nothing() -> None:
    for since in ((), (Removed(),)):
        given(ADDED, *since).beside(CLAIM, CLAIMED.fact).when(ADD).then_nothing()


def test_no_role_but_the_owners_reaches_admins() -> None:
    everything = replace(ADD, permissions=(Permission.ADMINS_MANAGE,))
    for caller in (caller_of(BEN, Role.OWNER), caller_of(BEN, Role.ADMIN)):
        given().by(caller).when(everything).then_refused(Code.PERMISSION_DENIED)
    given().when(everything).then_refused(Code.PERMISSION_DENIED)


def test_an_admin_makes_a_role_of_everything_else() -> None:
    privileges = tuple(sorted(PRIVILEGES))
    admin = given().by(caller_of(BEN, Role.ADMIN))
    admin.when(replace(ADD, permissions=privileges)).then(
        CLAIMED, Added(name="Readers", permissions=privileges)
    )


def test_nobody_makes_a_role_that_allows_more_than_his_own() -> None:
    few = given().by(caller_with(BEN, Permission.ROLES_MANAGE, READ))
    assert TAG.value in few.when(ADD).then_refused(Code.PERMISSION_DENIED)
    few.when(replace(ADD, permissions=(READ,))).then(CLAIMED, replace(ADDED, permissions=(READ,)))


def test_the_stream_that_counts_owners_is_no_role() -> None:
    given().when(replace(ADD, role=OWNERS.id)).then_refused(Code.NOT_FOUND)
