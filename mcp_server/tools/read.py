"""The tools that read: an input struct each, and the query that answers it."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from domain.caller import Caller
from domain.permissions import Permission
from domain.ticket.commands import TicketRef
from mcp_server.tool import READS, Query, Tool
from projections.conversation import MessagePage, Order, TicketContext
from projections.directory_queries import AgentPage, DepartmentPage
from projections.metadata import TicketMetadata
from projections.question import TicketSearch
from projections.search_queries import TicketPage
from projections.tags import TicketTags
from projections.views import Views

Cursor = Annotated[
    # A cursor holds the name that its page ended with.
    str,
    Meta(max_length=2_000, description="next_cursor of the last answer."),
]
IncludeQuoted = Annotated[bool, Meta(description="Also give the earlier text that a reply quotes.")]


class Read(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of a tool that reads."""


class GetTicketContext(Read, frozen=True, kw_only=True):
    """Read a ticket's properties and its most recent messages. The best first look at a ticket."""

    ticket_id: TicketRef
    message_limit: Annotated[int, Meta(ge=1, le=50, description="How many messages.")] = 10


class GetTicketMessages(Read, frozen=True, kw_only=True):
    """Page through all messages of a ticket, or read one long message from an offset on."""

    ticket_id: TicketRef
    cursor: Cursor | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=100, description="Messages a page, at most.")] = 20
    order: Annotated[Order, Meta(description="asc: oldest first.")] = "asc"
    include_quoted: IncludeQuoted = False
    message_id: Annotated[UUID, Meta(description="Only this message.")] | UnsetType = UNSET
    offset: Annotated[
        int, Meta(ge=0, le=2**31 - 1, description="With message_id: characters to skip.")
    ] = 0


class GetTicketMetadata(Read, frozen=True, kw_only=True):
    """Read a ticket's properties: subject, times, status, priority, department, assigned agent."""

    ticket_id: TicketRef


class GetTags(Read, frozen=True, kw_only=True):
    """Read the tags of a ticket."""

    ticket_id: TicketRef


class ListAgents(Read, frozen=True, kw_only=True):
    """List the agents, to find whom to assign a ticket to."""

    department_id: Annotated[UUID, Meta(description="Only its members.")] | UnsetType = UNSET
    cursor: Cursor | UnsetType = UNSET


class ListDepartments(Read, frozen=True, kw_only=True):
    """List the departments, to find where to transfer a ticket to."""

    cursor: Cursor | UnsetType = UNSET


Answer = tuple[Struct, UUID | None]


async def _context(views: Views, caller: Caller, ask: GetTicketContext) -> Answer:
    found = await views.get_ticket_context(caller, ask.ticket_id, ask.message_limit)
    return found, found.ticket.id


async def _messages(views: Views, caller: Caller, ask: GetTicketMessages) -> Answer:
    found = await views.get_ticket_messages(
        caller,
        ask.ticket_id,
        cursor=ask.cursor or None,
        limit=ask.limit,
        order=ask.order,
        include_quoted=ask.include_quoted,
        message_id=ask.message_id or None,
        offset=ask.offset,
    )
    return found, found.ticket_id


async def _metadata(views: Views, caller: Caller, ask: GetTicketMetadata) -> Answer:
    found = await views.get_ticket_metadata(caller, ask.ticket_id)
    return found, found.id


async def _tags(views: Views, caller: Caller, ask: GetTags) -> Answer:
    found = await views.get_tags(caller, ask.ticket_id)
    return found, found.ticket_id


async def _agents(views: Views, _caller: Caller, ask: ListAgents) -> Answer:
    found = await views.list_agents(
        department_id=ask.department_id or None, cursor=ask.cursor or None
    )
    return found, None


async def _departments(views: Views, _caller: Caller, ask: ListDepartments) -> Answer:
    return await views.list_departments(cursor=ask.cursor or None), None


async def _search(views: Views, caller: Caller, ask: TicketSearch) -> Answer:
    return await views.search_tickets(caller, ask), None


def _read_tool(
    name: str,
    title: str,
    input: type[Struct],  # noqa: A002 - the specification's word
    output: type[Struct],
    query: Query,
    *,
    permission: Permission = Permission.TICKETS_READ,
) -> Tool:
    return Tool(
        name, title, input=input, output=output, permission=permission, hints=READS, query=query
    )


READ_TOOLS = (
    _read_tool(
        "get_ticket_context", "Get ticket context", GetTicketContext, TicketContext, _context
    ),
    _read_tool(
        "get_ticket_messages", "Get ticket messages", GetTicketMessages, MessagePage, _messages
    ),
    _read_tool(
        "get_ticket_metadata", "Get ticket metadata", GetTicketMetadata, TicketMetadata, _metadata
    ),
    _read_tool("get_tags", "Get tags", GetTags, TicketTags, _tags),
    _read_tool(
        "list_agents",
        "List agents",
        ListAgents,
        AgentPage,
        _agents,
        permission=Permission.DIRECTORY_READ,
    ),
    _read_tool(
        "list_departments",
        "List departments",
        ListDepartments,
        DepartmentPage,
        _departments,
        permission=Permission.DIRECTORY_READ,
    ),
    _read_tool("search_tickets", "Search tickets", TicketSearch, TicketPage, _search),
)
