"""The shared budget over HTTP."""

from collections.abc import Iterator

import pytest

from tests.mcp.records import Log
from tests.mcp.serving import Served
from tests.rest.client import Client
from tests.rest.conftest import Hire


@pytest.fixture(autouse=True)
def terms(adam: Client) -> Iterator[None]:
    """Leave the terms as they were found."""
    yield
    back = adam.patch("/budget", {"monthly_limit": None, "calls_per_seat": 1_000})
    assert back.status == 200


def test_everybody_sees_how_it_stands(ana: Client, log: Log) -> None:
    read = ana.get("/budget")
    budget = read.body
    assert budget["calls_per_seat"] == 1_000
    assert budget["monthly_limit"] == budget["limit"] == budget["seats"] * 1_000
    assert (budget["used"], budget["remaining"]) == (log.used(), budget["limit"] - log.used())
    assert (budget["fixed"], budget["thresholds"]) == (False, [])
    assert budget["resets_at"].endswith("-01T00:00:00Z")


def test_its_terms_change_only_at_the_version_that_was_read(adam: Client) -> None:
    seen = adam.get("/budget").etag
    assert adam.patch("/budget", {"calls_per_seat": 20}, If_Match=seen).status == 200
    late = adam.patch("/budget", {"calls_per_seat": 30}, If_Match=seen)
    late.refused(412, "precondition_failed")
    assert adam.get("/budget").body["calls_per_seat"] == 20


def test_calls_here_are_free(ana: Client, log: Log) -> None:
    used = ana.get("/budget").body["used"]
    assert ana.patch("/budget", {"monthly_limit": 1}).status == 403
    assert ana.get("/budget").body["used"] == log.used() == used


def test_it_grows_with_the_seats(adam: Client, hire: Hire) -> None:
    before = adam.get("/budget").body
    hired = hire()
    after = adam.get("/budget").body
    assert (after["seats"], after["limit"]) == (before["seats"] + 1, before["limit"] + 1_000)
    assert adam.post(f"{hired.path}/deactivate").status == 200
    assert adam.get("/budget").body == before


def test_a_limit_is_fixed_and_given_back(adam: Client, log: Log) -> None:
    seats = adam.get("/budget").body["seats"]
    with log.watched() as watched:
        fixed = adam.patch("/budget", {"monthly_limit": 50_000, "calls_per_seat": 10})
    assert (fixed.status, fixed.body) == (
        200,
        {"monthly_limit": 50_000, "fixed": True, "seats": seats, "calls_per_seat": 10},
    )
    assert watched.call.fact.tool == "change_budget"
    read = adam.get("/budget").body
    assert (read["limit"], read["fixed"]) == (50_000, True)
    back = adam.patch("/budget", {"monthly_limit": None}, If_Match=fixed.etag)
    assert (back.body["monthly_limit"], back.body["fixed"]) == (seats * 10, False)
    late = adam.patch("/budget", {"monthly_limit": 5}, If_Match=fixed.etag)
    late.refused(412, "precondition_failed")
    changes = adam.get("/budget/limits").body["limits"]
    assert [change["limit"] for change in changes[:2]] == [seats * 10, 50_000]
    assert changes[0]["agent"]["name"] == "Adam"


def test_use_is_told_by_agent_and_tool(adam: Client, hire: Hire, product: Served) -> None:
    hired = hire()
    for _ in range(3):
        hired.client.patch("/budget", {"monthly_limit": 5}).refused(403, "permission_denied")
    hired.client.post("/departments", {"name": "P"}).refused(403, "permission_denied")
    product.settle()
    rows = adam.get(f"/budget/usage?by=tool&agent_id={hired.member.id}").body
    assert (rows["calls"], rows["units"], rows["more"]) == (4, 0, False)
    assert rows["rows"] == [
        {"calls": 3, "units": 0, "tool": "change_budget"},
        {"calls": 1, "units": 0, "tool": "add_department"},
    ]
    by_both = f"/budget/usage?by=agent&by=day&tool=change_budget&agent_id={hired.member.id}"
    (row,) = adam.get(by_both).body["rows"]
    assert (row["calls"], row["agent"]["name"]) == (3, hired.member.name)
    assert "day" in row
    assert adam.get("/budget/usage?from=2001-01-01&to=2001-12-31").body["rows"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "'$.from'"),
        ("by=mood", "'$.by[0]'"),
        ("limit=0", "'$.limit'"),
        ("agent_id=Ana", "'$.agent_id'"),
        ("form=2026-01-01", "'form'"),
        ("to=2026-01-01&to=2026-02-01", "'to'"),
    ],
)
def test_a_question_that_does_not_fit_is_named(adam: Client, query: str, field: str) -> None:
    assert field in adam.get(f"/budget/usage?{query}").refused(400, "invalid_arguments")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "nothing"),
        ({"monthly_limit": -1}, "'$.monthly_limit'"),
        ({"monthly_limit": "5"}, "'$.monthly_limit'"),
        ({"calls_per_seat": None}, "'$.calls_per_seat'"),
        ({"calls_per_seat": 10**10}, "'$.calls_per_seat'"),
        ({"limit": 5}, "'limit'"),
    ],
)
def test_terms_that_do_not_fit_are_named(adam: Client, body: object, field: str) -> None:
    assert field in adam.patch("/budget", body).refused(400, "invalid_arguments")
