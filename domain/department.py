"""Departments: where tickets belong and agents work; their names are unique."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, assert_never
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace

from domain.claim import DEPARTMENT_NAME, Claimed, Released, claim_of
from domain.decider import Command, Context, Decider, On, Ref, existing
from domain.fact import Fact
from domain.permissions import Permission
from domain.refusals import Code, Refused

DepartmentName = Annotated[str, Meta(min_length=1, max_length=100)]


class Added(Fact, frozen=True):
    topic: ClassVar[str] = "department.added"
    name: str


class Renamed(Fact, frozen=True):
    topic: ClassVar[str] = "department.renamed"
    name: str
    was: str


DepartmentFact = Added | Renamed
FACTS: tuple[type[Fact], ...] = (Added, Renamed)


class AddDepartment(Command, frozen=True):
    permission: ClassVar[Permission] = Permission.DEPARTMENTS_MANAGE
    department: UUID
    name: DepartmentName


class RenameDepartment(Command, frozen=True):
    permission: ClassVar[Permission] = Permission.DEPARTMENTS_MANAGE
    department: UUID
    name: DepartmentName


DepartmentCommand = AddDepartment | RenameDepartment


class Department(Struct, frozen=True):
    """A department's state, as rules see it."""

    name: str


def needs(department: Department | None, command: DepartmentCommand) -> Iterable[Ref[Any]]:
    yield claim_of(DEPARTMENT_NAME, command.name)
    if department:
        yield claim_of(DEPARTMENT_NAME, department.name)


def decide(
    department: Department | None, command: DepartmentCommand, context: Context
) -> Iterable[Fact | On]:
    name = command.name.strip()
    match command:
        case AddDepartment():
            if department is not None:
                return  # the same id again, as a repeated import does
            yield _claim(name, command.department, context)
            yield Added(name=name)
        case RenameDepartment():
            was = existing(department, "department").name
            if name == was:
                return
            if name.casefold() != was.casefold():
                yield _claim(name, command.department, context)
                yield On(claim_of(DEPARTMENT_NAME, was), Released(kind=DEPARTMENT_NAME))
            yield Renamed(name=name, was=was)
        case _:
            assert_never(command)


def _claim(name: str, department: UUID, context: Context) -> On:
    if not name:
        raise _nameless()
    claim = claim_of(DEPARTMENT_NAME, name)
    if context.state(claim) is not None:
        raise Refused(Code.ALREADY_EXISTS, f"A department named {name} exists already.")
    return On(claim, Claimed(kind=DEPARTMENT_NAME, holder=department))


def _nameless() -> Refused:
    return Refused(Code.INVALID_ARGUMENTS, "A department needs a name.")


def evolve(department: Department | None, fact: DepartmentFact) -> Department:
    match fact:
        case Added():
            return Department(name=fact.name)
        case Renamed():
            return replace(existing(department, "department"), name=fact.name)
        case _:
            assert_never(fact)


DEPARTMENT: Decider[Department] = Decider("department", decide, evolve, needs)
