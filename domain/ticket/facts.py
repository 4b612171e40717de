"""What can happen to a ticket. Stored names and shapes are for ever: see tests/events."""

from typing import ClassVar
from uuid import UUID

from domain.fact import Fact
from domain.ticket.words import Author, Channel, Contact, Priority, Status


class Opened(Fact, frozen=True):
    """A customer turned to us."""

    topic: ClassVar[str] = "ticket.opened"
    code: str
    subject: str
    department: UUID
    requester: Contact
    channel: Channel
    priority: Priority = Priority.MEDIUM
    tags: tuple[str, ...] = ()


class MessageAdded(Fact, frozen=True):
    """Somebody wrote; `status` is where the ticket stands because of it, when that changed."""

    topic: ClassVar[str] = "ticket.message_added"
    message: UUID
    author: Author
    body: str
    note: bool = False
    status: Status | None = None


class SubjectChanged(Fact, frozen=True):
    topic: ClassVar[str] = "ticket.subject_changed"
    subject: str
    was: str


class PrioritySet(Fact, frozen=True):
    topic: ClassVar[str] = "ticket.priority_set"
    priority: Priority
    was: Priority


class TagsAdded(Fact, frozen=True):
    topic: ClassVar[str] = "ticket.tags_added"
    tags: tuple[str, ...]


class TagsRemoved(Fact, frozen=True):
    topic: ClassVar[str] = "ticket.tags_removed"
    tags: tuple[str, ...]


class Postponed(Fact, frozen=True):
    topic: ClassVar[str] = "ticket.postponed"
    was: Status


class Resolved(Fact, frozen=True):
    topic: ClassVar[str] = "ticket.resolved"
    was: Status


class Reopened(Fact, frozen=True):
    topic: ClassVar[str] = "ticket.reopened"


class Assigned(Fact, frozen=True):
    topic: ClassVar[str] = "ticket.assigned"
    agent: UUID
    was: UUID | None = None


class Unassigned(Fact, frozen=True):
    topic: ClassVar[str] = "ticket.unassigned"
    was: UUID


class Transferred(Fact, frozen=True):
    topic: ClassVar[str] = "ticket.transferred"
    department: UUID
    was: UUID


TicketFact = (
    Opened
    | MessageAdded
    | SubjectChanged
    | PrioritySet
    | TagsAdded
    | TagsRemoved
    | Postponed
    | Resolved
    | Reopened
    | Assigned
    | Unassigned
    | Transferred
)
FACTS: tuple[type[Fact], ...] = (
    Opened,
    MessageAdded,
    SubjectChanged,
    PrioritySet,
    TagsAdded,
    TagsRemoved,
    Postponed,
    Resolved,
    Reopened,
    Assigned,
    Unassigned,
    Transferred,
)
