"""The names of roles: spelled in one way, and no two alike."""

from uuid import UUID

from domain.claim import Claimed, Released, claim_of
from domain.decider import On
from domain.permissions import Permission
from domain.refusals import Code
from domain.role import Added, AddRole, Renamed, RenameRole
from tests.given import given

READERS = UUID(int=71)
READS = (Permission.TICKETS_READ,)
ADDED = Added(name="Team lead", permissions=READS)
CLAIM = claim_of("role-name", "team lead")
CLAIMED = Claimed(kind="role-name", holder=READERS)


def test_space_around_and_within_a_name_does_not_count() -> None:
    add = AddRole(role=READERS, name=" Team \t lead ", permissions=READS)
    given().when(add).then(On(CLAIM, CLAIMED), ADDED)


def test_no_two_roles_have_names_alike() -> None:
    add = AddRole(role=UUID(int=72), name="TEAM  LEAD", permissions=READS)
    given().beside(CLAIM, CLAIMED).when(add).then_refused(Code.ALREADY_EXISTS)


def test_another_name_frees_the_old_one() -> None:
    given(ADDED).beside(CLAIM, CLAIMED).when(RenameRole(role=READERS, name="The  leads")).then(
        On(claim_of("role-name", "the leads"), CLAIMED),
        On(CLAIM, Released(kind="role-name")),
        Renamed(name="The leads", was="Team lead"),
    )


def test_another_spelling_is_the_same_claim() -> None:
    rename = RenameRole(role=READERS, name="TEAM lead")
    given(ADDED).beside(CLAIM, CLAIMED).when(rename).then(
        Renamed(name="TEAM lead", was="Team lead")
    )


def test_a_built_in_roles_word_is_taken_and_space_is_no_name() -> None:
    for name, code in (("Owner", Code.ALREADY_EXISTS), ("  ", Code.INVALID_ARGUMENTS)):
        add = AddRole(role=READERS, name=name, permissions=READS)
        given().when(add).then_refused(code)
