"""What happened to a ticket: told alike, whether through MCP, this API or the pages."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from msgspec import UNSET, Meta, UnsetType

from api.rest.acting import Acting
from api.rest.asking import Query, from_query
from api.rest.tickets import ONE, TicketId
from domain.permissions import Permission
from mcp_server.tools.read import Cursor
from projections.conversation import Order
from projections.history import ActivityPage


class ActivityListing(Query, frozen=True):
    """Which part of a ticket's history to list."""

    cursor: Cursor | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=100, description="Lines a page, at most.")] = 50
    order: Annotated[Order, Meta(description="desc: the latest first.")] = "desc"


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
    return await acting.office.views.list_activity(
        caller,
        ticket_id,
        cursor=listing.cursor or None,
        limit=listing.limit,
        order=listing.order,
    )


ENDPOINTS = (list_ticket_activity,)
