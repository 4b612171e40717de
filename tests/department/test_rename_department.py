"""Renaming a department."""

from domain.claim import Claimed, Released, claim_of
from domain.decider import On
from domain.department import Added, Renamed, RenameDepartment
from domain.refusals import Code
from tests.given import given
from tests.known import BILLING, SUPPORT

OLD, NEW = claim_of("department-name", "Support"), claim_of("department-name", "Help")
HELD = Claimed(kind="department-name", holder=SUPPORT)
FREE = On(OLD, Released(kind="department-name"))
RENAMED = Renamed(name="Help", was="Support")
RENAME = RenameDepartment(department=SUPPORT, name=" Help ")
HERE = given(Added(name="Support")).beside(OLD, HELD)


def test_the_new_name_is_claimed_and_the_old_one_is_free() -> None:
    assert HERE.when(RENAME).then(On(NEW, HELD), FREE, RENAMED).name == "Help"


def test_a_name_that_another_gave_up_can_be_taken() -> None:
    given_up = HERE.beside(
        NEW,
        Claimed(kind="department-name", holder=BILLING),
        Released(kind="department-name"),
    )
    given_up.when(RENAME).then(On(NEW, HELD), FREE, RENAMED)


def test_a_name_of_another_is_taken() -> None:
    taken = HERE.beside(NEW, Claimed(kind="department-name", holder=BILLING))
    taken.when(RENAME).then_refused(Code.ALREADY_EXISTS)


def test_another_spelling_is_the_same_claim() -> None:
    HERE.when(RenameDepartment(department=SUPPORT, name="SUPPORT")).then(
        Renamed(name="SUPPORT", was="Support")
    )


def test_the_same_name_again_does_nothing() -> None:
    HERE.when(RenameDepartment(department=SUPPORT, name="Support ")).then_nothing()


def test_a_name_is_not_empty() -> None:
    blank = RenameDepartment(department=SUPPORT, name="  ")
    HERE.when(blank).then_refused(Code.INVALID_ARGUMENTS)


def test_what_there_is_not_has_no_name() -> None:
    given().when(RENAME).then_refused(Code.NOT_FOUND)
