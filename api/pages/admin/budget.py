"""The shared budget, for those who may read its use: how a month stood, who used it for what, its limit."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency

from api.pages.account.browsers import browser_of
from api.pages.admin.budget_chart import chart_of
from api.pages.admin.budget_form import filled, terms_in
from api.pages.admin.budget_month import Month, forecast, limit_at, month_of, thresholds_of, tone_of
from api.pages.front import Front, Page, notice_of
from api.pages.panel import ADMIN, ADMINISTRATION, AUDIT, Here, Panel, panel_of
from api.pages.rendering import see_other
from api.pages.wording import explained
from api.problems import status_of
from api.rest.acting import Conditions
from api.rest.budget import set_terms
from api.rest.usage import reading_use
from api.services import Services
from domain.permissions import Permission
from domain.refusals import Code, Refused
from domain.standing import budget_standing
from projections.usage import Dimension, UsageQuestion, UsageRow

BUDGET = f"{ADMIN}/budget"
_HERE = Here(bar=ADMIN, section=ADMINISTRATION, path=BUDGET)
_DONE = {"limit": "The limit is set, and holds from now on."}
_MOST_DAYS, _MOST_LINES, _MOST_CHANGES = 31, 20, 10


class Line(NamedTuple):
    """What somebody or something used; `wide` is its share of all, of 100; `path` lists the calls."""

    name: str
    path: str
    calls: int
    units: int
    wide: int

    @property
    def share(self) -> str:
        return "<1 %" if self.units and not self.wide else f"{self.wide} %"


class Table(NamedTuple):
    """Use told apart by one thing; `more` where not all of it is shown."""

    column: str
    lines: list[Line]
    more: bool


@get(BUDGET)
async def budget_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    panel = await panel_of(request, front)
    month = month_of(request.query_params.get("month", ""), _today(front.services))
    notice = notice_of(request, _DONE)
    return await _budget(panel, month, notice=notice)


@post(f"{BUDGET}/limit")
async def set_limit(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    """Fix the monthly limit, or have it made by the seats."""
    panel = await panel_of(request, front)
    form = await panel.form()
    try:
        await set_terms(panel.acting, terms_in(form), Conditions())
    except Refused as refused:
        if refused.code is Code.PERMISSION_DENIED:
            raise  # for the page has no such form any more
        status = status_of(refused)
        month = month_of("", _today(front.services))
        return await _budget(panel, month, status, form, refusal=explained(refused))
    return see_other(f"{BUDGET}?done=limit")


async def _budget(
    panel: Panel,
    month: Month,
    status: int = 200,
    typed: Mapping[str, str] | None = None,
    **said: str,
) -> Response[str]:
    """Show a month; a form that was refused is as it was `typed`."""
    await reading_use(panel.acting)
    services = panel.services
    standing = await budget_standing(services.helpdesk)
    use = await services.views.get_usage(_use_in(month, "day"))
    changes = (await services.views.list_limits()).limits
    limit = standing.limit if month.is_now else limit_at(changes, month)
    form = filled(standing)
    shown = {
        "month": month,
        "standing": standing,
        "limit": limit,
        "tone": tone_of(standing),
        "forecast": forecast(standing, month, services.now()),
        "thresholds": thresholds_of(limit, await services.views.list_thresholds(month.first)),
        "use": use,
        "chart": chart_of(use.rows, month.first, _today(services), limit),
        "tables": await _tables(panel, month) if use.rows else [],
        "may_set": panel.caller.may(Permission.SETTINGS_MANAGE),
        "form": form if typed is None else {**form, **typed},
        "changes": changes[:_MOST_CHANGES],
        "base": BUDGET,
    }
    return panel.page("admin/budget", {**shown, **said}, _HERE, status=status)


async def _tables(panel: Panel, month: Month) -> list[Table]:
    may_list = panel.caller.may(Permission.AUDIT_READ)
    after = month.last + timedelta(days=1)
    days = {"from": f"{month.first}T00:00", "to": f"{after}T00:00"}

    def calls_of(**filters: str) -> str:
        return f"{AUDIT}?{urlencode({**filters, **days})}" if may_list else ""

    def of_agent(row: UsageRow) -> tuple[str, str]:
        if not row.agent:
            return "inside the house", ""
        return row.agent.name, calls_of(agent_id=str(row.agent.id))

    def of_client(row: UsageRow) -> tuple[str, str]:
        if not row.client:
            return "unnamed", ""
        return browser_of(row.client), calls_of(client=row.client)

    def of_tool(row: UsageRow) -> tuple[str, str]:
        return (row.tool, calls_of(tool=row.tool)) if row.tool else ("unknown", "")

    services = panel.services
    return [
        await _table(services, month, "agent", of_agent),
        await _table(services, month, "client", of_client),
        await _table(services, month, "tool", of_tool),
    ]


async def _table(
    services: Services, month: Month, by: Dimension, named: Callable[[UsageRow], tuple[str, str]]
) -> Table:
    use = await services.views.get_usage(_use_in(month, by))
    lines = [
        Line(*named(row), row.calls, row.units, round(100 * row.units / max(use.units, 1)))
        for row in use.rows
    ]
    return Table(by.capitalize(), lines, use.more)


def _use_in(month: Month, by: Dimension) -> UsageQuestion:
    limit = _MOST_DAYS if by == "day" else _MOST_LINES
    return UsageQuestion(from_day=month.first, to_day=month.last, by=frozenset({by}), limit=limit)


def _today(services: Services) -> date:
    return services.now().astimezone(UTC).date()


ENDPOINTS = (budget_page, set_limit)
