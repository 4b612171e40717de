"""Departments: where tickets belong and agents work; their names are unique."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, assert_never
from uuid import UUID

from msgspec import Meta, Struct

from domain.claim import Claimed, claim_of
from domain.decider import Command, Context, Decider, On, Ref
from domain.fact import Fact
from domain.permissions import Permission
from domain.refusals import Code, Refused


class Added(Fact, frozen=True):
    topic: ClassVar[str] = "department.added"
    name: str


DepartmentFact = Added
FACTS: tuple[type[Fact], ...] = (Added,)


class AddDepartment(Command, frozen=True):
    permission: ClassVar[Permission] = Permission.DIRECTORY_MANAGE
    department: UUID
    name: Annotated[str, Meta(min_length=1, max_length=100)]


DepartmentCommand = AddDepartment


class Department(Struct, frozen=True):
    """A department's state, as rules see it."""

    name: str


def needs(_department: Department | None, command: DepartmentCommand) -> Iterable[Ref[Any]]:
    yield claim_of("department-name", command.name)


def decide(
    department: Department | None, command: DepartmentCommand, context: Context
) -> Iterable[Fact | On]:
    if department is not None:
        return  # the same id again, as a repeated import does
    name = command.name.strip()
    if not name:
        raise Refused(Code.INVALID_ARGUMENTS, "A department needs a name.")
    claim = claim_of("department-name", name)
    if context.state(claim) is not None:
        raise Refused(Code.ALREADY_EXISTS, f"A department named {name} exists already.")
    yield On(claim, Claimed(kind="department-name", holder=command.department))
    yield Added(name=name)


def evolve(_department: Department | None, fact: DepartmentFact) -> Department:
    match fact:
        case Added():
            return Department(name=fact.name)
        case _:
            assert_never(fact)


DEPARTMENT: Decider[Department] = Decider("department", decide, evolve, needs)
