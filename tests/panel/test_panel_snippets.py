"""The lines that clients are connected with: each as its maker reads it, and secrets only in lines."""

import base64
import json
import shlex
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from api.oauth.locations import Locations
from api.snippets import Connecting, connecting

AT = Locations("https://desk.example")
URL = AT.resource
TOKEN = "dl_pat_Secret"  # noqa: S105 - of nobody
KNOWN = {each.client: each for each in connecting(AT, TOKEN)}


def test_every_client_of_the_seed_is_there() -> None:
    assert set(KNOWN) == {
        *("Claude Code", "Claude Desktop", "claude.ai", "Cursor", "VS Code", "FlowHunt", "curl")
    }
    for each in KNOWN.values():
        for way in filter(None, (each.alone, each.token)):
            assert way.steps
            assert URL in way.lines
    assert {name for name, each in KNOWN.items() if each.alone is None} == {"FlowHunt", "curl"}
    assert {name for name, each in KNOWN.items() if each.token is None} == {"claude.ai"}


def test_the_token_stands_in_the_lines_of_its_own_way_only() -> None:
    for each in KNOWN.values():
        assert TOKEN not in repr(each.alone)
        if each.token:
            assert TOKEN not in repr(each.token._replace(lines=""))
            # VS Code asks for it: its file lies with others' work.
            assert (TOKEN in each.token.lines) == (each.client != "VS Code")


def config(client: str) -> tuple[Any, Any]:
    """Return what a client's files say without a token and with one."""
    each = KNOWN[client]
    assert each.alone
    assert each.token
    return json.loads(each.alone.lines), json.loads(each.token.lines)


def test_files_say_what_each_client_reads() -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    alone, token = config("Cursor")
    assert alone == {"mcpServers": {"deskledger": {"url": URL}}}
    assert token == {"mcpServers": {"deskledger": {"url": URL, "headers": bearer}}}
    alone, token = config("VS Code")
    server = {"type": "http", "url": URL}
    assert alone == {"servers": {"deskledger": server}}
    (asked,) = token["inputs"]
    assert asked["password"] is True
    held = {"Authorization": f"Bearer ${{input:{asked['id']}}}"}
    assert token["servers"] == {"deskledger": {**server, "headers": held}}
    desktop = KNOWN["Claude Desktop"].token
    assert desktop
    bridge = json.loads(desktop.lines)["mcpServers"]["deskledger"]
    assert bridge["command"] == "npx"
    assert URL in bridge["args"]
    assert bridge["env"] == {"AUTH_HEADER": f"Bearer {TOKEN}"}


def test_links_add_the_server_and_hold_no_secret() -> None:
    cursor, code = KNOWN["Cursor"].alone, KNOWN["VS Code"].alone
    assert cursor
    assert code
    asked = parse_qs(urlsplit(cursor.link).query, strict_parsing=True)
    assert asked["name"] == ["deskledger"]
    assert json.loads(base64.b64decode(asked["config"][0])) == {"url": URL}
    install, _, said = code.link.partition("?")
    assert install == "vscode:mcp/install"
    assert json.loads(unquote(said)) == {"name": "deskledger", "type": "http", "url": URL}


@pytest.mark.parametrize("client", ["Claude Code", "curl"])
def test_commands_are_one_line_of_whole_words(client: str) -> None:
    way = KNOWN[client].token
    assert way
    assert "\n" not in way.lines
    words = shlex.split(way.lines)
    assert URL in words
    assert f"Authorization: Bearer {TOKEN}" in words


def test_nobody_is_sent_to_sign_in_where_clients_refuse_to() -> None:
    def alone(each: Connecting) -> bool:
        return each.alone is not None

    assert not any(map(alone, connecting(Locations("http://desk.example"))))
    local = {each.client: each.alone for each in connecting(Locations("http://127.0.0.1:8080"))}
    bridge = local["Claude Desktop"]
    assert bridge
    assert "mcp-remote" in bridge.lines  # no connector of Claude's reaches this machine
