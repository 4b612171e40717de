"""What is recorded of a call: who made it, through what, and what came of it, once each."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError

from domain.fact import Client as Program
from tests.mcp.clients import USER_AGENT, Era
from tests.mcp.company import Company
from tests.mcp.records import Log
from tests.mcp.serving import Served
from tests.mcp.wire import CLIENT_INFO, Answer, Request, call, legacy, legacy_call, modern

pytestmark = pytest.mark.anyio

MALFORMED = -32602
Send = Callable[[Request], Answer]


@pytest.fixture
def send(product: Served) -> Send:
    return lambda request: request.send(product.port)


async def test_a_call_is_recorded_with_all_that_is_known_of_who_made_it(
    ana: Client, company: Company, log: Log, era: Era
) -> None:
    member = company.members["Ana"]
    before = datetime.now(UTC)
    with log.watched() as watched:
        await ana.call_tool("get_tags", {"ticket_id": "QQQ-00000"})
    by = watched.call.envelope.by
    assert (by.agent, by.role, by.via, by.ip) == (member.id, "agent", "token", "127.0.0.1")
    assert by.credential == member.credential
    named = Program("NewTool", "2.0") if era == "modern" else Program(USER_AGENT)
    assert by.client == named
    assert before <= watched.call.envelope.recorded_at < before + timedelta(seconds=20)
    assert watched.call.envelope.call == watched.call.id
    assert watched.call.fact.arguments == {"ticket_id": "QQQ-00000"}


@pytest.mark.parametrize(
    ("tool", "arguments", "outcome"),
    [
        ("list_departments", {}, "ok"),
        ("get_tags", {"ticket_id": "QQQ-00000"}, "not_found"),
        ("get_tags", {"tiket": "QQQ-00000"}, "invalid_arguments"),
        ("no_such_tool", {}, "unknown_tool"),
    ],
)
async def test_every_dispatched_call_is_recorded_once(
    olga: Client, log: Log, tool: str, arguments: dict[str, Any], outcome: str
) -> None:
    with log.watched() as watched:
        try:
            await olga.call_tool(tool, arguments)
        except MCPError:
            assert outcome == "unknown_tool"
    recorded = watched.call
    assert (recorded.fact.tool, recorded.fact.arguments) == (tool, arguments)
    assert (recorded.fact.outcome, recorded.envelope.by.role) == (outcome, "owner")
    assert recorded.fact.units == watched.charged == (1 if outcome == "ok" else 0)


def test_listing_and_greeting_are_no_calls(company: Company, log: Log, send: Send) -> None:
    token = company.token("Ana")
    greeting = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "Old", "version": "1"},
    }
    with log.watched() as watched:
        for request in (
            modern(token, "server/discover"),
            modern(token, "tools/list"),
            legacy(token, "initialize", greeting),
            legacy(token, "tools/list"),
            legacy(token, "ping"),
        ):
            assert "result" in send(request).json()
    assert watched.recorded == []


def test_what_is_no_call_of_a_tool_is_refused_by_the_protocol_and_not_recorded(
    company: Company, log: Log, send: Send
) -> None:
    token = company.token("Ana")
    good = call(token, "list_departments")
    future = good.body.replace(b"2026-07-28", b"2099-01-01")
    nameless: dict[str, object] = {"arguments": {}}
    crooked: dict[str, object] = {"name": "list_departments", "arguments": []}
    with log.watched() as watched:
        for request, status, code in (
            (modern(token, "tools/call", nameless), 400, MALFORMED),
            (modern(token, "tools/call", crooked), 400, MALFORMED),
            (modern(token, "tools/burn"), 404, -32601),
            (good._replace(body=good.body[:-1]), 400, -32700),
            (good._replace(body=b"[" + good.body + b"]"), 400, -32600),
            (good._replace(body=b"\xff" + good.body), 400, -32700),
            (good.but(mcp_name="get_tags"), 400, -32020),
            (good.but(mcp_method="tools/list"), 400, -32020),
            (good.but(mcp_protocol_version="2099-01-01")._replace(body=future), 400, -32022),
            (legacy(token, "tools/call", nameless), 200, MALFORMED),
            (legacy(token, "tools/call", crooked), 200, MALFORMED),
            (legacy(token, "tools/burn"), 200, -32601),
            (legacy(token, "tools/list")._replace(body=b"{"), 400, -32700),
        ):
            answer = send(request)
            assert (answer.status, answer.json()["error"]["code"]) == (status, code), request
    assert watched.recorded == []


def test_a_modern_request_without_its_envelope_is_malformed(
    company: Company, log: Log, send: Send
) -> None:
    request = call(company.token("Ana"), "list_departments")
    bare = legacy_call(company.token("Ana"), "list_departments").body
    with log.watched() as watched:
        answer = send(request._replace(body=bare))
    assert (answer.status, answer.json()["error"]["code"]) == (400, MALFORMED)
    assert watched.recorded == []


def test_a_page_of_tools_that_was_never_offered_is_refused(company: Company, send: Send) -> None:
    token = company.token("Ana")
    for request in (
        modern(token, "tools/list", {"cursor": "x"}),
        legacy(token, "tools/list", {"cursor": "x"}),
    ):
        assert send(request).json()["error"]["code"] == MALFORMED


@pytest.mark.parametrize(
    ("info", "client"),
    [
        ({"name": "n" * 300, "version": "v" * 300}, Program("n" * 100, "v" * 50)),
        ({"name": "half \ud800 pair", "version": "1"}, Program("half ? pair", "1")),
        (None, Program("header/1")),
    ],
)
def test_what_a_client_calls_itself_is_recorded_as_far_as_it_goes(
    company: Company, log: Log, send: Send, info: dict[str, str] | None, client: Program
) -> None:
    request = call(company.token("Ana"), "list_departments", {CLIENT_INFO: info and "?"})
    # With escapes, which say what UTF-8 cannot.
    body = request.body.replace(b'"?"', json.dumps(info).encode())
    with log.watched() as watched:
        send(request._replace(body=body).but(user_agent="header/1"))
    assert watched.call.envelope.by.client == client


def test_calls_that_no_json_can_hold_are_recorded_as_unreadable(
    company: Company, log: Log, send: Send
) -> None:
    """Python's JSON reader gives more than UTF-8 can write."""
    token = company.token("Ana")
    good = call(token, "get_tags", ticket_id="?")
    half = good._replace(body=good.body.replace(b'"?"', b'"\\ud800"'))
    deep = good._replace(body=good.body.replace(b'"?"', b"[" * 300 + b"]" * 300))
    for request, recorded in ((half, {"unreadable": True}), (deep, None)):
        with log.watched() as watched:
            answer = send(request)
        assert b"invalid_arguments" in answer.body
        assert watched.call.fact.outcome == "invalid_arguments"
        if recorded:
            assert watched.call.fact.arguments == recorded
        else:
            assert watched.call.fact.arguments["too_large"] is True


def test_the_views_follow_whatever_was_recorded(
    product: Served, company: Company, send: Send
) -> None:
    token = company.token("Ana")
    for arguments in (b'{"x":"\\ud800"}', b'{"x":"a\\u0000b"}', b'{"x":1e999}', b'{"x":NaN}'):
        request = call(token, "get_tags", x="?")
        send(request._replace(body=request.body.replace(b'{"x":"?"}', arguments)))
    product.settle()
