"""What can happen to an agent. Stored names and shapes are for ever: see tests/events."""

from typing import ClassVar
from uuid import UUID

from domain.fact import Fact
from domain.role import RoleRef


class Added(Fact, frozen=True):
    """Somebody joined. Without a seat (imported authors) they count for no budget."""

    topic: ClassVar[str] = "agent.added"
    name: str
    role: RoleRef
    departments: tuple[UUID, ...]
    email: str | None = None
    seat: bool = True


class RoleChanged(Fact, frozen=True):
    """The agent's role is another; whoever was signed in with the old one signs in again."""

    topic: ClassVar[str] = "agent.role_changed"
    turns_authority: ClassVar[bool] = True
    role: RoleRef
    was: RoleRef


class DepartmentsChanged(Fact, frozen=True):
    topic: ClassVar[str] = "agent.departments_changed"
    turns_authority: ClassVar[bool] = True
    departments: tuple[UUID, ...]
    was: tuple[UUID, ...]


class Renamed(Fact, frozen=True):
    topic: ClassVar[str] = "agent.renamed"
    name: str
    was: str


class EmailChanged(Fact, frozen=True):
    """The address is another; sessions that were opened with the old one end."""

    topic: ClassVar[str] = "agent.email_changed"
    turns_authority: ClassVar[bool] = True
    email: str
    was: str | None = None


class Seated(Fact, frozen=True):
    """Somebody known from an import got a seat, and can sign in from now on."""

    topic: ClassVar[str] = "agent.seated"
    email: str


class Deactivated(Fact, frozen=True):
    """The agent left: sessions end, and access tokens are revoked in the same append."""

    topic: ClassVar[str] = "agent.deactivated"
    turns_authority: ClassVar[bool] = True


class Reactivated(Fact, frozen=True):
    """The agent is back, without any credential but the password."""

    topic: ClassVar[str] = "agent.reactivated"
    turns_authority: ClassVar[bool] = True


AgentFact = (
    Added
    | RoleChanged
    | DepartmentsChanged
    | Renamed
    | EmailChanged
    | Seated
    | Deactivated
    | Reactivated
)
FACTS: tuple[type[Fact], ...] = (
    Added,
    RoleChanged,
    DepartmentsChanged,
    Renamed,
    EmailChanged,
    Seated,
    Deactivated,
    Reactivated,
)
