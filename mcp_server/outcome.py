"""The answer of every write tool: where the ticket stands now, and whether that is news."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from domain.application import Done
from domain.ticket.rules import Ticket
from domain.ticket.words import Status


class TicketOutcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The ticket after an action."""

    ticket_id: UUID
    code: str
    changed: bool
    """False where everything was so already: nothing was done."""
    status: Status
    status_name: str
    department_id: UUID
    tags: tuple[str, ...]
    agent_id: UUID | msgspec.UnsetType = msgspec.UNSET
    replayed: bool | msgspec.UnsetType = msgspec.UNSET
    """True for the first answer given again under an idempotency key."""
    views_behind: bool | msgspec.UnsetType = msgspec.UNSET
    """True where reading tools may not show this yet."""


def outcome_of(done: Done) -> Mapping[str, Any]:
    """Say what came of an action on a ticket, as plain data: it is kept with the key."""
    ticket: Ticket = done.state
    return msgspec.to_builtins(
        TicketOutcome(
            ticket_id=done.id,
            code=ticket.code,
            changed=done.changed,
            status=ticket.status,
            status_name=ticket.status.word,
            department_id=ticket.department,
            tags=ticket.tags,
            agent_id=ticket.agent or msgspec.UNSET,
        )
    )
