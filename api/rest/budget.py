"""The shared budget of tool calls: how it stands, its terms, and who used it for what."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, patch
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType, field

from api.rest.acting import Acting, Conditions
from api.rest.asking import Body, Query, asked, from_query, misfit
from domain.application import Wish
from domain.budget import MAX_LIMIT, BudgetCommand, CallsPerSeat, SetCallsPerSeat, SetLimit
from domain.permissions import Permission
from domain.standing import budget_standing
from mcp_server.tools.read import Cursor
from projections.usage import MAX_ROWS, Dimension, LimitPage, ThresholdLine, Usage, UsageQuestion

Limit = Annotated[int, Meta(ge=0, le=MAX_LIMIT)]


class BudgetChange(Body, frozen=True):
    """What to change of the budget's terms; what is absent stays as it is."""

    monthly_limit: (
        Annotated[
            Limit | None, Meta(description="A fixed limit; null: seats times calls per seat.")
        ]
        | UnsetType
    ) = UNSET
    calls_per_seat: (
        Annotated[CallsPerSeat, Meta(description="What a seat is worth a month.")] | UnsetType
    ) = UNSET


class BudgetTerms(Struct, frozen=True, kw_only=True):
    """What makes the budget's limit."""

    monthly_limit: Annotated[int, Meta(description="Of a whole month, in tool calls.")]
    fixed: Annotated[bool, Meta(description="Whether it was set, whatever the seats.")]
    seats: Annotated[int, Meta(description="Active agents with a seat.")]
    calls_per_seat: Annotated[int, Meta(description="What each is worth a month.")]


class BudgetAnswer(BudgetTerms, frozen=True, kw_only=True):
    """How the budget stands in the month that runs (UTC), in tool calls."""

    limit: Annotated[int, Meta(description="The month's limit: never below what was used.")]
    used: Annotated[int, Meta(description="Accepted tool calls of the month so far.")]
    remaining: Annotated[int, Meta(description="What is left until then.")]
    resets_at: Annotated[datetime, Meta(description="When the next month begins.")]
    thresholds: Annotated[list[ThresholdLine], Meta(description="Those the month has reached.")]


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


@get("/budget", operation_id="get_budget", tags=["budget"])
async def get_budget(acting: NamedDependency[Acting]) -> BudgetAnswer:
    """Read how the shared budget of tool calls stands."""
    await acting.reading()
    office = acting.office
    now = await budget_standing(office.helpdesk)
    return BudgetAnswer(
        limit=now.limit,
        used=now.used,
        remaining=now.remaining,
        resets_at=now.resets_at,
        monthly_limit=now.monthly_limit,
        fixed=now.fixed,
        seats=now.seats,
        calls_per_seat=now.calls_per_seat,
        thresholds=await office.views.list_thresholds(office.now().date()),
    )


@patch("/budget", operation_id="change_budget", tags=["budget"])
async def change_budget(
    data: JSONBody[BudgetChange],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[BudgetTerms]:
    """Fix the monthly limit or give it back, and set what a seat is worth."""
    commands: list[BudgetCommand] = []
    if data.calls_per_seat is not UNSET:
        commands.append(SetCallsPerSeat(calls_per_seat=data.calls_per_seat))
    if data.monthly_limit is not UNSET:
        commands.append(SetLimit(limit=data.monthly_limit))
    if not commands:
        raise misfit("it names nothing to change")
    done = await acting.act(
        "change_budget",
        asked(data),
        [Wish(command) for command in commands],
        lambda done: BudgetTerms(
            monthly_limit=done.state.limit,
            fixed=done.state.fixed,
            seats=done.state.seats,
            calls_per_seat=done.state.calls_per_seat,
        ),
        BudgetTerms,
        conditions=conditions,
    )
    return done.response()


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
    await _reading_use(acting)
    today = acting.office.now().date()
    question = UsageQuestion(
        from_day=today.replace(day=1) if listing.from_day is UNSET else listing.from_day,
        to_day=today if listing.to_day is UNSET else listing.to_day,
        by=frozenset(listing.by),
        agent=listing.agent_id or None,
        client=None if listing.client is UNSET else listing.client,
        tool=None if listing.tool is UNSET else listing.tool,
        limit=listing.limit,
    )
    return await acting.office.views.get_usage(question)


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
    await _reading_use(acting)
    return await acting.office.views.list_limits(cursor=listing.cursor or None)


async def _reading_use(acting: Acting) -> None:
    """Let in those who manage the budget, and those who read the audit trail."""
    caller = await acting.reading()
    if not caller.may(Permission.AUDIT_READ):
        caller.require(Permission.SETTINGS_MANAGE)


ENDPOINTS = (get_budget, change_budget, get_usage, list_limits)
