"""The tools that act on tickets, through the official client: what they do and what they answer."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from mcp.client.client import Client

from domain.call import KeyClaimed
from domain.ticket import facts
from domain.ticket.words import Status
from tests.mcp.clients import answer_of, refusal_of
from tests.mcp.company import BILLING, SUPPORT, WORKSHOP, Company, Ticket
from tests.mcp.records import Log

pytestmark = pytest.mark.anyio

Fresh = Callable[..., Ticket]


async def test_adding_tags_answers_with_the_ticket_as_it_stands(
    ana: Client, company: Company, fresh: Fresh
) -> None:
    ticket = fresh(tags=("old",))
    asked = {"ticket_id": ticket.code, "tags": [" Brand  new ", "brand new", "OLD"]}
    assert answer_of(await ana.call_tool("add_tags", asked)) == {
        "ticket_id": str(ticket.id),
        "code": ticket.code,
        "changed": True,
        "status": "N",
        "status_name": "new",
        "department_id": str(company.departments[SUPPORT]),
        "tags": ["old", "Brand new"],
    }


async def test_added_tags_are_read_at_once_with_who_added_them(ana: Client, fresh: Fresh) -> None:
    ticket = fresh()
    answer_of(await ana.call_tool("add_tags", {"ticket_id": ticket.code, "tags": ["a", "b"]}))
    found = answer_of(await ana.call_tool("get_tags", {"ticket_id": ticket.code}))
    assert [(tag["name"], tag["added_by"]) for tag in found["tags"]] == [("a", "Ana"), ("b", "Ana")]


async def test_removing_tags_leaves_the_others(ana: Client, fresh: Fresh) -> None:
    ticket = fresh(tags=("a", "B", "c"))
    asked = {"ticket_id": ticket.code, "tags": ["b", "x"]}
    assert answer_of(await ana.call_tool("remove_tags", asked))["tags"] == ["a", "c"]
    found = answer_of(await ana.call_tool("get_tags", {"ticket_id": ticket.code}))
    assert [tag["name"] for tag in found["tags"]] == ["a", "c"]


async def test_a_ticket_is_resolved_and_reopened(ana: Client, fresh: Fresh) -> None:
    ticket = fresh()
    done = answer_of(await ana.call_tool("resolve_ticket", {"ticket_id": ticket.code}))
    assert (done["changed"], done["status"], done["status_name"]) == (True, "R", "resolved")
    assert "resolved_at" in await metadata_of(ana, ticket)
    done = answer_of(await ana.call_tool("reopen_ticket", {"ticket_id": ticket.code}))
    assert (done["changed"], done["status"], done["status_name"]) == (True, "C", "open")
    found = await metadata_of(ana, ticket)
    assert found["status"] == "C"
    assert "resolved_at" not in found


async def test_a_ticket_is_assigned_to_a_member_of_its_department(
    ana: Client, company: Company, fresh: Fresh
) -> None:
    ticket, ben = fresh(), company.members["Ben"]
    asked = {"ticket_id": ticket.code, "agent_id": str(ben.id)}
    assert answer_of(await ana.call_tool("assign_ticket", asked))["agent_id"] == str(ben.id)
    assert (await metadata_of(ana, ticket))["agent"] == {"id": str(ben.id), "name": "Ben"}


async def test_a_transfer_keeps_an_assignee_who_works_there_too(
    ana: Client, olga: Client, company: Company, fresh: Fresh
) -> None:
    ticket, ben = fresh(), company.members["Ben"]
    await ana.call_tool("assign_ticket", {"ticket_id": ticket.code, "agent_id": str(ben.id)})
    moved = await transferred(ana, ticket, company.departments[BILLING])
    assert moved["department_id"] == str(company.departments[BILLING])
    assert moved["agent_id"] == str(ben.id)
    found = await metadata_of(olga, ticket)
    assert (found["department"]["name"], found["agent"]["name"]) == (BILLING, "Ben")


async def test_a_transfer_clears_an_assignee_who_does_not_work_there(
    ana: Client, olga: Client, company: Company, fresh: Fresh
) -> None:
    ticket, member = fresh(), company.members["Ana"]
    await ana.call_tool("assign_ticket", {"ticket_id": ticket.code, "agent_id": str(member.id)})
    assert "agent_id" not in await transferred(ana, ticket, company.departments[WORKSHOP])
    found = await metadata_of(olga, ticket)
    assert found["department"]["name"] == WORKSHOP
    assert "agent" not in found


async def test_a_transfer_can_name_the_new_assignee(
    ana: Client, company: Company, fresh: Fresh
) -> None:
    cora = str(company.members["Cora"].id)
    moved = await transferred(ana, fresh(), company.departments[WORKSHOP], agent_id=cora)
    assert moved["agent_id"] == cora


async def test_what_was_transferred_away_is_out_of_sight(
    ana: Client, company: Company, fresh: Fresh
) -> None:
    ticket = fresh()
    await transferred(ana, ticket, company.departments[WORKSHOP])
    told = refusal_of(await ana.call_tool("get_ticket_metadata", {"ticket_id": ticket.code}))
    assert told.code == "not_found"


async def test_doing_what_is_done_already_changes_nothing_and_says_so(
    ana: Client, company: Company, fresh: Fresh, log: Log
) -> None:
    member = str(company.members["Ana"].id)
    ticket = fresh(tags=("a",))
    await ana.call_tool("assign_ticket", {"ticket_id": ticket.code, "agent_id": member})
    for tool, arguments in {
        "add_tags": {"tags": ["A"]},
        "remove_tags": {"tags": ["z"]},
        "assign_ticket": {"agent_id": member},
        "transfer_ticket": {"department_id": str(company.departments[SUPPORT])},
    }.items():
        with log.watched() as watched:
            done = await ana.call_tool(tool, {"ticket_id": ticket.code, **arguments})
        assert answer_of(done)["changed"] is False
        assert watched.facts == []
        assert watched.charged == 1


async def test_an_action_leaves_its_facts_and_its_call_which_they_name(
    ana: Client, company: Company, fresh: Fresh, log: Log
) -> None:
    ben, billing = company.members["Ben"].id, company.departments[BILLING]
    support = company.departments[SUPPORT]
    ticket = fresh(tags=("a",))
    asked: list[tuple[str, dict[str, Any], list[Any]]] = [
        ("add_tags", {"tags": ["b"]}, [facts.TagsAdded(tags=("b",))]),
        ("remove_tags", {"tags": ["A"]}, [facts.TagsRemoved(tags=("a",))]),
        ("resolve_ticket", {}, [facts.Resolved(was=Status.NEW)]),
        ("reopen_ticket", {}, [facts.Reopened()]),
        ("assign_ticket", {"agent_id": str(ben)}, [facts.Assigned(agent=ben)]),
        (
            "transfer_ticket",
            {"department_id": str(billing)},
            [facts.Transferred(department=billing, was=support)],
        ),
    ]
    for tool, arguments, happened in asked:
        with log.watched() as watched:
            answer_of(await ana.call_tool(tool, {"ticket_id": ticket.code, **arguments}))
        assert watched.facts == happened
        assert watched.call.fact.ticket == ticket.id
        assert (watched.call.fact.tool, watched.call.fact.outcome) == (tool, "ok")
        assert watched.charged == watched.call.fact.units == 1


async def test_a_retry_under_its_key_is_answered_alike_and_free(
    ana: Client, fresh: Fresh, log: Log
) -> None:
    ticket = fresh()
    asked = {"ticket_id": ticket.code, "tags": ["x"], "idempotency_key": f"k-{ticket.code}"}
    with log.watched() as first:
        answer = answer_of(await ana.call_tool("add_tags", asked))
    assert [type(fact) for fact in first.facts] == [facts.TagsAdded, KeyClaimed]
    with log.watched() as again:
        replayed = answer_of(await ana.call_tool("add_tags", asked))
    assert replayed == {**answer, "replayed": True}
    assert again.facts == []
    assert (again.call.fact.outcome, again.call.fact.units, again.charged) == ("replayed", 0, 0)
    assert again.call.fact.original == first.call.id
    assert again.call.fact.ticket == ticket.id


async def test_a_replay_tells_what_was_true_then(ana: Client, fresh: Fresh) -> None:
    ticket = fresh()
    asked = {"ticket_id": ticket.code, "idempotency_key": f"k-{ticket.code}"}
    answer_of(await ana.call_tool("resolve_ticket", asked))
    answer_of(await ana.call_tool("reopen_ticket", {"ticket_id": ticket.code}))
    assert answer_of(await ana.call_tool("resolve_ticket", asked))["status"] == "R"
    assert (await metadata_of(ana, ticket))["status"] == "C"


async def test_a_key_stands_for_one_action_only(ana: Client, fresh: Fresh, log: Log) -> None:
    ticket = fresh()
    asked = {"ticket_id": ticket.code, "tags": ["x"], "idempotency_key": f"k-{ticket.code}"}
    answer_of(await ana.call_tool("add_tags", asked))
    for tool, other in (("add_tags", {**asked, "tags": ["y"]}), ("remove_tags", asked)):
        with log.watched() as watched:
            told = refusal_of(await ana.call_tool(tool, other))
        assert told.code == "idempotency_conflict"
        assert "Use a new key" in told.sentence
        assert watched.facts == []
        assert (watched.call.fact.outcome, watched.charged) == ("idempotency_conflict", 0)


async def test_a_key_is_the_agents_own(ana: Client, olga: Client, fresh: Fresh) -> None:
    ticket = fresh()
    asked = {"ticket_id": ticket.code, "tags": ["x"], "idempotency_key": f"k-{ticket.code}"}
    assert answer_of(await ana.call_tool("add_tags", asked))["changed"] is True
    done = answer_of(await olga.call_tool("add_tags", asked))
    assert done["changed"] is False
    assert "replayed" not in done


async def test_a_refused_action_leaves_its_key_free(ana: Client, fresh: Fresh) -> None:
    ticket = fresh()
    asked = {"ticket_id": ticket.code, "idempotency_key": f"k-{ticket.code}"}
    told = refusal_of(await ana.call_tool("reopen_ticket", asked))
    assert told.code == "invalid_transition"
    assert answer_of(await ana.call_tool("resolve_ticket", asked))["changed"] is True


async def metadata_of(client: Client, ticket: Ticket) -> dict[str, Any]:
    return answer_of(await client.call_tool("get_ticket_metadata", {"ticket_id": ticket.code}))


async def transferred(
    client: Client, ticket: Ticket, department: UUID, **more: str
) -> dict[str, Any]:
    asked = {"ticket_id": ticket.code, "department_id": str(department), **more}
    return answer_of(await client.call_tool("transfer_ticket", asked))
