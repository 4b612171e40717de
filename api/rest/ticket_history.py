"""What happened to a ticket: told alike, whether through MCP, this API or the pages."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from msgspec import UNSET, Meta, UnsetType

from api.rest.acting import Acting
from api.rest.asking import Query, from_query
from api.rest.calls import Word
from api.rest.tickets import ONE, TicketId
from domain.fact import Via
from domain.permissions import Permission
from mcp_server.tools.read import Cursor
from projections.conversation import Order
from projections.history import ActivityPage, HistoryFilter


class ActivityListing(Query, frozen=True):
    """Which part of a ticket's history to list."""

    cursor: Cursor | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=100, description="Lines a page, at most.")] = 50
    order: Annotated[Order, Meta(description="desc: the latest first.")] = "desc"
    via: Annotated[tuple[Via, ...], Meta(max_length=10, description="By one of these ways.")] = ()
    client: (
        Annotated[Word, Meta(description="Through this client: its name, or an app's client_id.")]
        | UnsetType
    ) = UNSET
    topic: Annotated[
        tuple[Word, ...],
        Meta(max_length=20, description="Of one of these kinds, such as ticket.resolved."),
    ] = ()

    def filter(self) -> HistoryFilter:
        """Return what the history is narrowed by."""
        return HistoryFilter(ways=self.via, client=self.client or "", topics=self.topic)


@get(
    f"{ONE}/activity",
    operation_id="list_ticket_activity",
    tags=["tickets"],
    dependencies={"listing": from_query(ActivityListing)},
)
async def list_ticket_activity(
    ticket_id: TicketId, listing: NamedDependency[ActivityListing], acting: NamedDependency[Acting]
) -> ActivityPage:
    """Read a ticket's history. Each line tells who did what, in which role, and through what."""
    caller = acting.reading(Permission.TICKETS_READ)
    return await acting.services.views.list_activity(
        caller,
        ticket_id,
        cursor=listing.cursor or None,
        limit=listing.limit,
        order=listing.order,
        wanted=listing.filter(),
    )


ENDPOINTS = (list_ticket_activity,)
