"""Setting what a role allows."""

from domain.permissions import Permission, Role
from domain.refusals import Code
from domain.role import Added, HoldersCounted, PermissionsSet, Removed, SetPermissions
from tests.given import given
from tests.known import BEN, OWNERS, READERS, caller_of, caller_with

READ, TAG, MANAGE = Permission.TICKETS_READ, Permission.TAGS_ADD, Permission.ROLES_MANAGE
ADDED = Added(name="Readers", permissions=(READ,))
SET = SetPermissions(role=READERS, permissions=(READ, TAG))
DONE = PermissionsSet(permissions=(TAG, READ), was=(READ,))


def allow(*permissions: Permission) -> SetPermissions:
    return SetPermissions(role=READERS, permissions=permissions)


def test_it_holds_for_all_who_have_the_role_and_turns_the_authority() -> None:
    role = given(ADDED, HoldersCounted(holders=3)).when(SET).then(DONE)
    assert (role.permissions, role.holders) == ({READ, TAG}, 3)
    assert DONE.turns_authority


def test_the_same_permissions_again_do_nothing() -> None:
    given(ADDED).when(allow(READ, READ)).then_nothing()


def test_a_role_can_be_left_with_nothing() -> None:
    given(ADDED).when(allow()).then(PermissionsSet(permissions=(), was=(READ,)))


def test_nobody_lets_a_role_allow_more_than_his_own() -> None:
    few = given(ADDED).by(caller_with(BEN, MANAGE, READ))
    assert TAG.value in few.when(SET).then_refused(Code.PERMISSION_DENIED)


def test_a_role_that_allows_more_than_ones_own_is_others_to_cut() -> None:
    few = given(ADDED).by(caller_with(BEN, MANAGE, TAG))
    for command in (allow(), allow(TAG)):
        assert READ.value in few.when(command).then_refused(Code.PERMISSION_DENIED)


def test_not_even_an_owner_lets_a_role_reach_admins() -> None:
    owner = given(ADDED).by(caller_of(BEN, Role.OWNER))
    owner.when(allow(Permission.ADMINS_MANAGE)).then_refused(Code.PERMISSION_DENIED)


def test_a_role_that_there_is_not_allows_nothing() -> None:
    given().when(SET).then_refused(Code.NOT_FOUND)
    given(ADDED, Removed()).when(SET).then_refused(Code.NOT_FOUND)


def test_owners_may_everything() -> None:
    owners = given(HoldersCounted(holders=1))
    owners.when(SetPermissions(role=OWNERS.id, permissions=())).then_refused(Code.NOT_FOUND)
