"""The tools that list and search, through the official client, and what a read costs and leaves behind."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from mcp.client.client import Client

from tests.mcp.clients import answer_of
from tests.mcp.company import BILLING, SEATS, SUPPORT, WORKSHOP, Company
from tests.mcp.records import Log

pytestmark = pytest.mark.anyio


async def test_agents_are_listed_by_name_with_their_departments(ana: Client) -> None:
    agents = answer_of(await ana.call_tool("list_agents", {}))["agents"]
    assert [(agent["name"], agent["role"]) for agent in agents] == [
        ("Adam", "admin"),
        ("Ana", "agent"),
        ("Ben", "agent"),
        ("Cora", "agent"),
        ("Ivo", "agent"),
        ("Olga", "owner"),
    ]
    assert {agent["name"]: [d["name"] for d in agent["departments"]] for agent in agents} == {
        "Adam": [BILLING],
        "Ana": [SUPPORT],
        "Ben": [BILLING, SUPPORT],
        "Cora": [WORKSHOP],
        "Ivo": [SUPPORT],
        "Olga": [SUPPORT],
    }
    assert [agent["name"] for agent in agents if not agent.get("seat", True)] == ["Ivo"]


async def test_agents_are_listed_by_department(ana: Client, company: Company) -> None:
    asked = {"department_id": str(company.departments[BILLING])}
    agents = answer_of(await ana.call_tool("list_agents", asked))["agents"]
    assert [agent["name"] for agent in agents] == ["Adam", "Ben"]


async def test_departments_are_listed_with_how_many_work_there(
    ana: Client, company: Company
) -> None:
    found = answer_of(await ana.call_tool("list_departments", {}))
    assert found == {
        "departments": [
            {"id": str(company.departments[name]), "name": name, "agents": agents}
            for name, agents in ((BILLING, 2), (SUPPORT, 4), (WORKSHOP, 1))
        ]
    }


async def test_a_search_finds_tickets_by_their_words(olga: Client, company: Company) -> None:
    lid = company.tickets["lid"]
    (found, *_) = (await search(olga, query="lid stuck"))["tickets"]
    assert (found["id"], found["code"], found["subject"]) == (
        str(lid.id),
        lid.code,
        "The lid is stuck",
    )
    assert (found["status_name"], found["priority"]) == ("open", "high")
    assert (found["agent"]["name"], found["department"]["name"]) == ("Ana", SUPPORT)


async def test_a_search_by_filters_finds_all_that_meet_them(olga: Client, company: Company) -> None:
    for asked, names in (
        ({"status": ["postponed"]}, {"postponed", "wheel"}),
        ({"status": ["resolved", "postponed"]}, {"postponed", "wheel", "resolved", "bell"}),
        ({"agent_id": str(company.members["Ana"].id)}, {"lid"}),
        ({"tags": ["SAFETY"]}, {"brake"}),
        ({"priority": "urgent"}, {"invoice"}),
        ({"created_to": "2026-03-03"}, {"lid"}),
        (
            {"department_id": str(company.departments[WORKSHOP])},
            {"brake", "chain", "wheel", "bell"},
        ),
    ):
        codes = {ticket["code"] for ticket in (await search(olga, **asked))["tickets"]}
        known = {ticket.code: name for name, ticket in company.tickets.items()}
        assert {known[found] for found in codes if found in known} == names, asked


async def test_a_search_shows_nobody_what_they_may_not_see(ana: Client) -> None:
    seen: set[str] = set()
    asked: dict[str, Any] = {"limit": 50, "sort": "created"}
    while True:
        page = await search(ana, **asked)
        seen |= {ticket["department"]["name"] for ticket in page["tickets"]}
        if "next_cursor" not in page:
            break
        asked["cursor"] = page["next_cursor"]
    assert seen == {SUPPORT}
    assert (await search(ana, query="brake"))["tickets"] == []


async def test_a_read_costs_a_unit_and_tells_what_is_left(ana: Client, log: Log) -> None:
    with log.watched() as watched:
        result = await ana.call_tool("list_departments", {})
    assert (watched.call.fact.outcome, watched.call.fact.units, watched.charged) == ("ok", 1, 1)
    assert result.meta is not None
    line = result.meta["deskledger/budget"]
    limit = SEATS * 1_000
    assert (line["limit"], line["used"], line["remaining"]) == (
        limit,
        log.used(),
        limit - log.used(),
    )
    resets_at = datetime.fromisoformat(line["resets_at"])
    assert resets_at == next_month(watched.call.envelope.recorded_at)


async def test_reading_leaves_only_the_call_in_the_log(
    ana: Client, company: Company, log: Log
) -> None:
    lid = company.tickets["lid"]
    for tool in ("get_ticket_context", "get_ticket_messages", "get_ticket_metadata", "get_tags"):
        with log.watched() as watched:
            answer_of(await ana.call_tool(tool, {"ticket_id": lid.code}))
        assert watched.facts == []
        assert (watched.call.fact.tool, watched.call.fact.ticket) == (tool, lid.id)


async def search(client: Client, **asked: Any) -> dict[str, Any]:
    return answer_of(await client.call_tool("search_tickets", asked))


def next_month(now: datetime) -> datetime:
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
