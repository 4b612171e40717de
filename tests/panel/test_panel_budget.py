"""Admin in the panel: the month's budget, by day, agent, client and tool."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from urllib.parse import quote

import pytest

from api.pages.admin.budget_chart import axis_to, chart_of
from api.pages.admin.budget_month import thresholds_of
from domain.permissions import Permission
from domain.standing import budget_standing
from projections.usage import ThresholdLine, UsageRow
from tests.mcp.company import Company
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.panel.conftest import Join, RoleOf
from tests.panel.guarding import forge
from tests.sign_in.browser import Browser

PAGE = "/admin/budget"


def test_the_budget_page_tells_who_used_it_for_what(
    product: Served, company: Company, adam: Browser
) -> None:
    token = company.token("Ben")
    for _ in range(12):  # more than the agents of other tests: the page shows who used most
        assert call(token, "list_departments").send(product.port).status == 200
    product.settle()
    page = adam.get("/admin/budget")
    assert page.status == 200
    for words in ("<dt>Used</dt>", "<title>", ">Ben</bdi>", ">list_departments</bdi>"):
        assert words in page.text
    assert "style=" not in page.text
    # Who may read the audit trail is led to the calls behind each line.
    for name in ("Ben", "Wire", "list_departments"):
        link = re.search(rf'<a href="([^"]+)"><bdi>{name}<', page.text)
        assert link
        calls = adam.get(unescape(link[1]))
        assert calls.status == 200
        assert ">list_departments<" in calls.text


def test_who_reads_the_audit_trail_reads_the_budget_others_do_not(
    ana: Browser, join: Join, role_of: RoleOf
) -> None:
    _, auditor = join("Ada", role_of(Permission.AUDIT_READ))
    assert auditor.get("/").location == "/audit"
    assert auditor.get("/admin").location == "/admin/budget"
    assert auditor.get("/admin/budget").status == 200
    assert ana.get("/admin/budget").status == 403


def test_a_month_is_laid_out_with_round_values_today_and_the_limits_pace() -> None:
    rows = [
        UsageRow(calls=900, units=900, day=date(2026, 2, 28)),
        UsageRow(calls=5, units=1, day=date(2026, 2, 3)),
        UsageRow(calls=5, units=0, day=date(2026, 2, 2)),
    ]
    chart = chart_of(rows, date(2026, 2, 1), date(2026, 2, 28), 28_000)
    assert len(chart.bars) == 28
    assert {bar.day.day: bar.height for bar in chart.bars if bar.height} == {3: 2, 28: 135}
    assert [tick.value for tick in chart.ticks] == [0, 500, 1_000]
    assert [tick.short for tick in chart.ticks] == ["0", "500", "1k"]
    assert chart.pace
    assert (chart.pace.value, chart.pace.y) == (1_000, chart.ticks[-1].y)
    labels = [bar.label for bar in chart.bars if bar.label]
    assert labels == ["1", "8", "15", "22", "today"]
    # Far above the bars, it would leave nothing of them.
    assert chart_of(rows, date(2026, 2, 1), date(2026, 3, 1), 10**9).pace is None


def test_a_month_without_calls_is_no_fault() -> None:
    chart = chart_of([], date(2026, 1, 1), date(2026, 1, 1), None)
    assert not any(bar.height for bar in chart.bars)
    assert [tick.value for tick in chart.ticks] == [0, 1]


@pytest.mark.parametrize("most", [0, 1, 4, 5, 9, 41, 100, 101, 999, 10**15])
def test_an_axis_is_round_short_and_long_enough(most: int) -> None:
    values = axis_to(most)
    assert values[-1] >= most
    assert values[-1] < max(2 * most, 2)
    assert 2 <= len(values) <= 5
    assert str(values[1])[0] in "125"


def test_months_are_walked_and_junk_is_none(adam: Browser) -> None:
    now = datetime.now(UTC)
    before = (now.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    assert f'href="{PAGE}?month={before}"' in adam.get(PAGE).text
    past = adam.get(f"{PAGE}?month={before}")
    assert "No calls in" in past.text
    assert f'href="{PAGE}?month={now:%Y-%m}"' in past.text
    assert "Set limit" not in past.text
    assert adam.get(f"{PAGE}?month=0001-01").status == 200
    for junk in ("2026-13", "2026-1", "x", "9999-12", "٢٠٢٦-01", "2026-01-01"):
        assert adam.get(f"{PAGE}?month={quote(junk)}").status == 400, junk


def test_the_limit_is_fixed_and_given_back_to_the_seats(
    product: Served, adam: Browser, join: Join, role_of: RoleOf
) -> None:
    before = product.run(budget_standing(product.desk.helpdesk))
    done = adam.submit(PAGE, f"{PAGE}/limit", kind="fixed", monthly_limit="123,456")
    try:
        assert done.location == f"{PAGE}?done=limit"
        text = adam.get(done.location).text
        assert "123,456 calls a month, fixed" in text
        assert "The limit is set" in text
    finally:
        kept = str(before.calls_per_seat)
        adam.submit(PAGE, f"{PAGE}/limit", kind="seats", calls_per_seat=kept)
    assert "calls a month, fixed" not in adam.get(PAGE).text
    for form in ({}, {"kind": "fixed", "monthly_limit": "<many>"}, {"kind": "seats"}):
        refused = forge(adam, f"{PAGE}/limit", **form)
        assert refused.status == 400
        assert refused.refusal
    assert (
        'value="&lt;many&gt;"'
        in forge(adam, f"{PAGE}/limit", kind="fixed", monthly_limit="<many>").text
    )
    _, auditor = join("Abe", role_of(Permission.AUDIT_READ))
    assert "Set limit" not in auditor.get(PAGE).text
    assert forge(auditor, f"{PAGE}/limit", kind="fixed", monthly_limit="1").status == 403
    after = product.run(budget_standing(product.desk.helpdesk))
    assert (after.fixed, after.calls_per_seat) == (before.fixed, before.calls_per_seat)


def test_thresholds_that_were_reached_and_those_to_come_are_told() -> None:
    at = datetime(2026, 2, 9, tzinfo=UTC)
    line = ThresholdLine(at, date(2026, 2, 1), 80, 50, 40)
    first, *others = thresholds_of(99, [line])
    assert (first.percent, first.calls, first.reached) == (80, 80, [line])
    assert [(other.calls, other.reached) for other in others] == [(95, []), (99, [])]


def test_the_budget_without_a_session_leads_to_sign_in_and_back(product: Served) -> None:
    answer = Browser(product.port).get("/admin/budget")
    assert answer.location == "/login?next=/admin/budget"
