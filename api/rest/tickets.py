"""Tickets: finding, reading, opening and changing them."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import UNSET, Meta, UnsetType

from api.problems import API
from api.rest.acting import Acting, Conditions, Outcome, etag
from api.rest.asking import Body, asked, from_query, misfit
from domain.agent.commands import Email
from domain.application import Done, Wish
from domain.permissions import Permission
from domain.ticket.commands import (
    AddMessage,
    ChangeTicket,
    OpenTicket,
    Subject,
)
from domain.ticket.commands import Body as Text
from domain.ticket.contact import contact_of
from domain.ticket.rules import Ticket
from domain.ticket.words import Author, AuthorKind, Channel, Priority, Tag, code_of
from mcp_server.outcome import TicketOutcome, outcome_of
from projections.metadata import TicketMetadata
from projections.question import TicketSearch
from projections.search_queries import TicketPage

PATH = "/tickets"
ONE = "/tickets/{ticket_id:str}"

TicketId = Annotated[str, PathParameter(description="The ticket's id or code.", max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class Person(Body, frozen=True):
    """A customer; all who write from one address are one."""

    name: Annotated[Name, Meta(examples=["Kim Kunde"])]
    email: Annotated[Email, Meta(examples=["kim@customer.example"])] | UnsetType = UNSET


class NewTicket(Body, frozen=True):
    """A ticket with its first message."""

    department_id: UUID
    subject: Annotated[Subject, Meta(examples=["The lid is stuck"])]
    requester: Annotated[Person, Meta(description="Who asks.")]
    body: Annotated[Text, Meta(description="What the requester writes, as plain text.")]
    note: (
        Annotated[Text, Meta(description="Besides, a note of yours that customers never see.")]
        | UnsetType
    ) = UNSET
    priority: Priority = Priority.MEDIUM
    tags: Annotated[tuple[Tag, ...], Meta(max_length=50, examples=[["warranty"]])] = ()
    channel: Annotated[Channel, Meta(description="How it came in.")] = Channel.API


class TicketChange(Body, frozen=True):
    """What to change; what is left out stays as it is."""

    subject: Subject | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET


class TicketState(TicketOutcome, frozen=True, kw_only=True, omit_defaults=True):
    """The ticket after a change, with what people change by hand."""

    subject: str
    priority: Priority


@get(
    PATH,
    operation_id="search_tickets",
    tags=["tickets"],
    dependencies={"search": from_query(TicketSearch)},
)
async def search_tickets(
    search: NamedDependency[TicketSearch], acting: NamedDependency[Acting]
) -> TicketPage:
    """List tickets, or search them by words.

    All that is given narrows the result. Of a query without words, the latest changed come first.
    """
    caller = acting.reading(Permission.TICKETS_READ)
    return await acting.services.views.search_tickets(caller, search)


@post(PATH, operation_id="open_ticket", tags=["tickets"], status_code=201)
async def open_ticket(
    data: JSONBody[NewTicket],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[TicketState]:
    """Open a ticket with its first message."""
    outcome = await open_new_ticket(acting, conditions, data)
    return outcome.response(201, location_of(outcome.answer.ticket_id))


async def open_new_ticket(
    acting: Acting, conditions: Conditions, data: NewTicket
) -> Outcome[TicketState]:
    """Open a ticket in a customer's name, with what the customer says and perhaps a note."""
    services = acting.services
    person = data.requester

    async def wishes() -> list[Wish]:
        acting.caller.require(Permission.TICKETS_WRITE)
        ticket = services.new_id()
        requester = contact_of(person.name, person.email or None, services.new_id)
        opened = OpenTicket(
            ticket=ticket,
            code=code_of(await services.ledger.next_ticket_number()),
            subject=data.subject,
            department=data.department_id,
            requester=requester,
            channel=data.channel,
            priority=data.priority,
            tags=data.tags,
        )
        asker = Author(kind=AuthorKind.CUSTOMER, id=requester.id, name=requester.name)
        noted = Author(kind=AuthorKind.AGENT, id=acting.caller.agent)
        said = [message(ticket, services.new_id(), asker, data.body)]
        if data.note:
            said.append(message(ticket, services.new_id(), noted, data.note, note=True))
        return [Wish(opened), *map(Wish, said)]

    return await acting.act(
        "open_ticket",
        asked(data),
        wishes,
        ticket_state,
        TicketState,
        conditions=conditions,
        texts=("body", "note"),
    )


@get(ONE, operation_id="get_ticket", tags=["tickets"])
async def get_ticket(
    ticket_id: TicketId, acting: NamedDependency[Acting]
) -> Response[TicketMetadata]:
    """Read a ticket's properties; their ETag is the ticket's version."""
    caller = acting.reading(Permission.TICKETS_READ)
    ticket, version = await acting.services.views.get_ticket(caller, ticket_id)
    return Response(ticket, headers={"ETag": etag(version)})


@patch(ONE, operation_id="change_ticket", tags=["tickets"])
async def change_ticket(
    ticket_id: TicketId,
    data: JSONBody[TicketChange],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[TicketState]:
    """Change a ticket's subject or priority."""
    return (await change_by_hand(acting, conditions, ticket_id, data)).response()


async def change_by_hand(
    acting: Acting, conditions: Conditions, ticket_id: str, data: TicketChange
) -> Outcome[TicketState]:
    """Change what people alone change: no tool does."""

    async def wishes() -> list[Wish]:
        acting.caller.require(Permission.TICKETS_WRITE)
        if data == TicketChange():
            raise misfit("it names nothing to change")
        change = ChangeTicket(ticket_id=ticket_id, subject=data.subject, priority=data.priority)
        return [Wish(change)]

    return await acting.act(
        "change_ticket",
        asked(data, ticket_id=ticket_id),
        wishes,
        ticket_state,
        TicketState,
        conditions=conditions,
    )


def message(
    ticket: UUID | str, key: UUID, author: Author, body: str, *, note: bool = False
) -> AddMessage:
    """Make the command that adds a message with a fresh id."""
    return AddMessage(ticket_id=str(ticket), message=key, author=author, body=body, note=note)


def ticket_state(done: Done) -> TicketState:
    ticket: Ticket = done.state
    more = {"subject": ticket.subject, "priority": ticket.priority.value}
    return msgspec.convert({**outcome_of(done), **more}, TicketState)


def location_of(ticket: UUID, *more: object) -> str:
    return "/".join((f"{API}{PATH}", str(ticket), *map(str, more)))


ENDPOINTS: tuple[Any, ...] = (search_tickets, open_ticket, get_ticket, change_ticket)
