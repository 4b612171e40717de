"""Removing a role."""

from domain.claim import Claimed, Released, claim_of
from domain.decider import On
from domain.permissions import Permission
from domain.refusals import Code
from domain.role import Added, AddRole, HoldersCounted, Removed, RemoveRole
from tests.given import given
from tests.known import BEN, OWNERS, READERS, caller_with

ADDED = Added(name="Readers", permissions=(Permission.TICKETS_READ,))
REMOVE = RemoveRole(role=READERS)
CLAIM = claim_of("role-name", "Readers")
CLAIMED = Claimed(kind="role-name", holder=READERS)
FREE = On(CLAIM, Released(kind="role-name"))
HERE = given(ADDED).beside(CLAIM, CLAIMED)


def test_its_name_is_free_again() -> None:
    assert HERE.when(REMOVE).then(FREE, Removed()).removed
    again = AddRole(role=BEN, name="readers", permissions=())
    given().beside(CLAIM, CLAIMED, Released(kind="role-name")).when(again).then(
        On(CLAIM, Claimed(kind="role-name", holder=BEN)), Added(name="readers", permissions=())
    )


def test_a_role_that_somebody_has_stays() -> None:
    held = given(ADDED, HoldersCounted(holders=2))
    assert "Readers: 2." in held.when(REMOVE).then_refused(Code.LIMIT_REACHED)


def test_a_role_that_all_have_left_goes() -> None:
    left = given(ADDED, HoldersCounted(holders=1), HoldersCounted(holders=0))
    left.when(REMOVE).then(FREE, Removed())


def test_a_role_that_allows_more_than_ones_own_is_others_to_remove() -> None:
    few = HERE.by(caller_with(BEN, Permission.ROLES_MANAGE))
    few.when(REMOVE).then_refused(Code.PERMISSION_DENIED)


def test_removing_it_again_does_nothing() -> None:
    given(ADDED, Removed()).when(REMOVE).then_nothing()


def test_what_there_is_not_cannot_be_removed() -> None:
    given().when(REMOVE).then_refused(Code.NOT_FOUND)
    given(HoldersCounted(holders=1)).when(RemoveRole(role=OWNERS.id)).then_refused(Code.NOT_FOUND)
