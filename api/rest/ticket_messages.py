"""What is written in a ticket: reading it, agents' answers and notes, and customers' replies."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import UNSET, Meta, UnsetType

from api.rest.acting import Acting, Conditions, Outcome
from api.rest.asking import Body, Query, asked, from_query
from api.rest.tickets import ONE, Person, TicketId, TicketState, location_of, message, ticket_state
from domain.application import Done, Wish
from domain.permissions import Permission
from domain.ticket.commands import Body as Text
from domain.ticket.contact import contact_of
from domain.ticket.words import Author, AuthorKind
from mcp_server.tools.read import Cursor, IncludeQuoted
from projections.conversation import Message, MessagePage, Order

_TAG = ["messages"]


class MessageListing(Query, frozen=True):
    """Which messages to list."""

    cursor: Cursor | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=100, description="Messages a page, at most.")] = 20
    order: Annotated[Order, Meta(description="asc: oldest first.")] = "asc"
    include_quoted: IncludeQuoted = False


class MessagePart(Query, frozen=True):
    """Which part of a message to read."""

    offset: Annotated[
        int, Meta(ge=0, le=2**31 - 1, description="Characters to skip: next_offset of the last.")
    ] = 0
    include_quoted: IncludeQuoted = False


class NewMessage(Body, frozen=True):
    """An answer to the customer, or a note."""

    body: Annotated[Text, Meta(description="Plain text.")]
    note: Annotated[bool, Meta(description="True: internal, customers never see it.")] = False


class NewReply(Body, frozen=True):
    """A customer's words."""

    body: Annotated[Text, Meta(description="Plain text.")]
    sender: (
        Annotated[Person, Meta(description="Who writes; absent: the ticket's requester.")]
        | UnsetType
    ) = UNSET


class Written(TicketState, frozen=True, kw_only=True, omit_defaults=True):
    """The new message's id, and the ticket after it."""

    message_id: UUID


@get(
    f"{ONE}/messages",
    operation_id="get_ticket_messages",
    tags=_TAG,
    dependencies={"listing": from_query(MessageListing)},
)
async def get_ticket_messages(
    ticket_id: TicketId, listing: NamedDependency[MessageListing], acting: NamedDependency[Acting]
) -> MessagePage:
    """Page through a ticket's messages and notes. Long ones are cut: read them alone."""
    caller = acting.reading(Permission.TICKETS_READ)
    return await acting.services.views.get_ticket_messages(
        caller,
        ticket_id,
        cursor=listing.cursor or None,
        limit=listing.limit,
        order=listing.order,
        include_quoted=listing.include_quoted,
    )


@get(
    f"{ONE}/messages/{{message_id:uuid}}",
    operation_id="get_ticket_message",
    tags=_TAG,
    dependencies={"part": from_query(MessagePart)},
)
async def get_ticket_message(
    ticket_id: TicketId,
    message_id: Annotated[UUID, PathParameter(description="The message's id.")],
    part: NamedDependency[MessagePart],
    acting: NamedDependency[Acting],
) -> Message:
    """Read one message, from an offset on where it is very long."""
    caller = acting.reading(Permission.TICKETS_READ)
    page = await acting.services.views.get_ticket_messages(
        caller,
        ticket_id,
        message_id=message_id,
        offset=part.offset,
        include_quoted=part.include_quoted,
    )
    return page.messages[0]


@post(f"{ONE}/messages", operation_id="write_message", tags=_TAG, status_code=201)
async def write_message(
    ticket_id: TicketId,
    data: JSONBody[NewMessage],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[Written]:
    """Write to the customer, or leave a note, in your own name."""
    return _created(await write_on_ticket(acting, conditions, ticket_id, data))


async def write_on_ticket(
    acting: Acting, conditions: Conditions, ticket_id: str, data: NewMessage
) -> Outcome[Written]:
    """Add an agent's message or note to a ticket."""

    async def author() -> Author:
        return Author(kind=AuthorKind.AGENT, id=acting.caller.agent)

    return await _write(
        "write_message",
        ticket_id,
        data,
        author,
        acting=acting,
        conditions=conditions,
        note=data.note,
    )


@post(f"{ONE}/replies", operation_id="add_reply", tags=_TAG, status_code=201)
async def add_reply(
    ticket_id: TicketId,
    data: JSONBody[NewReply],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[Written]:
    """Add what a customer writes.

    A ticket that was answered, postponed or resolved is open again.
    """
    services, sender = acting.services, data.sender

    async def author() -> Author:
        if sender:
            contact = contact_of(sender.name, sender.email or None, services.new_id)
            return Author(kind=AuthorKind.CUSTOMER, id=contact.id, name=contact.name)
        requester = (await services.views.get_ticket_metadata(acting.caller, ticket_id)).requester
        return Author(kind=AuthorKind.CUSTOMER, id=requester.id, name=requester.name)

    written = await _write(
        "add_reply", ticket_id, data, author, acting=acting, conditions=conditions
    )
    return _created(written)


async def _write(
    operation: str,
    ticket_id: str,
    data: NewMessage | NewReply,
    author: Callable[[], Awaitable[Author]],
    *,
    acting: Acting,
    conditions: Conditions,
    note: bool = False,
) -> Outcome[Written]:
    key = acting.services.new_id()

    async def wishes() -> list[Wish]:
        acting.caller.require(Permission.TICKETS_WRITE)
        return [Wish(message(ticket_id, key, await author(), data.body, note=note))]

    def written(done: Done) -> Written:
        return Written(message_id=key, **msgspec.structs.asdict(ticket_state(done)))

    return await acting.act(
        operation,
        asked(data, ticket_id=ticket_id),
        wishes,
        written,
        Written,
        conditions=conditions,
        texts=("body",),
    )


def _created(outcome: Outcome[Written]) -> Response[Written]:
    answer = outcome.answer
    return outcome.response(201, location_of(answer.ticket_id, "messages", answer.message_id))


ENDPOINTS: tuple[Any, ...] = (
    get_ticket_messages,
    get_ticket_message,
    write_message,
    add_reply,
)
