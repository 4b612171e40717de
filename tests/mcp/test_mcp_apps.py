"""Apps at the gate: what an app's token opens, what it lacks, in whose and in which name it acts."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.application import Wish
from domain.consent import RevokeApp
from domain.permissions import Scope
from domain.refusals import Code
from tests.mcp.company import Company, Ticket
from tests.mcp.records import Log
from tests.mcp.serving import Served
from tests.mcp.wire import Answer, Request, call, legacy, modern
from tests.oauth.oauth_grants import CLAUDE, ConnectedApp, connect_app
from tests.rest.client import Client as Rest

ALL, READING = (Scope.TICKETS_READ, Scope.TICKETS_WRITE), (Scope.TICKETS_READ,)


@pytest.fixture
def connect(product: Served, company: Company) -> Callable[..., ConnectedApp]:
    def connected(name: str = "Ana", **given: Any) -> ConnectedApp:
        return product.run(connect_app(product.desk, company.members[name].id, **given))

    return connected


@pytest.fixture
def send(product: Served) -> Callable[[Request], Answer]:
    return lambda request: request.send(product.port)


Connect = Callable[..., ConnectedApp]
Send = Callable[[Request], Answer]


def tools_in(answer: Answer) -> list[str]:
    return [tool["name"] for tool in answer.json()["result"]["tools"]]


@pytest.mark.parametrize("ask", [modern, legacy])
def test_an_app_has_the_same_tools_as_a_token_of_the_agents_own(
    connect: Connect, company: Company, send: Send, ask: Callable[[str, str], Request]
) -> None:
    own = tools_in(send(ask(company.token("Ana"), "tools/list")))
    assert tools_in(send(ask(connect().access_token, "tools/list"))) == own
    assert len(own) == 13


def test_what_an_app_does_is_done_by_the_agent_through_the_client_that_was_consented_to(
    connect: Connect, send: Send, fresh: Callable[..., Ticket], log: Log, company: Company
) -> None:
    app, ticket = connect(), fresh()
    with log.watched() as watched:
        # It calls itself by another name, which proves nothing.
        send(call(app.access_token, "add_tags", ticket_id=str(ticket.id), tags=["vip"]))
    for recorded in watched.recorded:
        by = recorded.event.envelope.by
        assert (by.via, by.agent, by.credential) == ("app", company.members["Ana"].id, app.consent)
        assert by.client
        assert (by.client.name, by.client.id, by.client.version) == ("Claude", CLAUDE.id, "0")
    assert watched.charged == 1
    assert [fact.topic for fact in watched.facts] == ["ticket.tags_added"]


def test_a_tool_beyond_an_apps_scope_asks_for_more_scope_and_is_recorded(
    connect: Connect, send: Send, fresh: Callable[..., Ticket], log: Log, product: Served
) -> None:
    app, ticket = connect(scopes=READING), fresh()
    assert len(tools_in(send(modern(app.access_token, "tools/list")))) == 13
    with log.watched() as watched:
        answer = send(call(app.access_token, "resolve_ticket", ticket_id=str(ticket.id)))
    known = f"http://127.0.0.1:{product.port}/.well-known/oauth-protected-resource/public/api/mcp"
    assert answer.status == 403
    assert answer.headers["www-authenticate"] == (
        'Bearer error="insufficient_scope", scope="tickets:read tickets:write", '
        f'resource_metadata="{known}"'
    )
    assert watched.call.fact.outcome == Code.PERMISSION_DENIED.value
    assert watched.facts == []
    assert watched.charged == 0
    assert send(call(app.access_token, "get_tags", ticket_id=str(ticket.id))).status == 200


def test_a_role_that_lacks_a_permission_is_no_matter_of_scope(
    connect: Connect, send: Send, company: Company
) -> None:
    app = connect("Cora")
    answer = send(call(app.access_token, "resolve_ticket", ticket_id=company.tickets["lid"].code))
    assert answer.status == 200
    assert answer.json()["result"]["isError"] is True


def test_an_apps_token_opens_the_mcp_endpoint_only(connect: Connect, product: Served) -> None:
    app = connect()
    Rest(product.port, app.access_token).get("/tickets").refused(401, "unauthorized")


def test_a_token_that_was_issued_for_another_resource_is_invalid(
    connect: Connect, send: Send, log: Log
) -> None:
    app = connect()
    log.execute(
        "UPDATE acct_main.grants SET resource = 'https://other.example/public/api/mcp' "
        f"WHERE id = '{app.grant}'"
    )
    assert send(modern(app.access_token, "tools/list")).status == 401


@pytest.mark.parametrize("place", ["access_token", "token"])
def test_a_token_in_the_address_counts_for_nothing(
    connect: Connect, send: Send, place: str
) -> None:
    request = modern("", "tools/list").but(authorization=None)
    found = send(request._replace(path=f"{request.path}?{place}={connect().access_token}"))
    assert found.status == 401


def test_the_refresh_token_opens_nothing(connect: Connect, send: Send) -> None:
    assert send(modern(connect().refresh_token, "tools/list")).status == 401


def test_a_revoked_app_is_out_from_the_next_request_on_and_others_stay(
    connect: Connect, send: Send, product: Served, company: Company, log: Log
) -> None:
    app, other = connect(), connect("Ben")
    assert send(call(app.access_token, "list_departments")).status == 200
    revoke = RevokeApp(agent=company.members["Ana"].id, consent=app.consent)
    product.run(product.desk.execute(Wish(revoke)))
    with log.watched() as watched:
        for ask in (modern, legacy):
            assert send(ask(app.access_token, "tools/list")).status == 401
        assert send(call(app.access_token, "list_departments")).status == 401
    assert watched.recorded == []
    assert send(call(other.access_token, "list_departments")).status == 200
    for table in ("grants", "refresh_tokens", "credentials"):
        column = "id" if table == "grants" else "grant_id"
        left = log.value(f"SELECT count(*) FROM acct_main.{table} WHERE {column} = '{app.grant}'")
        assert (table, left) == (table, 0)
