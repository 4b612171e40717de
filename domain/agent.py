"""Agents: who works here, in which role and departments, and whether they still do."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, assert_never
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace

from domain.budget import BUDGET, SeatsCounted, limit_for
from domain.claim import Claimed, claim_of
from domain.decider import Command, Context, Decider, On, Ref, existing
from domain.department import DEPARTMENT
from domain.fact import Fact
from domain.permissions import Permission, Role
from domain.refusals import Code, Refused


class Added(Fact, frozen=True):
    """Somebody joined. Without a seat (imported authors) they count for no budget."""

    topic: ClassVar[str] = "agent.added"
    name: str
    role: Role
    departments: tuple[UUID, ...]
    email: str | None = None
    seat: bool = True


class RoleChanged(Fact, frozen=True):
    topic: ClassVar[str] = "agent.role_changed"
    turns_authority: ClassVar[bool] = True
    role: Role
    was: Role


class DepartmentsChanged(Fact, frozen=True):
    topic: ClassVar[str] = "agent.departments_changed"
    turns_authority: ClassVar[bool] = True
    departments: tuple[UUID, ...]
    was: tuple[UUID, ...]


class Deactivated(Fact, frozen=True):
    topic: ClassVar[str] = "agent.deactivated"
    turns_authority: ClassVar[bool] = True


AgentFact = Added | RoleChanged | DepartmentsChanged | Deactivated
FACTS: tuple[type[Fact], ...] = (Added, RoleChanged, DepartmentsChanged, Deactivated)


class AddAgent(Command, frozen=True):
    permission: ClassVar[Permission] = Permission.DIRECTORY_MANAGE
    agent: UUID
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    role: Role
    departments: tuple[UUID, ...] = ()
    email: Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)] | None = None
    seat: bool = True


class ChangeRole(Command, frozen=True):
    permission: ClassVar[Permission] = Permission.DIRECTORY_MANAGE
    agent: UUID
    role: Role


class ChangeDepartments(Command, frozen=True):
    permission: ClassVar[Permission] = Permission.DIRECTORY_MANAGE
    agent: UUID
    departments: tuple[UUID, ...]


class DeactivateAgent(Command, frozen=True):
    permission: ClassVar[Permission] = Permission.DIRECTORY_MANAGE
    agent: UUID


AgentCommand = AddAgent | ChangeRole | ChangeDepartments | DeactivateAgent


class Agent(Struct, frozen=True):
    """An agent's state, as rules see it."""

    name: str
    role: Role
    departments: frozenset[UUID]
    seat: bool
    active: bool = True


def needs(_agent: Agent | None, command: AgentCommand) -> Iterable[Ref[Any]]:
    match command:
        case AddAgent():
            yield from (Ref(DEPARTMENT, d) for d in command.departments)
            if command.email:
                yield claim_of("agent-email", command.email)
            if command.seat:
                yield BUDGET
        case ChangeDepartments():
            yield from (Ref(DEPARTMENT, d) for d in command.departments)
        case DeactivateAgent():
            yield BUDGET
        case ChangeRole():
            pass
        case _:
            assert_never(command)


def decide(agent: Agent | None, command: AgentCommand, context: Context) -> Iterable[Fact | On]:
    match command:
        case AddAgent():
            yield from _add(agent, command, context)
        case ChangeRole(role=role):
            was = existing(agent, "agent").role
            if was is not role:
                yield RoleChanged(role=role, was=was)
        case ChangeDepartments(departments=departments):
            was_in = existing(agent, "agent").departments
            _all_exist(departments, context)
            if was_in != frozenset(departments):
                yield DepartmentsChanged(
                    departments=_each_once(departments), was=tuple(sorted(was_in))
                )
        case DeactivateAgent():
            current = existing(agent, "agent")
            if current.active:
                yield Deactivated()
                if current.seat:
                    yield _seats(-1, context)
        case _:
            assert_never(command)


def _add(agent: Agent | None, command: AddAgent, context: Context) -> Iterable[Fact | On]:
    if agent is not None:
        return  # the same id again, as a repeated import does
    name = command.name.strip()
    if not name:
        raise Refused(Code.INVALID_ARGUMENTS, "An agent needs a name.")
    _all_exist(command.departments, context)
    if command.email:
        claim = claim_of("agent-email", command.email)
        if context.state(claim) is not None:
            raise Refused(Code.ALREADY_EXISTS, f"An agent with {command.email} exists already.")
        yield On(claim, Claimed(kind="agent-email", holder=command.agent))
    yield Added(
        name=name,
        role=command.role,
        departments=_each_once(command.departments),
        email=command.email,
        seat=command.seat,
    )
    if command.seat:
        yield _seats(+1, context)


def _seats(change: int, context: Context) -> On:
    budget = existing(context.state(BUDGET), "budget")
    seats = budget.seats + change
    return On(BUDGET, SeatsCounted(seats=seats, limit=limit_for(budget, seats)))


def _all_exist(departments: Iterable[UUID], context: Context) -> None:
    for department in departments:
        existing(context.state(Ref(DEPARTMENT, department)), "department")


def _each_once(departments: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(departments))


def evolve(agent: Agent | None, fact: AgentFact) -> Agent:
    match fact:
        case Added():
            return Agent(
                name=fact.name,
                role=fact.role,
                departments=frozenset(fact.departments),
                seat=fact.seat,
            )
        case RoleChanged():
            return replace(existing(agent, "agent"), role=fact.role)
        case DepartmentsChanged():
            return replace(existing(agent, "agent"), departments=frozenset(fact.departments))
        case Deactivated():
            return replace(existing(agent, "agent"), active=False)
        case _:
            assert_never(fact)


AGENT: Decider[Agent] = Decider("agent", decide, evolve, needs)
