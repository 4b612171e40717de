"""Tickets: reading them, and the six actions."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import Parameter

from api.rest.acting import Acting, Conditions, Outcome
from domain.application import Done, Wish
from domain.permissions import Permission
from domain.ticket.commands import Action, ResolveTicket
from mcp_server.outcome import TicketOutcome, outcome_of
from projections.metadata import TicketMetadata

TicketId = Annotated[str, Parameter(description="The ticket's id or code.", max_length=64)]


@get("/tickets/{ticket_id:str}", operation_id="get_ticket", tags=["tickets"])
async def get_ticket(ticket_id: TicketId, acting: Acting) -> TicketMetadata:
    """Read a ticket's properties."""
    caller = await acting.reading(Permission.TICKETS_READ)
    return await acting.office.views.get_ticket_metadata(caller, ticket_id)


@post(
    "/tickets/{ticket_id:str}/resolve",
    operation_id="resolve_ticket",
    tags=["tickets"],
    status_code=200,
)
async def resolve_ticket(
    ticket_id: TicketId, acting: Acting, conditions: Conditions
) -> Response[TicketOutcome]:
    """Set a ticket's status to resolved."""
    command = ResolveTicket(ticket_id=ticket_id)
    return (await _act(acting, "resolve_ticket", command, conditions)).response()


async def _act(
    acting: Acting, operation: str, command: Action, conditions: Conditions
) -> Outcome[TicketOutcome]:
    return await acting.act(
        operation,
        msgspec.to_builtins(command),
        [Wish(command)],
        _ticket_outcome,
        TicketOutcome,
        conditions=conditions,
    )


def _ticket_outcome(done: Done) -> TicketOutcome:
    return msgspec.convert(outcome_of(done), TicketOutcome)


ENDPOINTS = (get_ticket, resolve_ticket)
