"""What the tests of the rules share: a moment, a ticket, departments, agents and callers."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from domain.agent import AGENT, Added
from domain.budget import BUDGET, Opened
from domain.caller import Caller
from domain.decider import Ref
from domain.department import DEPARTMENT
from domain.department import Added as DepartmentAdded
from domain.fact import Attribution
from domain.permissions import ALL_SCOPES, Permission, Role, Scope, permissions_of, within
from domain.role import ROLE
from domain.role import Added as RoleAdded
from domain.ticket import facts
from domain.ticket.words import Author, AuthorKind, Channel, Contact, Status

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

TICKET_ID = UUID("01957f00-0000-7000-8000-000000000001")
TICKET = str(TICKET_ID)
SUPPORT, BILLING, NOWHERE = (UUID(int=number) for number in (11, 12, 13))
ANA, BEN, NOBODY, OLGA = (UUID(int=number) for number in (21, 22, 23, 24))
READERS = UUID(int=71)
CONTACT = UUID(int=31)

CUSTOMER = Author(kind=AuthorKind.CUSTOMER, id=CONTACT, name="Kim")
STAFF = Author(kind=AuthorKind.AGENT, id=ANA, name="Ana")

OPENED = facts.Opened(
    code="KQM-40713",
    subject="The lid is stuck",
    department=SUPPORT,
    requester=Contact(id=CONTACT, name="Kim", email="kim@customer.example"),
    channel=Channel.EMAIL,
)
ANSWERED = facts.MessageAdded(
    message=UUID(int=41), author=STAFF, body="Turn it twice.", status=Status.ANSWERED
)
REPLIED = facts.MessageAdded(
    message=UUID(int=42), author=CUSTOMER, body="It broke off.", status=Status.OPEN
)
POSTPONED = facts.Postponed(was=Status.NEW)
RESOLVED = facts.Resolved(was=Status.NEW)

SUPPORT_EXISTS = (Ref(DEPARTMENT, SUPPORT), DepartmentAdded(name="Support"))
BILLING_EXISTS = (Ref(DEPARTMENT, BILLING), DepartmentAdded(name="Billing"))
ANA_IN_SUPPORT = (
    Ref(AGENT, ANA),
    Added(name="Ana", role=Role.AGENT, departments=(SUPPORT,)),
)
BEN_IN_BOTH = (
    Ref(AGENT, BEN),
    Added(name="Ben", role=Role.AGENT, departments=(SUPPORT, BILLING)),
)


OWNERS = Ref(ROLE, UUID("d0c7a0a7-3c1f-5f0a-9f0e-2b7f5c1f6a55"))
BUDGET_OPEN = (BUDGET, Opened(calls_per_seat=1_000))
READERS_EXIST = (
    Ref(ROLE, READERS),
    RoleAdded(name="Readers", permissions=(Permission.TICKETS_READ,)),
)


def caller_with(
    agent: UUID, *permissions: Permission, scopes: Iterable[Scope] = ALL_SCOPES
) -> Caller:
    """Make the caller behind an access token of an agent whose role is of some permissions."""
    return Caller(
        by=Attribution(via="token", agent=agent, role="some role"),
        permissions=within(permissions, scopes),
        granted=frozenset(permissions),
        scopes=frozenset(scopes),
    )


def caller_of(agent: UUID, role: Role = Role.AGENT, departments: Iterable[UUID] = ()) -> Caller:
    """Make the caller behind an agent's access token."""
    return Caller(
        by=Attribution(via="token", agent=agent, role=role.value),
        permissions=permissions_of(role),
        granted=permissions_of(role),
        departments=frozenset(departments),
    )
