"""The API's edge: clients that leave, browsers that guess, and what strangers are told."""

import asyncio
import socket
from http.client import HTTPConnection

import msgspec
import pytest

from api.mcp import PATH as MCP
from tests.mcp.records import Log
from tests.mcp.serving import Served, until
from tests.mcp.wire import Request
from tests.rest.client import PATH, Client


@pytest.mark.parametrize("path", [f"{PATH}/tokens", MCP, "/login"])
def test_a_client_that_leaves_before_its_requests_end_is_no_fault(
    ana: Client, product: Served, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    kind = "application/x-www-form-urlencoded" if path == "/login" else "application/json"
    labels = [token["label"] for token in ana.get("/tokens").body["tokens"]]
    idle = product.run(count_tasks())
    request = Request(ana.token, b'{"label": "left"}', {"content-type": kind}, path=path)
    with socket.create_connection(("127.0.0.1", product.port)) as connection:
        connection.sendall(request.but(content_length="1000").raw(product.port))
        until(lambda: product.run(count_tasks()) > idle)
    until(lambda: product.run(count_tasks()) <= idle)
    assert caplog.records == []
    assert [token["label"] for token in ana.get("/tokens").body["tokens"]] == labels


async def count_tasks() -> int:
    return len(asyncio.all_tasks())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{PATH}/session", 200),
        ("GET", f"{PATH}/tickets/none", 404),
        ("GET", f"{PATH}/nowhere", 404),
        ("PUT", f"{PATH}/session", 405),
        ("POST", f"{PATH}/tokens", 415),
        ("GET", f"{PATH}/openapi.json", 200),
        ("GET", f"{PATH}/docs", 200),
        ("GET", MCP, 405),
        ("POST", MCP, 400),
        ("GET", "/health/live", 200),
        ("GET", "/health/ready", 200),
        ("GET", "/login", 200),
        ("GET", "/style.css", 200),
        ("GET", "/nowhere", 404),
    ],
)
def test_every_answer_tells_browsers_not_to_guess_what_it_is(
    ana: Client, product: Served, method: str, path: str, status: int
) -> None:
    connection = HTTPConnection("127.0.0.1", product.port, timeout=20)
    body = b"{}" if path == MCP else b"x" if method == "POST" else None
    connection.request(method, path, body, {"Authorization": f"Bearer {ana.token}"})
    answer = connection.getresponse()
    connection.close()
    assert answer.status == status
    assert answer.headers.get_all("x-content-type-options") == ["nosniff"]


def test_strangers_learn_that_the_views_failed_and_not_how(product: Served, log: Log) -> None:
    table = "acct_main_views.notification_tracking"
    log.execute(f"UPDATE {table} SET failure = 'poison in ticket 4711'")
    try:
        connection = HTTPConnection("127.0.0.1", product.port, timeout=20)
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        report = msgspec.json.decode(answer.read())
        connection.close()
    finally:
        log.execute(f"UPDATE {table} SET failure = NULL")
    assert answer.status == 503
    assert report == {"ready": False, "database": True, "views_lag": 0, "views_failed": True}
