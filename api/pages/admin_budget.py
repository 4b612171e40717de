"""The shared budget, for those who may read its use: how the month stands, and who used it for what."""

import calendar
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from litestar import Response, get
from litestar.di import NamedDependency

from api.pages.front import Front, Page
from api.pages.panel import ADMIN, ADMINISTRATION, Here, panel_of
from api.rest.acting import Office
from api.rest.usage import reading_use
from domain.standing import budget_standing
from projections.usage import Dimension, UsageQuestion, UsageRow

BUDGET = f"{ADMIN}/budget"
_HERE = Here(bar=ADMIN, section=ADMINISTRATION, path=BUDGET)
_MOST = 20
# The chart, in units of its own: as wide as a month of steps.
_STEP, _BAR, _TALL = 20, 14, 150


class Bar(NamedTuple):
    """A day of the chart: where its bar stands, and what it tells."""

    day: date
    units: int
    x: int
    y: int
    width: int
    height: int


class Line(NamedTuple):
    """What somebody or something used."""

    name: str
    calls: int
    units: int


class Table(NamedTuple):
    """Use told apart by one thing; `more` where not all of it is shown."""

    title: str
    column: str
    lines: list[Line]
    more: bool


@get(BUDGET)
async def budget_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    panel = await panel_of(request, front)
    await reading_use(panel.acting)
    office = front.office
    today = office.now().date()
    by_day = await office.views.get_usage(_this_month(today, "day"))
    shown = {
        "standing": await budget_standing(office.helpdesk),
        "reached": await office.views.list_thresholds(today),
        "month": today.replace(day=1),
        "days": by_day.rows,
        "bars": bars_of(by_day.rows, today),
        "chart": {"width": 31 * _STEP, "tall": _TALL},
        "tables": [
            await _table(office, today, "agent", "Agent", _agent_of),
            await _table(office, today, "client", "Client", lambda row: row.client or "unnamed"),
            await _table(office, today, "tool", "Tool", lambda row: row.tool or "unknown"),
        ],
    }
    return panel.page("admin_budget", shown, _HERE)


def bars_of(rows: list[UsageRow], today: date) -> list[Bar]:
    """Return a bar for each day of the month, the tallest as high as the chart."""
    units = {row.day: row.units for row in rows}
    most = max(units.values(), default=0)
    _, last = calendar.monthrange(today.year, today.month)
    bars: list[Bar] = []
    for number in range(1, last + 1):
        day = today.replace(day=number)
        used = units.get(day, 0)
        height = max(round(_TALL * used / most), 2) if used else 0
        x = (number - 1) * _STEP + (_STEP - _BAR) // 2
        bars.append(Bar(day, used, x, _TALL - height, _BAR, height))
    return bars


async def _table(
    office: Office, today: date, by: Dimension, column: str, name: Callable[[UsageRow], str]
) -> Table:
    use = await office.views.get_usage(_this_month(today, by))
    lines = [Line(name(row), row.calls, row.units) for row in use.rows]
    return Table(f"By {by}", column, lines, use.more)


def _this_month(today: date, by: Dimension) -> UsageQuestion:
    first = today.replace(day=1)
    limit = 31 if by == "day" else _MOST
    return UsageQuestion(from_day=first, to_day=today, by=frozenset({by}), limit=limit)


def _agent_of(row: UsageRow) -> str:
    return row.agent.name if row.agent else "inside the house"


ENDPOINTS = (budget_page,)
