"""The shared budget's history: who used it for what, and how its limit came about."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from msgspec import UNSET, Meta, UnsetType, field

from api.rest.acting import Acting
from api.rest.asking import Query, from_query
from domain.permissions import Permission
from mcp_server.tools.read import Cursor
from projections.usage import MAX_ROWS, Dimension, LimitPage, Usage, UsageQuestion


class UsageListing(Query, frozen=True):
    """Which use to add up, and by what to tell it apart."""

    from_day: (
        Annotated[date, Meta(description="The first day (UTC); this month's first.")] | UnsetType
    ) = field(default=UNSET, name="from")
    to_day: Annotated[date, Meta(description="The last day; today.")] | UnsetType = field(
        default=UNSET, name="to"
    )
    by: Annotated[
        tuple[Dimension, ...],
        Meta(max_length=4, description="By what rows differ: given once for each."),
    ] = ("day",)
    agent_id: Annotated[UUID, Meta(description="Only this agent's.")] | UnsetType = UNSET
    client: (
        Annotated[str, Meta(max_length=200, description="Only by this client; empty: unnamed.")]
        | UnsetType
    ) = UNSET
    tool: (
        Annotated[str, Meta(max_length=200, description="Only of this tool; empty: unknown ones.")]
        | UnsetType
    ) = UNSET
    limit: Annotated[int, Meta(ge=1, le=MAX_ROWS, description="Rows, at most.")] = MAX_ROWS


class LimitListing(Query, frozen=True):
    """Which page of the limit's changes to list."""

    cursor: Cursor | UnsetType = UNSET


@get(
    "/budget/usage",
    operation_id="get_usage",
    tags=["budget"],
    dependencies={"listing": from_query(UsageListing)},
)
async def get_usage(
    acting: NamedDependency[Acting], listing: NamedDependency[UsageListing]
) -> Usage:
    """Add up calls and units by day, agent, client or tool."""
    await reading_use(acting)
    today = acting.services.now().date()
    question = UsageQuestion(
        from_day=today.replace(day=1) if listing.from_day is UNSET else listing.from_day,
        to_day=today if listing.to_day is UNSET else listing.to_day,
        by=frozenset(listing.by),
        agent=listing.agent_id or None,
        client=None if listing.client is UNSET else listing.client,
        tool=None if listing.tool is UNSET else listing.tool,
        limit=listing.limit,
    )
    return await acting.services.views.get_usage(question)


@get(
    "/budget/limits",
    operation_id="list_limits",
    tags=["budget"],
    dependencies={"listing": from_query(LimitListing)},
)
async def list_limits(
    acting: NamedDependency[Acting], listing: NamedDependency[LimitListing]
) -> LimitPage:
    """List how the limit came about: each change of it, the last one first."""
    await reading_use(acting)
    return await acting.services.views.list_limits(cursor=listing.cursor or None)


async def reading_use(acting: Acting) -> None:
    """Let in those who manage the budget, and those who read the audit trail."""
    caller = acting.reading()
    if not caller.may(Permission.AUDIT_READ):
        caller.require(Permission.SETTINGS_MANAGE)


ENDPOINTS = (get_usage, list_limits)
