"""Adding a department."""

from msgspec.structs import replace

from domain.claim import Claimed, claim_of
from domain.decider import On
from domain.department import AddDepartment, Added
from domain.refusals import Code
from tests.given import given
from tests.known import BILLING, SUPPORT

ADD = AddDepartment(department=SUPPORT, name="Support")
CLAIM = claim_of("department-name", "Support")
CLAIMED = On(CLAIM, Claimed(kind="department-name", holder=SUPPORT))
ADDED = Added(name="Support")


def test_the_name_is_claimed() -> None:
    given().when(ADD).then(CLAIMED, ADDED)


def test_a_name_belongs_to_one_department_whatever_its_case() -> None:
    taken = given().beside(CLAIM, Claimed(kind="department-name", holder=BILLING))
    taken.when(replace(ADD, name=" SUPPORT ")).then_refused(Code.ALREADY_EXISTS)


def test_adding_the_same_department_again_does_nothing() -> None:
    given(ADDED).beside(CLAIM, CLAIMED.fact).when(ADD).then_nothing()


def test_a_name_is_trimmed_and_not_empty() -> None:
    given().when(replace(ADD, name=" Support ")).then(CLAIMED, ADDED)
    given().when(replace(ADD, name="  ")).then_refused(Code.INVALID_ARGUMENTS)
