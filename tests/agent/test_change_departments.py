"""Changing departments."""

from domain.agent import Added, ChangeDepartments, DepartmentsChanged
from domain.permissions import Role
from domain.refusals import Code
from tests.given import given
from tests.known import ANA, BILLING, BILLING_EXISTS, NOWHERE, SUPPORT, SUPPORT_EXISTS

ADDED = Added(name="Ana", role=Role.AGENT, departments=(SUPPORT,))
HERE = given(ADDED).beside(*SUPPORT_EXISTS).beside(*BILLING_EXISTS)


def test_the_change_tells_what_was_before_and_turns_the_authority() -> None:
    moved = DepartmentsChanged(departments=(BILLING,), was=(SUPPORT,))
    HERE.when(ChangeDepartments(agent=ANA, departments=(BILLING,))).then(moved)
    assert moved.turns_authority


def test_one_may_be_in_none() -> None:
    left = DepartmentsChanged(departments=(), was=(SUPPORT,))
    HERE.when(ChangeDepartments(agent=ANA, departments=())).then(left)


def test_a_department_named_twice_counts_once() -> None:
    both = DepartmentsChanged(departments=(BILLING, SUPPORT), was=(SUPPORT,))
    twice = ChangeDepartments(agent=ANA, departments=(BILLING, SUPPORT, BILLING))
    HERE.when(twice).then(both)


def test_the_same_departments_again_do_nothing() -> None:
    HERE.when(ChangeDepartments(agent=ANA, departments=(SUPPORT, SUPPORT))).then_nothing()


def test_a_department_that_does_not_exist_is_refused() -> None:
    HERE.when(ChangeDepartments(agent=ANA, departments=(NOWHERE,))).then_refused(Code.NOT_FOUND)


def test_nobody_is_in_no_department() -> None:
    given().when(ChangeDepartments(agent=ANA, departments=())).then_refused(Code.NOT_FOUND)
