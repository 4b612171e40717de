"""Every refusal that a tool can give: its code, its sentence, and what it does not do."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError

from domain.application import Wish
from domain.budget import SetLimit
from tests.mcp.clients import Told, refusal_of
from tests.mcp.company import BILLING, SUPPORT, Company, Ticket
from tests.mcp.records import Log
from tests.mcp.serving import Served

pytestmark = pytest.mark.anyio

Fresh = Callable[..., Ticket]
SOMEBODY = str(UUID(int=99))


@pytest.fixture
def no_budget(product: Served, log: Log) -> Iterator[int]:
    """A budget of which nothing is left, until the test ends."""
    product.run(product.desk.execute(Wish(SetLimit(limit=log.used()))))
    yield log.used()
    product.run(product.desk.execute(Wish(SetLimit(limit=None))))


async def refused(client: Client, log: Log, tool: str, arguments: dict[str, Any]) -> Told:
    """Call a tool that refuses: only a call of no unit is recorded, under the refusal's code.

    How the budget stands is told beside the sentence, as with every answer.
    """
    with log.watched() as watched:
        result = await client.call_tool(tool, arguments)
    told = refusal_of(result)
    assert result.meta is not None
    line = result.meta["deskledger/budget"]
    assert set(line) == {"limit", "used", "remaining", "resets_at"}
    assert (line["used"], line["remaining"]) == (log.used(), line["limit"] - log.used())
    assert watched.facts == []
    assert (watched.call.fact.outcome, watched.call.fact.units) == (told.code, 0)
    assert watched.charged == 0
    assert "\n" not in told.sentence
    return told


async def test_a_ticket_of_another_department_is_not_found_by_any_tool(
    ana: Client, company: Company, log: Log
) -> None:
    """Whoever may not see it learns nothing by the refusal, not even that it exists."""
    elsewhere, nowhere = company.tickets["brake"].code, "QQQ-00000"
    arguments: dict[str, dict[str, Any]] = {
        "get_ticket_context": {},
        "get_ticket_messages": {},
        "get_ticket_metadata": {},
        "get_tags": {},
        "add_tags": {"tags": ["x"]},
        "remove_tags": {"tags": ["x"]},
        "resolve_ticket": {},
        "reopen_ticket": {},
        "assign_ticket": {"agent_id": str(company.members["Cora"].id)},
        "transfer_ticket": {"department_id": str(company.departments[SUPPORT])},
    }
    for tool, more in arguments.items():
        told = await refused(ana, log, tool, {"ticket_id": elsewhere, **more})
        unknown = await refused(ana, log, tool, {"ticket_id": nowhere, **more})
        assert told.code == unknown.code == "not_found"
        assert told.sentence.replace(elsewhere, nowhere) == unknown.sentence
        assert told.details == unknown.details == {}


@pytest.mark.parametrize(
    "case",
    [
        ("reopen_ticket", "new", "is new, and only a ticket that is resolved can be reopened"),
        ("reopen_ticket", "open", "is open"),
        ("resolve_ticket", "resolved", "is resolved already, so nothing is left to do."),
    ],
)
async def test_a_step_that_the_status_does_not_allow_is_refused(
    olga: Client, company: Company, log: Log, case: tuple[str, str, str]
) -> None:
    tool, ticket, sentence = case
    told = await refused(olga, log, tool, {"ticket_id": company.tickets[ticket].code})
    assert told.code == "invalid_transition"
    assert sentence in told.sentence
    assert set(told.details) == {"status", "status_name"}


async def test_a_ticket_is_not_assigned_to_who_cannot_take_it(
    ana: Client, company: Company, log: Log, fresh: Fresh
) -> None:
    ticket = fresh().code
    for name, sentence in (
        ("Cora", "Cora is not a member of the department."),
        ("Ida", "Ida is no longer active."),
    ):
        asked = {"ticket_id": ticket, "agent_id": str(company.members[name].id)}
        told = await refused(ana, log, "assign_ticket", asked)
        assert told.code == "agent_unavailable"
        assert told.sentence.startswith(sentence)
        assert "list_agents" in told.sentence


async def test_a_transfer_to_somebody_outside_the_new_department_is_refused(
    ana: Client, company: Company, log: Log, fresh: Fresh
) -> None:
    asked = {
        "ticket_id": fresh().code,
        "department_id": str(company.departments[BILLING]),
        "agent_id": str(company.members["Ana"].id),
    }
    assert (await refused(ana, log, "transfer_ticket", asked)).code == "agent_unavailable"


async def test_agents_and_departments_that_do_not_exist_are_not_found(
    ana: Client, log: Log, fresh: Fresh
) -> None:
    ticket = fresh().code
    for tool, arguments, hint in (
        ("assign_ticket", {"ticket_id": ticket, "agent_id": SOMEBODY}, "list_agents"),
        ("transfer_ticket", {"ticket_id": ticket, "department_id": SOMEBODY}, "list_departments"),
        ("list_agents", {"department_id": SOMEBODY}, "list_departments"),
    ):
        told = await refused(ana, log, tool, arguments)
        assert told.code == "not_found"
        assert hint in told.sentence


async def test_a_message_of_another_ticket_is_not_found(
    ana: Client, company: Company, log: Log
) -> None:
    asked = {"ticket_id": company.tickets["lid"].code, "message_id": SOMEBODY}
    told = await refused(ana, log, "get_ticket_messages", asked)
    assert told.code == "not_found"
    assert "without message_id" in told.sentence


async def test_more_tags_than_a_ticket_may_have_are_refused(
    ana: Client, log: Log, fresh: Fresh
) -> None:
    ticket = fresh(tags=tuple(f"tag {number}" for number in range(49)))
    told = await refused(ana, log, "add_tags", {"ticket_id": ticket.code, "tags": ["y", "z"]})
    assert told.code == "limit_reached"
    assert told.details == {"limit": 50, "tags": 49}
    assert "remove_tags" in told.sentence


async def test_without_budget_every_tool_is_refused_and_told_until_when(
    ana: Client, company: Company, log: Log, no_budget: int
) -> None:
    ticket = company.tickets["lid"].code
    for tool, arguments in (
        ("get_ticket_context", {"ticket_id": ticket}),
        ("list_departments", {}),
        ("add_tags", {"ticket_id": ticket, "tags": ["never"]}),
    ):
        told = await refused(ana, log, tool, arguments)
        assert told.code == "budget_exhausted"
        assert (told.details["limit"], told.details["used"]) == (no_budget, no_budget)
        assert f"{told.details['resets_at']:.10}" in told.sentence
        assert "Stop calling tools" in told.sentence


async def test_without_budget_replays_and_refusals_are_still_given(
    ana: Client, log: Log, fresh: Fresh, request: pytest.FixtureRequest
) -> None:
    ticket = fresh()
    asked = {"ticket_id": ticket.code, "tags": ["x"], "idempotency_key": f"k-{ticket.code}"}
    await ana.call_tool("add_tags", asked)
    request.getfixturevalue("no_budget")
    assert not (await ana.call_tool("add_tags", asked)).is_error
    told = await refused(ana, log, "reopen_ticket", {"ticket_id": ticket.code})
    assert told.code == "invalid_transition"


TICKET = "QQQ-00000"
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("get_tags", {}, "missing required field 'ticket_id'"),
    ("get_tags", {"ticket_id": ""}, "length >= 1 - at '$.ticket_id'"),
    ("get_tags", {"ticket_id": "x" * 65}, "length <= 64 - at '$.ticket_id'"),
    ("get_tags", {"ticket_id": 5}, "Expected 'str', got 'int' - at '$.ticket_id'"),
    ("get_tags", {"ticket_id": None}, "Expected 'str', got 'null'"),
    ("get_tags", {"ticket_id": TICKET, "x": 1}, "contains unknown field 'x'"),
    ("get_ticket_context", {"ticket_id": TICKET, "message_limit": 51}, "<= 50"),
    ("get_ticket_context", {"ticket_id": TICKET, "message_limit": 10**30}, "message_limit"),
    ("get_ticket_messages", {"ticket_id": TICKET, "order": "up"}, "Invalid enum value 'up'"),
    ("get_ticket_messages", {"ticket_id": TICKET, "offset": -1}, ">= 0"),
    ("get_ticket_messages", {"ticket_id": TICKET, "message_id": "x"}, "Invalid UUID"),
    ("list_agents", {"department_id": "Support"}, "Invalid UUID"),
    ("add_tags", {"ticket_id": TICKET, "tags": "x"}, "Expected 'array', got 'str'"),
    ("add_tags", {"ticket_id": TICKET, "tags": []}, "length >= 1"),
    ("add_tags", {"ticket_id": TICKET, "tags": ["x" * 65]}, "at '$.tags[0]'"),
    ("add_tags", {"ticket_id": TICKET, "tags": ["x"] * 51}, "length <= 50"),
    ("add_tags", {"ticket_id": TICKET, "tags": [{"name": "x"}]}, "at '$.tags[0]'"),
    ("resolve_ticket", {"ticket_id": TICKET, "idempotency_key": ""}, "idempotency_key"),
    ("resolve_ticket", {"ticket_id": TICKET, "idempotency_key": "x" * 201}, "idempotency_key"),
    ("assign_ticket", {"ticket_id": TICKET}, "missing required field 'agent_id'"),
    ("transfer_ticket", {"ticket_id": TICKET, "department_id": "Billing"}, "Invalid UUID"),
]


@pytest.mark.parametrize(("tool", "arguments", "reason"), WRONG)
async def test_arguments_that_do_not_fit_are_refused_with_the_reason(
    ana: Client, log: Log, tool: str, arguments: dict[str, Any], reason: str
) -> None:
    told = await refused(ana, log, tool, arguments)
    assert told.code == "invalid_arguments"
    assert reason in told.sentence
    assert told.sentence.startswith(f"{tool} cannot take these arguments: ")
    assert "input schema" in told.sentence


async def test_tags_of_nothing_but_space_are_refused(ana: Client, log: Log, fresh: Fresh) -> None:
    told = await refused(ana, log, "add_tags", {"ticket_id": fresh().code, "tags": [" \u200e "]})
    assert told.code == "invalid_arguments"


async def test_text_that_no_database_can_hold_is_refused(
    ana: Client, log: Log, fresh: Fresh
) -> None:
    ticket = fresh().code
    for tool, arguments in (
        ("get_tags", {"ticket_id": "A\0B"}),
        ("add_tags", {"ticket_id": "A\0B", "tags": ["x"]}),
        ("resolve_ticket", {"ticket_id": ticket, "idempotency_key": "k\0"}),
    ):
        told = await refused(ana, log, tool, arguments)
        assert told.code == "invalid_arguments"
        assert "characters" in told.sentence


async def test_a_cursor_of_another_listing_is_refused(
    olga: Client, company: Company, log: Log
) -> None:
    lid, bell = company.tickets["lid"].code, company.tickets["bell"].code
    page = await olga.call_tool("get_ticket_messages", {"ticket_id": lid, "limit": 1})
    assert page.structured_content
    cursor = page.structured_content["next_cursor"]
    for tool, arguments in (
        ("get_ticket_messages", {"ticket_id": bell, "cursor": cursor}),
        ("get_ticket_messages", {"ticket_id": lid, "order": "desc", "cursor": cursor}),
        ("get_ticket_messages", {"ticket_id": lid, "include_quoted": True, "cursor": cursor}),
        ("get_ticket_messages", {"ticket_id": lid, "cursor": "no cursor"}),
        ("get_ticket_messages", {"ticket_id": lid, "cursor": cursor[:-3]}),
        ("list_agents", {"cursor": cursor}),
        ("list_departments", {"cursor": "é"}),
    ):
        told = await refused(olga, log, tool, arguments)
        assert told.code == "invalid_arguments"
        assert "leave it out to begin anew" in told.sentence


async def test_an_unknown_tool_is_an_error_of_the_protocol_and_recorded(
    ana: Client, log: Log
) -> None:
    with log.watched() as watched, pytest.raises(MCPError) as error:
        await ana.call_tool("delete_everything", {"really": True})
    assert (error.value.code, str(error.value)) == (-32602, "Unknown tool: delete_everything")
    recorded = watched.call.fact
    assert (recorded.tool, recorded.outcome) == ("delete_everything", "unknown_tool")
    assert (recorded.arguments, recorded.units, watched.charged) == ({"really": True}, 0, 0)


async def test_huge_arguments_are_recorded_by_their_digest(ana: Client, log: Log) -> None:
    with log.watched() as watched:
        await ana.call_tool("get_tags", {"ticket_id": "x" * 20_000})
    recorded = watched.call.fact.arguments
    assert recorded["too_large"] is True
    assert recorded["bytes"] > 20_000
    assert len(recorded["sha256"]) == 64
