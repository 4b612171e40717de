"""Questions about the shared budget: who used it for what, how its limit changed, what was reached."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, LiteralString, get_args
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from projections.budget import NOBODY
from projections.cursors import NextCursor, decode_cursor, encode_cursor
from projections.metadata import Named
from projections.pages import fill
from projections.view import Connection, qualified

MAX_ROWS = 1_000
PAGE = 100

Dimension = Literal["day", "agent", "client", "tool"]
"""What use can be told apart by, in the order in which rows name it."""


class UsageQuestion(Struct, frozen=True, kw_only=True):
    """Which calls to count: those of whole days (UTC), both included; None filters nothing.

    The client '' stands for those that named none, the tool '' for tools that there are not.
    """

    from_day: date
    to_day: date
    by: frozenset[Dimension] = frozenset({"day"})
    agent: UUID | None = None
    client: str | None = None
    tool: str | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_ROWS)] = MAX_ROWS


class UsageRow(Struct, frozen=True, omit_defaults=True):
    """Calls and the units they were charged; `agent` is None for callers inside the house."""

    calls: int
    units: int
    day: date | UnsetType = UNSET
    agent: Named | UnsetType | None = UNSET
    client: str | UnsetType = UNSET
    tool: str | UnsetType = UNSET


class Usage(Struct, frozen=True):
    """Use: the newest days first, the most units first within; the sums are of all rows."""

    rows: list[UsageRow]
    calls: int
    units: int
    more: bool
    """Whether there are more rows than were asked for."""


class LimitChange(Struct, frozen=True, omit_defaults=True):
    """What the limit became, when, and by which change; `agent` is absent inside the house."""

    at: datetime
    limit: int
    via: str
    seats: int | UnsetType = UNSET
    calls_per_seat: int | UnsetType = UNSET
    fixed: bool | UnsetType = UNSET
    agent: Named | UnsetType = UNSET


class LimitPage(Struct, frozen=True, omit_defaults=True):
    """Changes of the limit, the last one first."""

    limits: list[LimitChange]
    next_cursor: NextCursor | UnsetType = UNSET


class ThresholdLine(Struct, frozen=True):
    """A month's use came to `threshold` percent of the limit as it was then."""

    at: datetime
    period: date
    threshold: int
    limit: int
    used: int


_USAGE: LiteralString = """
WITH s AS (
    SELECT day, agent, client, tool, sum(calls)::int8 AS calls, sum(units)::int8 AS units,
        (sum(sum(calls)) OVER ())::int8 AS all_calls, (sum(sum(units)) OVER ())::int8 AS all_units
    FROM (
        SELECT CASE WHEN %(by_day)s THEN u.day END AS day,
            CASE WHEN %(by_agent)s THEN u.agent END AS agent,
            CASE WHEN %(by_client)s THEN u.client END AS client,
            CASE WHEN %(by_tool)s THEN u.tool END AS tool, u.calls, u.units
        FROM {views}.budget_use u
        WHERE u.day BETWEEN %(from_day)s AND %(to_day)s
            AND (%(agent)s::uuid IS NULL OR u.agent = %(agent)s)
            AND (%(client)s::text IS NULL OR u.client = %(client)s)
            AND (%(tool)s::text IS NULL OR u.tool = %(tool)s)
    ) u
    GROUP BY day, agent, client, tool
)
SELECT s.calls, s.units, s.day, s.agent, a.name, s.client, s.tool, s.all_calls, s.all_units
FROM s LEFT JOIN {views}.agents a ON a.id = s.agent
ORDER BY s.day DESC, s.units DESC, s.calls DESC, s.agent, s.client, s.tool LIMIT %(rows)s
"""
_LIMITS: LiteralString = """
SELECT l.position, l.at, l.monthly_limit, l.via, l.seats, l.calls_per_seat, l.fixed, l.agent, a.name
FROM {views}.budget_limits l LEFT JOIN {views}.agents a ON a.id = l.agent
WHERE l.position < %s ORDER BY l.position DESC LIMIT %s
"""
_REACHED: LiteralString = """
SELECT at, period, threshold, monthly_limit, used FROM {views}.budget_thresholds
WHERE period = %s ORDER BY position
"""
_END = 2**62


async def get_usage(connection: Connection, views: str, question: UsageQuestion) -> Usage:
    """Add up calls and units by what the question tells apart, over the days it names."""
    cursor = await connection.execute(
        qualified(_USAGE, views),
        {
            **{f"by_{name}": name in question.by for name in get_args(Dimension)},
            "from_day": question.from_day,
            "to_day": question.to_day,
            "agent": question.agent,
            "client": question.client,
            "tool": question.tool,
            "rows": question.limit + 1,
        },
        binary=True,
    )
    rows = await cursor.fetchall()
    *_, calls, units = rows[0] if rows else (0, 0)
    shown = [_usage_row(row, question.by) for row in rows[: question.limit]]
    return Usage(shown, calls, units, more=len(rows) > question.limit)


async def list_limits(connection: Connection, views: str, cursor: str | None) -> LimitPage:
    """Return how the limit came about, the last change first."""
    (end,) = decode_cursor(cursor, "budget_limits", tuple[int]) if cursor else (_END,)
    found = await connection.execute(qualified(_LIMITS, views), (end, PAGE + 1), binary=True)
    limits, last = fill(await found.fetchall(), PAGE, _limit_change)
    return LimitPage(limits, encode_cursor("budget_limits", (last[0],)) if last else UNSET)


async def list_thresholds(connection: Connection, views: str, day: date) -> list[ThresholdLine]:
    """Return what was reached in the month (UTC) that a day lies in, in the order of time."""
    found = await connection.execute(qualified(_REACHED, views), (day.replace(day=1),), binary=True)
    return [ThresholdLine(*row) async for row in found]


def _usage_row(row: Sequence[Any], by: frozenset[Dimension]) -> UsageRow:
    calls, units, day, agent, name, client, tool, *_ = row
    whose = Named(agent, name or "") if agent and agent != NOBODY else None
    return UsageRow(
        calls=calls,
        units=units,
        day=UNSET if day is None else day,
        agent=whose if "agent" in by else UNSET,
        client=UNSET if client is None else client,
        tool=UNSET if tool is None else tool,
    )


def _limit_change(row: Sequence[Any]) -> LimitChange:
    _, at, limit, via, seats, calls_per_seat, fixed, agent, name = row
    return LimitChange(
        at=at,
        limit=limit,
        via=via,
        seats=UNSET if seats is None else seats,
        calls_per_seat=UNSET if calls_per_seat is None else calls_per_seat,
        fixed=UNSET if fixed is None else fixed,
        agent=Named(agent, name or "") if agent else UNSET,
    )
