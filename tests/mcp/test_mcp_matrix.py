"""Roles and tools: every cell of docs/PERMISSIONS.md, and of roles made of one permission each."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import psycopg
import pytest

from domain.application import Wish
from domain.permissions import PRIVILEGES, TOOL_SCOPES, Permission, Role, Scope
from domain.role import AddRole, RoleRef
from domain.ticket.commands import ResolveTicket
from infra.desk import new_id
from infra.readme import ROOT
from mcp_server.tools import TOOLS
from tests.database import Databases
from tests.mcp.company import (
    SUPPORT,
    WORKSHOP,
    Company,
    Ticket,
    act,
    add_agent,
    filled,
    generate_token,
    open_ticket,
)
from tests.mcp.records import Log
from tests.mcp.serving import Served, served
from tests.mcp.wire import call, modern


class Site(NamedTuple):
    """A served company of the matrix's own: it takes on an agent for each role."""

    company: Company
    product: Served
    log: Log


@pytest.fixture(scope="module")
def site(databases: Databases) -> Iterator[Site]:
    with (
        databases.copy_filled(filled) as (url, company),
        served(url) as product,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        yield Site(company, product, Log(url, connection))


class Row(NamedTuple):
    """Who calls: a role, the scopes of the credential, and the tools that this should allow."""

    role: RoleRef | Permission
    scopes: frozenset[Scope]
    tools: frozenset[str]


def documented() -> Iterator[Row]:
    """Read the built-in roles' tools from the page that people read."""
    text = (ROOT / "docs" / "PERMISSIONS.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- role-tools.*?-->\n(.+?)\n<!--", text, re.DOTALL)
    assert found
    header, _, *lines = [line.strip("| ").split(" | ") for line in found[1].splitlines()]
    assert [line[0].strip("`") for line in lines] == [*TOOLS]
    for column, role in enumerate(header[3:], 3):
        tools = frozenset(line[0].strip("`") for line in lines if line[column] == "yes")
        yield Row(role, TOOL_SCOPES, tools)
    for scope in sorted(TOOL_SCOPES):
        tools = frozenset(line[0].strip("`") for line in lines if line[2] == f"`{scope}`")
        yield Row(Role.OWNER, frozenset({scope}), tools)


def privileged() -> Iterator[Row]:
    for permission in sorted(PRIVILEGES):
        tools = frozenset(name for name, tool in TOOLS.items() if tool.permission is permission)
        yield Row(permission, TOOL_SCOPES, tools)


def named(row: Row) -> str:
    return f"{row.role} by {' and '.join(sorted(row.scopes))}"


class Asked(NamedTuple):
    """What each tool is asked: of a ticket in Support, one that was resolved, or one elsewhere."""

    company: Company
    ticket: Ticket
    done: Ticket

    def of(self, tool: str, elsewhere: str | None = None) -> dict[str, Any]:
        ticket = self.done if tool == "reopen_ticket" else self.ticket
        more: Mapping[str, Any] = {
            "add_tags": {"tags": ["x"]},
            "remove_tags": {"tags": ["old"]},
            "assign_ticket": {"agent_id": str(self.company.members["Ana"].id)},
            "transfer_ticket": {"department_id": str(self.company.departments[WORKSHOP])},
        }
        if "ticket_id" not in TOOLS[tool].declaration.input_schema["properties"]:
            return {}
        return {"ticket_id": elsewhere or ticket.code, **more.get(tool, {})}


def ask(site: Site, row: Row) -> tuple[str, Asked]:
    """Return the token of somebody in Support who has the role, and what it is to be tried on."""
    desk, run = site.product.desk, site.product.run
    support = site.company.departments[SUPPORT]
    role: RoleRef = row.role
    if isinstance(row.role, Permission):
        role = str(made := new_id())
        add = AddRole(role=made, name=str(made), permissions=(row.role,))
        run(desk.execute(Wish(add)))
    agent = run(add_agent(desk, str(new_id()), role, support))
    token, _ = run(generate_token(desk, agent.id, scopes=row.scopes))
    ticket, done = (run(open_ticket(desk, support, tags=("old",))) for _ in range(2))
    run(act(desk, ResolveTicket(ticket_id=str(done.id))))
    return token, Asked(site.company, ticket, done)


@pytest.mark.parametrize("row", [*documented(), *privileged()], ids=named)
def test_every_cell_is_as_it_is_written(site: Site, row: Row) -> None:
    token, asked = ask(site, row)
    elsewhere = site.company.tickets["brake"].code
    places = [None] if sees_all(row) else [elsewhere, None]
    for (name, tool), place in itertools.product(TOOLS.items(), places):
        arguments = asked.of(name, place)
        outcome = "ok" if name in row.tools else "permission_denied"
        if outcome == "ok" and place in arguments.values():
            outcome = "not_found"
        with site.log.watched() as watched:
            answer = call(token, name, **arguments).send(site.product.port).json()["result"]
        told = json.loads(answer["content"][0]["text"])
        assert (name, told.get("error", "ok")) == (name, outcome)
        recorded = watched.call.fact
        assert (recorded.tool, recorded.outcome) == (name, outcome)
        assert recorded.units == watched.charged == (outcome == "ok")
        assert bool(watched.facts) == (outcome == "ok" and tool.writes)
        if outcome == "permission_denied":
            takes = tool.permission
            lacks = {"permission": takes} if takes.scope in row.scopes else {"scope": takes.scope}
            assert lacks.items() <= told.items()


def sees_all(row: Row) -> bool:
    return row.role in {Role.OWNER, Role.ADMIN} and Scope.TICKETS_READ in row.scopes


def test_a_list_stays_good_whatever_becomes_of_the_role(site: Site) -> None:
    """Hosts keep it for minutes; what the role lacks is refused when it is called."""
    token, _ = ask(site, Row(Permission.AUDIT_READ, TOOL_SCOPES, frozenset()))
    listed = modern(token, "tools/list").send(site.product.port).json()["result"]["tools"]
    assert [tool["name"] for tool in listed] == [*TOOLS]
