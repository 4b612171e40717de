"""Serving: what is printed works when it is pasted, and every end is a clean one."""

import json
import shlex
import signal
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.serve.beginning import Beginning
from infra.serve.greeting import greet
from infra.settings import Settings
from tests.cli.terminal import Serving, done, serving
from tests.event_store.waiting import wait_until
from tests.examples import TIMES

LIVE = "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def curled(line: str) -> dict[str, Any]:
    """Send what a curl line says, and return the result of the answer."""
    _, _, url, *options = shlex.split(line)
    given = list(zip(options[::2], options[1::2], strict=True))
    headers = dict(value.split(": ", 1) for option, value in given if option == "-H")
    (body,) = (value for option, value in given if option == "-d")
    request = urllib.request.Request(url, body.encode(), headers)  # noqa: S310 - our own - our own server
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own
        return json.load(answer)["result"]


def call_with_progress(server: Serving) -> str:
    """Return the text of a request that is answered by a stream."""
    meta: dict[str, object] = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "progressToken": "p",
    }
    params: dict[str, object] = {"name": "list_departments", "arguments": {}, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    return post(
        server,
        body,
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        "MCP-Protocol-Version: 2026-07-28",
        "Mcp-Method: tools/call",
        "Mcp-Name: list_departments",
    )


def post(server: Serving, body: str, *headers: str) -> str:
    lines = (
        "POST /public/api/mcp HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Authorization: Bearer {server.token}",
        f"Content-Length: {len(body)}",
        *headers,
    )
    return "\r\n".join((*lines, "", body))


@contextmanager
def held_open(server: Serving, database: str) -> Generator[None]:
    """Hold requests of every kind: half of one, a stream that comes to nothing, and none at all."""
    with (
        psycopg.connect(database) as blocker,
        server.connect(post(server, "{" * 100)[:-1]) as half,
        server.connect(LIVE) as idle,
        server.connect(),
    ):
        assert b"200 OK" in idle.recv(1000)
        blocker.execute("LOCK TABLE acct_main.events, acct_main.account")
        with server.connect(call_with_progress(server)) as stream:
            wait_for_lock(blocker)
            yield
            assert b" 503 " in half.recv(1000)
            assert b" 503 " in stream.recv(1000)


def wait_for_lock(blocker: psycopg.Connection) -> None:
    """Wait until somebody waits for what is locked."""
    waiting = (
        "SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database "
        "WHERE NOT granted AND datname = current_database()"
    )
    wait_until(lambda: blocker.execute(waiting).fetchone() is not None)


def test_what_is_printed_works_when_it_is_pasted_and_a_token_is_shown_once(database: str) -> None:
    with serving("--demo", database=database, afresh=True) as first:
        tools = curled(first.pasted("curl"))["tools"]
        assert len(tools) == 13
        for client in ("Claude Code", "Claude Desktop", "Cursor", "VS Code"):
            asks = client == "VS Code"  # for the token, and keeps it out of the file
            assert ("${input:" if asks else first.token) in first.pasted(client)
            assert first.url in first.pasted(client)
        assert first.end(signal.SIGTERM) == 0
    with serving("--demo", database=database) as second:
        assert first.token not in second.out
        assert second.token.endswith(first.token[-4:])
        assert "tokens create --agent owner@demo.example" in second.out
        line = second.pasted("curl").replace("YOUR_TOKEN", first.token)
        assert curled(line)["tools"] == tools


def test_oauth_is_promised_only_where_it_works(capsys: pytest.CaptureFixture[str]) -> None:
    beginning = Beginning("owner@demo.example", has_password=True)
    for url, promised in (("https://desk.example", True), ("http://desk.example", False)):
        greet(Settings(public_url=url), beginning, str, url)
        told = capsys.readouterr().out
        assert ("take the URL alone" in told) is promised
        assert ("OAuth takes a PUBLIC_URL with https" in told) is not promised


def test_an_empty_account_gets_its_budget_and_a_word_on_what_to_do(database: str) -> None:
    with serving(database=database) as server:
        assert f"http://127.0.0.1:{server.port}/setup?token=dl_lnk_" in server.out
        assert "dl_pat_" not in server.out
    with psycopg.connect(database) as connection:
        topics = connection.execute("SELECT topic FROM acct_main.events").fetchall()
    assert topics == [("budget.opened",), ("setup.link_issued",)]


def test_sigterm_ends_it_in_seconds_though_a_request_is_open(database: str) -> None:
    with serving("--demo", database=database) as server:
        with held_open(server, database):
            assert server.end(signal.SIGTERM) == 0
        assert "Traceback" not in server.errors


def test_ctrl_c_ends_all_workers_in_seconds_though_a_request_is_open(database: str) -> None:
    with serving("--demo", "--workers", "2", database=database, afresh=TIMES > 1) as server:
        with held_open(server, database):
            assert server.end(signal.SIGINT, group=True) == 130
        assert "Traceback" not in server.errors


def test_workers_do_not_outlive_their_supervisor(database: str) -> None:
    with serving("--workers", "2", database=database) as server:
        with server.connect(LIVE) as connection:
            assert connection.recv(1000)
            server.end(signal.SIGKILL)
            while connection.recv(1000):
                pass  # until the worker that holds the connection is gone
        assert server.is_gone()


def test_a_command_works_beside_a_server_on_the_same_folder(tmp_path: Path) -> None:
    with serving("--data", tmp_path) as server:
        add = ("agents", "add", "Ana", "--email", "ana@example.com", "--role", "owner")
        done(*add, "--data", tmp_path)
        create = ("tokens", "create", "--agent", "ana@example.com", "--quiet")
        token = done(*create, "--data", tmp_path).strip()
        line = server.pasted("curl").replace("YOUR_TOKEN", token)
        assert len(curled(line)["tools"]) == 13
        done("tokens", "revoke", f"dl_pat_…{token[-4:]}", "--data", tmp_path)
        with pytest.raises(urllib.error.HTTPError, match="401"):
            curled(line)
        assert server.end(signal.SIGTERM) == 0
    assert not (tmp_path / "postgres" / "data" / "postmaster.pid").exists()
