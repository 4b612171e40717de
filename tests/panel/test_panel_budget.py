"""Admin in the panel: the month's budget, by day, agent, client and tool."""

from datetime import date

from api.pages.admin_budget import bars_of
from domain.permissions import Permission
from projections.usage import UsageRow
from tests.mcp.company import Company
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.panel.conftest import Join, RoleOf
from tests.sign_in.browser import Browser


def test_the_budget_page_tells_who_used_it_for_what(
    product: Served, company: Company, adam: Browser
) -> None:
    token = company.token("Ben")
    for _ in range(12):  # more than the agents of other tests: the page shows who used most
        assert call(token, "list_departments").send(product.port).status == 200
    assert product.run(product.desk.views_caught_up())
    page = adam.get("/admin/budget")
    assert page.status == 200
    for words in ("tool calls used", "<title>", ">Ben</th>", ">list_departments</th>"):
        assert words in page.text
    assert "style=" not in page.text


def test_who_reads_the_audit_trail_reads_the_budget_others_do_not(
    ana: Browser, join: Join, role_of: RoleOf
) -> None:
    _, auditor = join("Ada", role_of(Permission.AUDIT_READ))
    assert auditor.get("/admin").location == "/admin/budget"
    assert auditor.get("/admin/budget").status == 200
    assert ana.get("/admin/budget").status == 403


def test_bars_stand_for_days_and_the_tallest_is_as_high_as_the_chart() -> None:
    rows = [
        UsageRow(calls=900, units=900, day=date(2026, 2, 28)),
        UsageRow(calls=5, units=1, day=date(2026, 2, 3)),
        UsageRow(calls=5, units=0, day=date(2026, 2, 2)),
    ]
    bars = bars_of(rows, date(2026, 2, 28))
    assert len(bars) == 28
    assert {bar.day.day: bar.height for bar in bars if bar.height} == {3: 2, 28: 150}
    assert bars[27].y == 0
    assert not any(bar.height for bar in bars_of([], date(2026, 1, 1)))


def test_the_budget_without_a_session_leads_to_sign_in_and_back(product: Served) -> None:
    answer = Browser(product.port).get("/admin/budget")
    assert answer.location == "/login?next=/admin/budget"
