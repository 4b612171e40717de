"""Ids of things that are there, but of another kind: there is no such thing, and nothing happens."""

from itertools import permutations
from typing import Any, NamedTuple

import pytest

from tests.mcp.company import SUPPORT, Company
from tests.mcp.records import Log
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.rest.client import Client
from tests.rest.conftest import Hire, SignIn
from tests.rest.tickets import opened


class Ids(NamedTuple):
    """One id of each kind."""

    agent: str
    department: str
    role: str
    session: str
    ticket: str


@pytest.fixture
def ids(olga: Client, company: Company, hire: Hire, sign_in: SignIn) -> Ids:
    member = hire().member.id
    role = olga.post("/roles", {"name": f"Role {member}", "permissions": []}).body["id"]
    session = sign_in(member).id
    ticket = opened(olga, company).rpartition("/")[2]
    return Ids(str(member), str(company.departments[SUPPORT]), role, str(session), ticket)


def requests(kind: str, wrong: str, ids: Ids) -> list[tuple[str, str, object]]:
    """Return requests that take something for what it is not."""
    ticket, agent = f"/tickets/{ids.ticket}", f"/agents/{ids.agent}"
    match kind:
        case "agent":
            return [
                ("GET", f"/agents/{wrong}", None),
                ("PATCH", f"/agents/{wrong}", {"name": "Taken"}),
                ("POST", f"/agents/{wrong}/deactivate", None),
                ("GET", f"/tokens?agent_id={wrong}", None),
                ("GET", f"/sessions?agent_id={wrong}", None),
                ("GET", f"/apps?agent_id={wrong}", None),
                ("POST", f"/apps/{wrong}/revoke", None),
            ]
        case "department":
            return [
                ("GET", f"/departments/{wrong}", None),
                ("PATCH", f"/departments/{wrong}", {"name": "Taken"}),
                ("POST", f"{ticket}/transfer", {"department_id": wrong}),
                ("PATCH", agent, {"department_ids": [wrong]}),
            ]
        case "role":
            return [
                ("GET", f"/roles/{wrong}", None),
                ("PATCH", f"/roles/{wrong}", {"name": "Taken"}),
                ("DELETE", f"/roles/{wrong}", None),
                ("PATCH", agent, {"role": wrong}),
            ]
        case "session":
            return [("POST", f"/sessions/{wrong}/revoke", None)]
        case _:
            return [
                ("GET", f"/tickets/{wrong}", None),
                ("PATCH", f"/tickets/{wrong}", {"subject": "Taken"}),
                ("POST", f"/tickets/{wrong}/tags", {"tags": ["taken"]}),
                ("POST", f"/tickets/{wrong}/replies", {"body": "Taken"}),
            ]


@pytest.mark.parametrize(("kind", "wrong"), list(permutations(Ids._fields, 2)))
def test_an_id_of_another_kind_names_nothing(
    olga: Client, log: Log, ids: Ids, kind: str, wrong: str
) -> None:
    with log.watched() as watched:
        for method, path, body in requests(kind, getattr(ids, wrong), ids):
            olga.send(method, path, body, {}).refused(404, "not_found")
    assert watched.facts == []


def test_a_tool_does_not_take_one_thing_for_another(
    product: Served, company: Company, log: Log, ids: Ids
) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("transfer_ticket", {"ticket_id": ids.ticket, "department_id": ids.agent}),
        ("transfer_ticket", {"ticket_id": ids.ticket, "department_id": ids.ticket}),
        ("assign_ticket", {"ticket_id": ids.ticket, "agent_id": ids.department}),
        ("add_tags", {"ticket_id": ids.agent, "tags": ["taken"]}),
    ]
    with log.watched() as watched:
        for tool, arguments in asked:
            answer = call(company.token("Olga"), tool, None, **arguments).send(product.port).json()
            assert answer["result"]["isError"], answer
    assert watched.facts == []
