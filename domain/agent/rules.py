"""The rules of an agent's account: who may change it, and what must stay true while it changes."""

from collections.abc import Iterable
from typing import Any, assert_never
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.agent import commands as ask
from domain.agent import facts as fact
from domain.agent.reach import (
    count,
    counting,
    require_giving,
    require_own,
    require_reach,
    rights_in,
)
from domain.budget import BUDGET, SeatsCounted, limit_for
from domain.claim import AGENT_EMAIL, Claimed, Released, claim_of
from domain.decider import Context, Decider, On, Ref, existing
from domain.department import DEPARTMENT
from domain.fact import Fact
from domain.held_consents import all_revoked, consents_held_by
from domain.held_password import Password, PasswordSet, password_held_by, withdrawn
from domain.held_tokens import Revoked, held_by
from domain.permissions import Role as BuiltIn
from domain.refusals import Code, Refused
from domain.role import RoleRef


class Agent(Struct, frozen=True):
    """An agent's state, as rules see it."""

    name: str
    role: RoleRef
    departments: frozenset[UUID]
    seat: bool
    email: str | None = None
    active: bool = True


def needs(agent: Agent | None, command: ask.AgentCommand) -> Iterable[Ref[Any]]:
    if agent:
        yield from counting(agent.role)
    yield from _password_changed_by(command)
    match command:
        case ask.AddAgent():
            yield from (Ref(DEPARTMENT, d) for d in command.departments)
            yield from counting(command.role)
            if command.first:
                yield from counting(BuiltIn.OWNER)
            if command.email:
                yield claim_of(AGENT_EMAIL, command.email)
            if command.seat:
                yield BUDGET
        case ask.ChangeDepartments():
            yield from (Ref(DEPARTMENT, d) for d in command.departments)
        case ask.ChangeRole():
            yield from counting(command.role)
        case ask.ChangeEmail() | ask.GiveSeat():
            yield claim_of(AGENT_EMAIL, command.email)
            if agent and agent.email:
                yield claim_of(AGENT_EMAIL, agent.email)
            if isinstance(command, ask.GiveSeat):
                yield BUDGET
        case ask.DeactivateAgent():
            yield BUDGET
            yield held_by(command.agent)
            yield consents_held_by(command.agent)
        case ask.ReactivateAgent():
            yield BUDGET
        case ask.RenameAgent():
            pass
        case _:
            assert_never(command)


def _password_changed_by(command: ask.AgentCommand) -> Iterable[Ref[Password]]:
    match command:
        case ask.AddAgent(with_password=True) | ask.ChangeEmail() | ask.DeactivateAgent():
            yield password_held_by(command.agent)
        case _:
            pass


def decide(agent: Agent | None, command: ask.AgentCommand, context: Context) -> Iterable[Fact | On]:
    if isinstance(command, ask.AddAgent):
        return _add(agent, command, context)
    current = existing(agent, "agent")
    require_reach(current.role, context)
    match command:
        case ask.RenameAgent():
            name = _spelled(command.name)
            return () if name == current.name else (fact.Renamed(name=name, was=current.name),)
        case ask.ChangeEmail():
            return _change_email(current, command, context)
        case ask.GiveSeat():
            return _give_seat(current, command, context)
        case ask.ChangeRole():
            return _change_role(current, command, context)
        case ask.ChangeDepartments(departments=departments):
            _all_exist(departments, context)
            require_own(set(departments) - current.departments, context)
            if current.departments == frozenset(departments):
                return ()
            return (
                fact.DepartmentsChanged(
                    departments=_each_once(departments), was=tuple(sorted(current.departments))
                ),
            )
        case ask.DeactivateAgent():
            return _deactivate(current, command, context)
        case ask.ReactivateAgent():
            return _reactivate(current, context)
        case _:
            assert_never(command)


def _add(agent: Agent | None, command: ask.AddAgent, context: Context) -> Iterable[Fact | On]:
    if agent is not None:
        return  # the same id again, as a repeated import does
    name = _spelled(command.name)
    require_giving(command.role, context)
    if command.role == BuiltIn.OWNER and not command.seat:
        raise _owner_without_seat()
    if command.first and rights_in(BuiltIn.OWNER, context).holders:
        raise Refused(Code.ALREADY_EXISTS, "The account has an owner already. Sign in instead.")
    _all_exist(command.departments, context)
    require_own(command.departments, context)
    if command.email:
        yield _claim(command.email, command.agent, context)
    yield fact.Added(
        name=name,
        role=command.role,
        departments=_each_once(command.departments),
        email=command.email,
        seat=command.seat,
    )
    yield from count(command.role, +1, context)
    if command.seat:
        yield _seats(+1, context)
    if command.with_password:
        context.caller.require_inside()
        yield On(password_held_by(command.agent), PasswordSet(agent=command.agent))


