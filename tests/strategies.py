"""Hypothesis strategies: any instance of a struct, and commands over a small world."""

import types
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from hypothesis import settings
from hypothesis import strategies as st

from domain.access_tokens import GenerateToken, RevokeToken
from domain.agent import (
    AddAgent,
    ChangeDepartments,
    ChangeEmail,
    ChangeRole,
    DeactivateAgent,
    GiveSeat,
    ReactivateAgent,
    RenameAgent,
)
from domain.budget import OpenBudget, SetCallsPerSeat, SetLimit
from domain.caller import Caller, insider
from domain.decider import Command
from domain.department import AddDepartment, RenameDepartment
from domain.password import SetPassword
from domain.permissions import Permission, Role
from domain.role import AddRole, RemoveRole, RenameRole, SetPermissions
from domain.session import CloseSession, OpenSession, Why
from domain.ticket import commands as ask
from domain.ticket.words import Author, AuthorKind, Channel, Contact, Priority, Status
from tests.known import OWNERS, caller_of, caller_with

# Nothing is kept between runs, and a busy machine is no failure.
unhurried = settings(deadline=None, database=None)

T = TypeVar("T", bound=msgspec.Struct)

MOMENTS = st.datetimes(datetime(2010, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(), part, max_size=3),
    max_leaves=8,
)


def instances(struct: type[T]) -> st.SearchStrategy[T]:
    """Any instance of a struct, by its fields' types."""
    hints = get_type_hints(struct)
    names = [field.name for field in msgspec.structs.fields(struct)]
    return st.builds(struct, **{name: values(hints[name]) for name in names})


def values(kind: Any) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return values(arguments[0])
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values, arguments))
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(st.text(), JSON, max_size=3)
    if kind is datetime:
        return MOMENTS
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return instances(kind)
    return st.from_type(cast("type[Any]", kind))


def ids(first: int, last: int) -> st.SearchStrategy[UUID]:
    numbers = [first, first, *range(first, last + 1)]
    return st.sampled_from([UUID(int=number) for number in numbers])


# So few that commands meet. The first of each kind is there from the start (`SEEDS`).
TICKETS, DEPARTMENTS, AGENTS, MADE_ROLES, SESSIONS, TOKENS, MESSAGES = (
    ids(first, last)
    for first, last in ((1, 2), (11, 13), (21, 25), (71, 73), (81, 84), (500, 530), (600, 603))
)
SEEDS = (
    AddDepartment(department=UUID(int=11), name="Desk"),
    AddDepartment(department=UUID(int=12), name="Cellar"),
    OpenBudget(),
    AddAgent(agent=UUID(int=24), name="Olga", role=Role.OWNER, first=True),
    AddAgent(agent=UUID(int=21), name="Ana", role=Role.AGENT, departments=(UUID(int=11),)),
    AddAgent(agent=UUID(int=22), name="Ben", role=Role.AGENT, seat=False),
    AddRole(role=UUID(int=71), name="Readers", permissions=(Permission.TICKETS_READ,)),
    AddRole(role=UUID(int=72), name="Idle", permissions=()),
    AddAgent(agent=UUID(int=23), name="Cora", role=str(UUID(int=71)), email="b@desk.example"),
    ask.OpenTicket(
        ticket=UUID(int=1),
        code="KQM-40713",
        subject="The lid is stuck",
        department=UUID(int=11),
        requester=Contact(id=UUID(int=31), name="Kim"),
        channel=Channel.EMAIL,
    ),
)
MASKS = st.integers(0, 2**100 - 1)


def spelled(chosen: int, loud: int) -> tuple[str, ...]:
    """Return the tags whose bits are set, some of them in another spelling of the same."""
    return tuple(
        f"TAG\u202e  {bit}" if loud >> bit & 1 else f"tag {bit}"
        for bit in range(100)
        if chosen >> bit & 1
    )


def manager(agent: UUID, rights: list[Permission]) -> Caller:
    """Make a caller who manages agents and roles, but may not do all that they may."""
    least = (Permission.AGENTS_MANAGE, Permission.ROLES_MANAGE, Permission.TICKETS_READ)
    return caller_with(agent, *least, *rights)


TAGS = st.builds(spelled, MASKS, MASKS)
ODD_TAGS = st.lists(st.text(max_size=66), max_size=2).map(tuple)
TICKET_REFS = TICKETS.map(str)
ROLES = st.sampled_from(Role) | MADE_ROLES.map(str) | st.just(str(OWNERS.id))
RIGHTS = st.lists(st.sampled_from(Permission), max_size=8)
MEMBERSHIPS = st.lists(DEPARTMENTS, max_size=3).map(tuple)
EMAILS = st.sampled_from(["a@desk.example", "A@Desk.Example", "b@desk.example"])
CALLERS = st.one_of(
    st.sampled_from([insider("system"), insider("import")]),
    st.builds(caller_of, AGENTS, st.sampled_from(Role), MEMBERSHIPS),
    st.builds(manager, AGENTS, RIGHTS),
)


