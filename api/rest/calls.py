"""Calls: what was asked of the helpdesk, by whom, through what, and what came of it."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from msgspec import UNSET, Meta, UnsetType, field

from api.rest.acting import Acting
from api.rest.asking import Query, from_query
from domain.fact import Via
from domain.permissions import Permission, Scope
from mcp_server.tools.read import Cursor
from projections.audit import CallFilter, CallPage
from projections.question import Moment, moment

Word = Annotated[str, Meta(max_length=200)]


class CallListing(Query, frozen=True):
    """Which calls to list: those that meet all that is given."""

    agent_id: (
        Annotated[UUID, Meta(description="By this agent; without audit:read, one's own only.")]
        | UnsetType
    ) = UNSET
    tool: Annotated[Word, Meta(description="Of this tool or operation.")] | UnsetType = UNSET
    outcome: Annotated[Word, Meta(description="ok, replayed, or a refusal's code.")] | UnsetType = (
        UNSET
    )
    ticket_id: Annotated[Word, Meta(description="On this ticket: id or code.")] | UnsetType = UNSET
    via: Annotated[Via, Meta(description="Through this.")] | UnsetType = UNSET
    credential_id: (
        Annotated[UUID, Meta(description="With this token, session or app.")] | UnsetType
    ) = UNSET
    at_from: Annotated[Moment, Meta(description="Then or later.")] | UnsetType = field(
        default=UNSET, name="from"
    )
    at_to: Annotated[Moment, Meta(description="Before then.")] | UnsetType = field(
        default=UNSET, name="to"
    )
    cursor: Cursor | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=100, description="Calls a page, at most.")] = 50


def filter_of(listing: CallListing, agent: UUID | None) -> CallFilter:
    """Return what a listing asks for of one agent's calls, or of all."""
    return CallFilter(
        agent=agent,
        tool=listing.tool or None,
        outcome=listing.outcome or None,
        ticket=listing.ticket_id or None,
        via=listing.via or None,
        credential=listing.credential_id or None,
        at_from=moment(listing.at_from) if listing.at_from else None,
        at_to=moment(listing.at_to) if listing.at_to else None,
    )


@get(
    "/calls",
    operation_id="list_calls",
    tags=["calls"],
    dependencies={"listing": from_query(CallListing)},
)
async def list_calls(
    acting: NamedDependency[Acting], listing: NamedDependency[CallListing]
) -> CallPage:
    """List the calls that were made, newest first: all for auditors, one's own for others."""
    caller = acting.reading()
    agent = listing.agent_id or None
    if not caller.may(Permission.AUDIT_READ):
        caller.require_scope(Scope.ADMIN)
        agent = agent or caller.agent
        if agent != caller.agent:
            caller.require(Permission.AUDIT_READ)
    return await acting.office.views.list_calls(
        filter_of(listing, agent), cursor=listing.cursor or None, limit=listing.limit
    )


ENDPOINTS = (list_calls,)
