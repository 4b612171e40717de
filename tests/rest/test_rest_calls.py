"""Calls over HTTP: everybody's for auditors, one's own for others."""

import pytest

from tests.mcp.company import Company
from tests.mcp.serving import Served
from tests.rest.client import Client
from tests.rest.conftest import Hire, Hired


@pytest.fixture(scope="module")
def busy(hire: Hire, product: Served) -> Hired:
    """Somebody who asked for four things and got two of them."""
    hired = hire()
    made = hired.client.post("/tokens", {"label": "first"}).body
    hired.client.post("/departments", {"name": "N"}).refused(403, "permission_denied")
    assert hired.client.post(f"/tokens/{made['id']}/revoke").status == 200
    hired.client.patch("/budget", {"monthly_limit": 5}).refused(403, "permission_denied")
    product.settle()
    return hired


TOOLS = ["change_budget", "revoke_token", "add_department", "generate_token"]


def test_one_sees_ones_own_newest_first(busy: Hired) -> None:
    calls = busy.client.get("/calls").body["calls"]
    assert [call["tool"] for call in calls] == TOOLS
    assert [call["outcome"] for call in calls] == [
        "permission_denied",
        "ok",
        "permission_denied",
        "ok",
    ]
    assert calls[0]["arguments"] == {"monthly_limit": 5}
    assert {call["agent"]["id"] for call in calls} == {str(busy.member.id)}
    assert {call["via"] for call in calls} == {"rest"}
    same = busy.client.get(f"/calls?agent_id={busy.member.id}").body["calls"]
    assert same == calls


def test_others_calls_are_auditors_to_see(busy: Hired, adam: Client, company: Company) -> None:
    ana = company.members["Ana"].id
    refused = busy.client.get(f"/calls?agent_id={ana}")
    refused.refused(403, "permission_denied")
    assert refused.body["permission"] == "audit:read"
    seen = adam.get(f"/calls?agent_id={busy.member.id}").body["calls"]
    assert [call["tool"] for call in seen] == TOOLS


@pytest.mark.parametrize(
    ("query", "tools"),
    [
        ("tool=revoke_token", ["revoke_token"]),
        ("outcome=permission_denied", ["change_budget", "add_department"]),
        ("via=rest", TOOLS),
        ("via=panel", []),
        ("client=Nobody", []),
        ("from=2020-01-01", TOOLS),
        ("to=2020-01-01", []),
        ("ticket_id=AAA-00000", []),
    ],
)
def test_filters_narrow(busy: Hired, adam: Client, query: str, tools: list[str]) -> None:
    answer = adam.get(f"/calls?agent_id={busy.member.id}&{query}")
    assert [call["tool"] for call in answer.body["calls"]] == tools


def test_pages_follow_one_another(busy: Hired, adam: Client) -> None:
    path = f"/calls?agent_id={busy.member.id}&limit=3"
    first = adam.get(path).body
    rest = adam.get(f"{path}&cursor={first['next_cursor']}").body
    assert [call["tool"] for call in first["calls"] + rest["calls"]] == TOOLS
    assert "next_cursor" not in rest
    misused = adam.get(f"/calls?limit=3&cursor={first['next_cursor']}")
    assert "cursor" in misused.refused(400, "invalid_arguments")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("via=pigeon", "'$.via'"),
        ("limit=101", "'$.limit'"),
        ("credential_id=1", "…Ab3x"),
        ("from=noon", "'noon'"),
        ("since=2026-01-01", "'since'"),
    ],
)
def test_what_does_not_fit_is_named(adam: Client, query: str, field: str) -> None:
    assert field in adam.get(f"/calls?{query}").refused(400, "invalid_arguments")