FIRST_TICKET = st.just(str(UUID(int=1)))
FIRST_AGENT = st.just(UUID(int=21))
ON_TICKET = {"ticket_id": TICKET_REFS}
TAGGING = st.one_of(
    st.builds(ask.AddTags, tags=TAGS, ticket_id=FIRST_TICKET),
    st.builds(ask.AddTags, tags=ODD_TAGS, ticket_id=FIRST_TICKET),
    st.builds(ask.RemoveTags, tags=TAGS, ticket_id=FIRST_TICKET),
)
ISSUING = st.one_of(
    st.builds(
        GenerateToken,
        agent=FIRST_AGENT,
        token=TOKENS,
        digest=st.just("ab" * 32),
        mask=st.just("…"),
        label=st.text(max_size=3),
    ),
    st.builds(RevokeToken, agent=FIRST_AGENT, token=TOKENS),
)
WORKING = st.one_of(
    st.builds(
        ask.OpenTicket,
        ticket=TICKETS,
        code=st.just("KQM-40713"),
        subject=st.text(max_size=9),
        department=DEPARTMENTS,
        requester=instances(Contact),
        channel=st.sampled_from(Channel),
        priority=st.sampled_from(Priority),
        tags=TAGS,
    ),
    st.builds(
        ask.AddMessage,
        message=MESSAGES,
        author=st.builds(Author, kind=st.sampled_from(AuthorKind)),
        body=st.text(),
        note=st.booleans(),
        status=st.none() | st.sampled_from(Status),
        **ON_TICKET,
    ),
    st.builds(
        ask.ChangeTicket,
        subject=st.text(max_size=9) | st.just(msgspec.UNSET),
        priority=st.sampled_from(Priority) | st.just(msgspec.UNSET),
        **ON_TICKET,
    ),
    st.builds(ask.PostponeTicket, **ON_TICKET),
    st.builds(ask.ResolveTicket, **ON_TICKET),
    st.builds(ask.ReopenTicket, **ON_TICKET),
    st.builds(ask.AssignTicket, agent_id=AGENTS, **ON_TICKET),
    st.builds(
        ask.TransferTicket,
        department_id=DEPARTMENTS,
        agent_id=AGENTS | st.just(msgspec.UNSET),
        **ON_TICKET,
    ),
)
NAMES = st.sampled_from(["Readers", "READERS", "Team  lead", "Idle", "Owner"])
PERMISSIONS = st.lists(st.sampled_from(Permission), max_size=2).map(tuple)
GOVERNING = st.one_of(
    st.builds(
        AddAgent,
        agent=AGENTS,
        name=st.text(max_size=3),
        role=ROLES,
        departments=MEMBERSHIPS,
        email=st.none() | EMAILS,
        seat=st.booleans(),
    ),
    st.builds(ChangeRole, agent=AGENTS, role=ROLES),
    st.builds(DeactivateAgent, agent=AGENTS),
    st.builds(ReactivateAgent, agent=AGENTS),
    st.builds(RenameAgent, agent=AGENTS, name=st.text(max_size=3)),
    st.builds(ChangeEmail, agent=AGENTS, email=EMAILS),
    st.builds(GiveSeat, agent=AGENTS, email=EMAILS),
    st.builds(AddRole, role=MADE_ROLES, name=NAMES, permissions=PERMISSIONS),
    st.builds(RenameRole, role=MADE_ROLES, name=NAMES),
    st.builds(SetPermissions, role=MADE_ROLES, permissions=PERMISSIONS),
    st.builds(RemoveRole, role=MADE_ROLES),
    st.builds(
        OpenSession,
        session=SESSIONS,
        agent=AGENTS,
        digest=st.just("cd" * 32),
        expires_at=MOMENTS,
    ),
    st.builds(CloseSession, session=SESSIONS, why=st.sampled_from(get_args(Why))),
)
# Setting a password twice is two facts.
SIGNING_IN = st.builds(SetPassword, agent=AGENTS)
MANAGING = st.one_of(
    st.builds(
        AddDepartment,
        department=DEPARTMENTS,
        name=st.sampled_from(["Desk", "Till", "till"]) | st.text(max_size=3),
    ),
    st.builds(ChangeDepartments, agent=AGENTS, departments=MEMBERSHIPS),
    st.builds(RenameDepartment, department=DEPARTMENTS, name=st.sampled_from(["Desk", "till"])),
    st.builds(OpenBudget, calls_per_seat=st.integers(0, 3)),
    st.builds(SetLimit, limit=st.none() | st.integers(0, 5)),
    st.builds(SetCallsPerSeat, calls_per_seat=st.integers(0, 3)),
)
COMMANDS: dict[str, st.SearchStrategy[Command]] = {
    "tagging": TAGGING,
    "issuing": ISSUING,
    "working": st.one_of(WORKING, TAGGING),
    "governing": GOVERNING,
    "managing": st.one_of(WORKING, MANAGING, GOVERNING, ISSUING),
}
