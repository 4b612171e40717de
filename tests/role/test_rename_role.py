"""Renaming a role: see also the names of roles."""

from domain.claim import Claimed, claim_of
from domain.permissions import Permission
from domain.refusals import Code
from domain.role import Added, HoldersCounted, Removed, Renamed, RenameRole
from tests.given import given
from tests.known import BEN, OWNERS, READERS, caller_with

ADDED = Added(name="Readers", permissions=(Permission.TICKETS_READ,))
RENAME = RenameRole(role=READERS, name="READERS")
CLAIM = claim_of("role-name", "readers")
HERE = given(ADDED).beside(CLAIM, Claimed(kind="role-name", holder=READERS))


def test_a_new_name_turns_the_authority_for_it_is_recorded_with_deeds() -> None:
    HERE.when(RENAME).then(renamed := Renamed(name="READERS", was="Readers"))
    assert renamed.turns_authority


def test_the_same_name_again_does_nothing() -> None:
    HERE.when(RenameRole(role=READERS, name=" Readers ")).then_nothing()


def test_a_name_of_another_role_is_taken() -> None:
    taken = HERE.beside(claim_of("role-name", "leads"), Claimed(kind="role-name", holder=BEN))
    taken.when(RenameRole(role=READERS, name="Leads")).then_refused(Code.ALREADY_EXISTS)


def test_a_role_that_allows_more_than_ones_own_is_others_to_rename() -> None:
    few = HERE.by(caller_with(BEN, Permission.ROLES_MANAGE))
    few.when(RENAME).then_refused(Code.PERMISSION_DENIED)


def test_a_role_that_there_is_not_has_no_name() -> None:
    given().when(RENAME).then_refused(Code.NOT_FOUND)
    given(ADDED, Removed()).when(RENAME).then_refused(Code.NOT_FOUND)


def test_owners_are_called_owners() -> None:
    owners = given(HoldersCounted(holders=1))
    owners.when(RenameRole(role=OWNERS.id, name="Kings")).then_refused(Code.NOT_FOUND)