def _change_email(agent: Agent, command: ask.ChangeEmail, context: Context) -> Iterable[Fact | On]:
    if not agent.seat:
        raise _no_seat(agent)
    if command.email != agent.email:
        yield from _move_claim(agent, command.agent, command.email, context)
        yield fact.EmailChanged(email=command.email, was=agent.email)
        yield from withdrawn(command.agent, context)  # whoever reads the old one's mail has it


def _move_claim(agent: Agent, key: UUID, email: str, context: Context) -> Iterable[On]:
    """Claim an agent's new address and free the old one; another spelling is the same address."""
    if agent.email and email.casefold() == agent.email.casefold():
        return
    yield _claim(email, key, context)
    if agent.email:
        yield On(claim_of(AGENT_EMAIL, agent.email), Released(kind=AGENT_EMAIL))


def _give_seat(agent: Agent, command: ask.GiveSeat, context: Context) -> Iterable[Fact | On]:
    if agent.seat:
        return
    if not agent.active:
        raise _left(agent)
    require_giving(agent.role, context)  # with a seat, the role can be used
    yield from _move_claim(agent, command.agent, command.email, context)
    yield fact.Seated(email=command.email)
    yield _seats(+1, context)


def _change_role(agent: Agent, command: ask.ChangeRole, context: Context) -> Iterable[Fact | On]:
    if command.role == agent.role:
        return
    require_giving(command.role, context)
    if command.role == BuiltIn.OWNER and not agent.seat:
        raise _owner_without_seat()
    if agent.active:
        yield from count(agent.role, -1, context)
        yield from count(command.role, +1, context)
    yield fact.RoleChanged(role=command.role, was=agent.role)


def _deactivate(
    agent: Agent, command: ask.DeactivateAgent, context: Context
) -> Iterable[Fact | On]:
    if not agent.active:
        return
    # For good: whoever comes back begins without credentials that lie about somewhere.
    tokens = held_by(command.agent)
    if found := context.state(tokens):
        for token, state in found.tokens.items():
            yield On(tokens, Revoked(token=token, digest=state.digest))
    yield from all_revoked(command.agent, "deactivated", context)
    yield from withdrawn(command.agent, context)
    yield from count(agent.role, -1, context)
    yield fact.Deactivated()
    if agent.seat:
        yield _seats(-1, context)


def _reactivate(agent: Agent, context: Context) -> Iterable[Fact | On]:
    if agent.active:
        return
    require_giving(agent.role, context)
    yield fact.Reactivated()
    yield from count(agent.role, +1, context)
    if agent.seat:
        yield _seats(+1, context)


def _seats(change: int, context: Context) -> On:
    budget = existing(context.state(BUDGET), "budget")
    seats = budget.seats + change
    return On(BUDGET, SeatsCounted(seats=seats, limit=limit_for(budget, seats)))


def _claim(email: str, agent: UUID, context: Context) -> On:
    claim = claim_of(AGENT_EMAIL, email)
    if context.state(claim) is not None:
        raise Refused(Code.ALREADY_EXISTS, f"An agent with {email} exists already.")
    return On(claim, Claimed(kind=AGENT_EMAIL, holder=agent))


def _spelled(name: str) -> str:
    name = name.strip()
    if not name:
        raise Refused(Code.INVALID_ARGUMENTS, "An agent needs a name.")
    return name


def _no_seat(agent: Agent) -> Refused:
    return Refused(
        Code.AGENT_UNAVAILABLE, f"{agent.name} was imported and has no seat. Give one first."
    )


def _owner_without_seat() -> Refused:
    # Else the last owner who can sign in could leave.
    return Refused(Code.AGENT_UNAVAILABLE, "An owner needs a seat. Give one first.")


def _left(agent: Agent) -> Refused:
    return Refused(Code.AGENT_UNAVAILABLE, f"{agent.name} is no longer active.")


def _all_exist(departments: Iterable[UUID], context: Context) -> None:
    for department in departments:
        existing(context.state(Ref(DEPARTMENT, department)), "department")


def _each_once(departments: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(departments))


def evolve(agent: Agent | None, happened: fact.AgentFact) -> Agent:
    if isinstance(happened, fact.Added):
        return Agent(
            name=happened.name,
            role=happened.role,
            departments=frozenset(happened.departments),
            seat=happened.seat,
            email=happened.email,
        )
    current = existing(agent, "agent")
    match happened:
        case fact.RoleChanged(role=role):
            return replace(current, role=role)
        case fact.DepartmentsChanged(departments=departments):
            return replace(current, departments=frozenset(departments))
        case fact.Renamed(name=name):
            return replace(current, name=name)
        case fact.EmailChanged(email=email):
            return replace(current, email=email)
        case fact.Seated(email=email):
            return replace(current, email=email, seat=True)
        case fact.Deactivated():
            return replace(current, active=False)
        case fact.Reactivated():
            return replace(current, active=True)
        case _:
            assert_never(happened)


AGENT: Decider[Agent] = Decider("agent", decide, evolve, needs)
