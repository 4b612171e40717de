"""What one may ask of a ticket. A write tool's input is the command itself."""

from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.decider import Command
from domain.permissions import Permission
from domain.ticket.words import Author, Channel, Contact, Priority, Status, Tag

TicketRef = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        description="Id or code (KQM-40713).",
    ),
]
IdempotencyKey = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description="Optional: reuse the same key when you retry, and it is done once.",
    ),
]
Tags = Annotated[tuple[Tag, ...], Meta(min_length=1, max_length=50)]
Subject = Annotated[str, Meta(min_length=1, max_length=500)]
# Characters; longer than anything people write, and than most of what they paste.
Body = Annotated[str, Meta(min_length=1, max_length=200_000)]


class OpenTicket(Command, frozen=True, kw_only=True):
    """Open a ticket; its first message follows as a command of its own."""

    permission: ClassVar[Permission] = Permission.TICKETS_WRITE
    ticket: UUID
    code: str
    subject: Subject
    department: UUID
    requester: Contact
    channel: Channel
    priority: Priority = Priority.MEDIUM
    tags: tuple[Tag, ...] = ()


class OnTicket(Command, frozen=True, kw_only=True):
    """A command for a ticket that exists already."""

    ticket_id: TicketRef


class AddMessage(OnTicket, frozen=True, kw_only=True):
    """Add a message of a customer or an agent, or an agent's note that customers never see.

    `status` is where the ticket stands after it, which imports alone may know from elsewhere.
    """

    permission: ClassVar[Permission] = Permission.TICKETS_WRITE
    message: UUID
    author: Author
    body: Body
    note: bool = False
    status: Status | None = None


class ChangeTicket(OnTicket, frozen=True, kw_only=True):
    """Change a ticket's subject or priority; what is not given stays as it is."""

    permission: ClassVar[Permission] = Permission.TICKETS_WRITE
    subject: Subject | msgspec.UnsetType = msgspec.UNSET
    priority: Priority | msgspec.UnsetType = msgspec.UNSET


class PostponeTicket(OnTicket, frozen=True, kw_only=True):
    """Put a ticket aside until somebody acts on it again."""

    permission: ClassVar[Permission] = Permission.TICKETS_WRITE


class Action(OnTicket, frozen=True, kw_only=True):
    """An action of an agent on one ticket, which may be retried under a key."""

    permission: ClassVar[Permission]
    idempotency_key: IdempotencyKey | msgspec.UnsetType = msgspec.UNSET


class AddTags(Action, frozen=True, kw_only=True):
    """Apply one or more tags to a ticket. Tags that it already has stay as they are."""

    permission: ClassVar[Permission] = Permission.TAGS_ADD
    tags: Annotated[Tags, Meta(description="The tags to add.")]


class RemoveTags(Action, frozen=True, kw_only=True):
    """Remove one or more tags from a ticket. Tags that it does not have are passed over."""

    permission: ClassVar[Permission] = Permission.TAGS_REMOVE
    tags: Annotated[Tags, Meta(description="The tags to remove.")]


class ResolveTicket(Action, frozen=True, kw_only=True):
    """Set a ticket's status to resolved. Works on new, open, answered and postponed tickets."""

    permission: ClassVar[Permission] = Permission.TICKETS_RESOLVE


class ReopenTicket(Action, frozen=True, kw_only=True):
    """Reopen a resolved ticket: its status becomes open."""

    permission: ClassVar[Permission] = Permission.TICKETS_REOPEN


class AssignTicket(Action, frozen=True, kw_only=True):
    """Assign a ticket to an active agent of its department (list_agents tells who that is)."""

    permission: ClassVar[Permission] = Permission.TICKETS_ASSIGN
    agent_id: Annotated[UUID, Meta(description="The agent's id, from list_agents.")]


class TransferTicket(Action, frozen=True, kw_only=True):
    """Move a ticket to another department (list_departments tells which there are).

    An assignee who is no member of it is unassigned, unless another is named.
    """

    permission: ClassVar[Permission] = Permission.TICKETS_TRANSFER
    department_id: Annotated[UUID, Meta(description="The department's id, from list_departments.")]
    agent_id: (
        Annotated[UUID, Meta(description="Optional. Assign to this member of the new department.")]
        | msgspec.UnsetType
    ) = msgspec.UNSET


TicketCommand = (
    OpenTicket
    | AddMessage
    | ChangeTicket
    | PostponeTicket
    | AddTags
    | RemoveTags
    | ResolveTicket
    | ReopenTicket
    | AssignTicket
    | TransferTicket
)
