"""Calls: what was asked of the helpdesk, by whom, through what, and what came of it."""

from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from msgspec import UNSET, Meta, UnsetType, field
from msgspec.structs import replace

from api.rest.acting import Acting
from api.rest.asking import Query, from_query
from domain.fact import Via
from domain.permissions import Permission, Scope
from mcp_server.tools.read import Cursor
from projections.audit import CallFilter, CallPage
from projections.question import Moment, moment

Word = Annotated[str, Meta(max_length=200)]


class TrailListing(Query, frozen=True):
    """What calls and facts alike are narrowed by: those that meet all that is given."""

    agent_id: Annotated[UUID, Meta(description="By this agent.")] | UnsetType = UNSET
    client: (
        Annotated[Word, Meta(description="Through this client: its name, or an app's client_id.")]
        | UnsetType
    ) = UNSET
    credential_id: (
        Annotated[
            Word,
            Meta(
                description="With this token, session or app: its id; or what is shown of a token, "
                "such as …Ab3x."
            ),
        ]
        | UnsetType
    ) = UNSET
    ticket_id: Annotated[Word, Meta(description="On this ticket: id or code.")] | UnsetType = UNSET
    via: Annotated[Via, Meta(description="Through this.")] | UnsetType = UNSET
    at_from: Annotated[Moment, Meta(description="Recorded then or later.")] | UnsetType = field(
        default=UNSET, name="from"
    )
    at_to: Annotated[Moment, Meta(description="Recorded before then.")] | UnsetType = field(
        default=UNSET, name="to"
    )
    cursor: Cursor | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=100, description="Lines a page, at most.")] = 50

    def trail(self) -> dict[str, Any]:
        """Return what is asked for, as the fields of a `TrailFilter`."""
        return {
            "agent": self.agent_id or None,
            "client": self.client or None,
            "credential": self.credential_id or None,
            "ticket": self.ticket_id or None,
            "via": self.via or None,
            "at_from": moment(self.at_from) if self.at_from else None,
            "at_to": moment(self.at_to) if self.at_to else None,
        }


class CallListing(TrailListing, frozen=True):
    """Which calls to list: those that meet all that is given."""

    tool: Annotated[Word, Meta(description="Of this tool or operation.")] | UnsetType = UNSET
    outcome: Annotated[Word, Meta(description="ok, replayed, or a refusal's code.")] | UnsetType = (
        UNSET
    )

    def filter(self) -> CallFilter:
        """Return what is asked for."""
        return CallFilter(**self.trail(), tool=self.tool or None, outcome=self.outcome or None)


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
    return await acting.services.views.list_calls(
        replace(listing.filter(), agent=agent), cursor=listing.cursor or None, limit=listing.limit
    )


ENDPOINTS = (list_calls,)
