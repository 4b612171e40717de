"""The shared budget of tool calls: how it stands, and its terms."""

from datetime import datetime
from typing import Annotated

from litestar import Response, get, patch
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from api.rest.acting import Acting, Conditions, Outcome, etag
from api.rest.asking import Body, asked, misfit
from domain.application import Wish
from domain.budget import MAX_LIMIT, BudgetCommand, CallsPerSeat, SetCallsPerSeat, SetLimit
from domain.standing import budget_standing
from projections.usage import ThresholdLine

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


@get("/budget", operation_id="get_budget", tags=["budget"])
async def get_budget(acting: NamedDependency[Acting]) -> Response[BudgetAnswer]:
    """Read how the shared budget of tool calls stands; the ETag is the version of its terms."""
    acting.reading()
    services = acting.services
    now = await budget_standing(services.helpdesk)
    answer = BudgetAnswer(
        limit=now.limit,
        used=now.used,
        remaining=now.remaining,
        resets_at=now.resets_at,
        monthly_limit=now.monthly_limit,
        fixed=now.fixed,
        seats=now.seats,
        calls_per_seat=now.calls_per_seat,
        thresholds=await services.views.list_thresholds(services.now().date()),
    )
    return Response(answer, headers={"ETag": etag(now.version)})


@patch("/budget", operation_id="change_budget", tags=["budget"])
async def change_budget(
    data: JSONBody[BudgetChange],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[BudgetTerms]:
    """Fix the monthly limit or give it back, and set what a seat is worth."""
    return (await set_terms(acting, data, conditions)).response()


async def set_terms(
    acting: Acting, data: BudgetChange, conditions: Conditions
) -> Outcome[BudgetTerms]:
    """Change what is named of the budget's terms."""
    commands: list[BudgetCommand] = []
    if data.calls_per_seat is not UNSET:
        commands.append(SetCallsPerSeat(calls_per_seat=data.calls_per_seat))
    if data.monthly_limit is not UNSET:
        commands.append(SetLimit(limit=data.monthly_limit))
    if not commands:
        raise misfit("it names nothing to change")
    return await acting.act(
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


ENDPOINTS = (get_budget, change_budget)
