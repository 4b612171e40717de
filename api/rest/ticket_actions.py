"""The six actions on a ticket: the same commands, names and answers as the tools have."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from api.rest.acting import Acting, Conditions, Outcome
from api.rest.asking import Body
from api.rest.tickets import ONE, TicketId
from domain.application import Done, Wish
from domain.ticket.commands import (
    Action,
    AddTags,
    AssignTicket,
    RemoveTags,
    ReopenTicket,
    ResolveTicket,
    Tags,
    TransferTicket,
)
from mcp_server.outcome import TicketOutcome, outcome_of
from mcp_server.tools.write import WRITE_TOOLS

_ALIKE: dict[str, Any] = {"tags": ["actions"], "status_code": 200}


class Tagging(Body, frozen=True):
    """Tags, whose case does not matter."""

    tags: Tags


class Assignment(Body, frozen=True):
    """Who takes the ticket."""

    agent_id: Annotated[UUID, Meta(description="An active agent of the ticket's department.")]


class Transfer(Body, frozen=True):
    """Where the ticket goes, and who takes it there."""

    department_id: UUID
    agent_id: (
        Annotated[UUID, Meta(description="An active agent of the new department.")] | UnsetType
    ) = UNSET


@post(f"{ONE}/tags", operation_id="add_tags", **_ALIKE)
async def add_tags(
    ticket_id: TicketId,
    data: JSONBody[Tagging],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[TicketOutcome]:
    """Add tags to a ticket. Tags that it already has stay as they are."""
    return await _act(acting, conditions, AddTags(ticket_id=ticket_id, tags=data.tags))


@post(f"{ONE}/tags/remove", operation_id="remove_tags", **_ALIKE)
async def remove_tags(
    ticket_id: TicketId,
    data: JSONBody[Tagging],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[TicketOutcome]:
    """Remove tags from a ticket. Tags that it does not have are passed over."""
    return await _act(acting, conditions, RemoveTags(ticket_id=ticket_id, tags=data.tags))


@post(f"{ONE}/resolve", operation_id="resolve_ticket", **_ALIKE)
async def resolve_ticket(
    ticket_id: TicketId, acting: NamedDependency[Acting], conditions: NamedDependency[Conditions]
) -> Response[TicketOutcome]:
    """Resolve a ticket that is new, open, answered or postponed."""
    return await _act(acting, conditions, ResolveTicket(ticket_id=ticket_id))


@post(f"{ONE}/reopen", operation_id="reopen_ticket", **_ALIKE)
async def reopen_ticket(
    ticket_id: TicketId, acting: NamedDependency[Acting], conditions: NamedDependency[Conditions]
) -> Response[TicketOutcome]:
    """Reopen a resolved ticket: its status becomes open."""
    return await _act(acting, conditions, ReopenTicket(ticket_id=ticket_id))


@post(f"{ONE}/assign", operation_id="assign_ticket", **_ALIKE)
async def assign_ticket(
    ticket_id: TicketId,
    data: JSONBody[Assignment],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[TicketOutcome]:
    """Assign a ticket to an active agent of its department."""
    return await _act(acting, conditions, AssignTicket(ticket_id=ticket_id, agent_id=data.agent_id))


@post(f"{ONE}/transfer", operation_id="transfer_ticket", **_ALIKE)
async def transfer_ticket(
    ticket_id: TicketId,
    data: JSONBody[Transfer],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[TicketOutcome]:
    """Move a ticket to another department.

    An assignee who is no member of it is unassigned, unless another is named.
    """
    command = TransferTicket(
        ticket_id=ticket_id, department_id=data.department_id, agent_id=data.agent_id
    )
    return await _act(acting, conditions, command)


# Recorded under the names of the tools that do the same.
_OPERATIONS = {tool.input: tool.name for tool in WRITE_TOOLS}


async def _act(acting: Acting, conditions: Conditions, command: Action) -> Response[TicketOutcome]:
    return (await act_on_ticket(acting, conditions, command)).response()


async def act_on_ticket(
    acting: Acting, conditions: Conditions, command: Action
) -> Outcome[TicketOutcome]:
    """Carry out an action on a ticket as its tool does."""
    return await acting.act(
        _OPERATIONS[type(command)],
        msgspec.to_builtins(command),
        [Wish(command)],
        _ticket_outcome,
        TicketOutcome,
        conditions=conditions,
    )


def _ticket_outcome(done: Done) -> TicketOutcome:
    return msgspec.convert(outcome_of(done), TicketOutcome)


ENDPOINTS: tuple[Any, ...] = (
    add_tags,
    remove_tags,
    resolve_ticket,
    reopen_ticket,
    assign_ticket,
    transfer_ticket,
)
