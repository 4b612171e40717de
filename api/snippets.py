"""How each MCP client is connected: by the URL alone, where it signs people in, or with a token."""

import base64
import json
import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from api.oauth.locations import Locations

MODERN = "2026-07-28"
PLACEHOLDER = "YOUR_TOKEN"

_NAME = "deskledger"
_FROM_OUTSIDE = "comes from the internet: the URL must be reachable from there"
_ASKED_ALL_THE_SAME = (
    "If it asks you to sign in all the same, take the URL alone: then it needs no token."
)


class Way(NamedTuple):
    """What to do, one step after the other, with the lines to paste and the file they belong in.

    `link` has the client do it by itself. It lands in histories, so there is no secret in it.
    """

    steps: tuple[str, ...]
    lines: str
    where: str = ""
    link: str = ""


class Connecting(NamedTuple):
    """A client, and the ways in which it can be connected."""

    client: str
    alone: Way | None
    token: Way | None


def connecting(at: Locations, token: str = PLACEHOLDER, indent: int | None = 2) -> list[Connecting]:
    """Return all clients that we know, as their makers describe them; JSON comes indented so."""
    known = _known(at.resource, token, indent)
    return known if at.is_safe else [each._replace(alone=None) for each in known]


def _known(url: str, token: str, indent: int | None) -> list[Connecting]:
    server = _Server(url, f"Bearer {token}", indent)
    return [
        _claude_code(server),
        Connecting("claude.ai", _connector(url), None),
        _claude_desktop(server),
        _cursor(server),
        _vs_code(server),
        _flowhunt(server),
        Connecting("curl", None, Way(("It lists the tools.",), curl(url, server.bearer))),
    ]


class _Server(NamedTuple):
    """The server as clients' files name it; `bearer` is the value of the header."""

    url: str
    bearer: str
    indent: int | None

    def config(self, key: str, entry: Mapping[str, object], **beside: object) -> str:
        return json.dumps({**beside, key: {_NAME: entry}}, indent=self.indent)


def _claude_code(server: _Server) -> Connecting:
    add = f"claude mcp add --transport http {_NAME} {server.url}"
    return Connecting(
        "Claude Code",
        Way(("Run it in a terminal.", "In Claude Code, type /mcp and sign in."), add),
        Way(("Run it in a terminal.",), f'{add} --header "Authorization: {server.bearer}"'),
    )


def _connector(url: str) -> Way:
    return Way(
        (
            "Open Settings → Connectors → Add custom connector.",
            "Paste the URL, and leave all else empty.",
            "Press Connect, sign in here and approve.",
            f"Claude {_FROM_OUTSIDE}, by https.",
        ),
        url,
    )


def _claude_desktop(server: _Server) -> Connecting:
    def bridged(options: Sequence[str], **beside: object) -> Way:
        args = ["-y", "mcp-remote", server.url, *options]
        steps = (
            "Paste it into the file: Settings → Developer → Edit Config. It takes Node.js.",
            "Start Claude Desktop anew.",
        )
        lines = server.config("mcpServers", {"command": "npx", "args": args, **beside})
        return Way(steps, lines, "claude_desktop_config.json")

    return Connecting(
        "Claude Desktop",
        # A connector is called from the internet, where a server without https hardly is.
        _connector(server.url) if server.url.startswith("https:") else bridged(()),
        # A space in an argument is lost on Windows: the header's value comes by environment.
        bridged(("--header", "Authorization:${AUTH_HEADER}"), env={"AUTH_HEADER": server.bearer}),
    )


def _cursor(server: _Server) -> Connecting:
    remote = {"url": server.url}
    header = {"headers": {"Authorization": server.bearer}}
    return Connecting(
        "Cursor",
        Way(
            (
                "Paste it into the file, or let the link do that; then start Cursor anew.",
                "In Settings → MCP, press the sign-in beside it, and approve here.",
            ),
            server.config("mcpServers", remote),
            "~/.cursor/mcp.json",
            _cursor_link(remote),
        ),
        Way(
            ("Paste it into the file; then start Cursor anew.", _ASKED_ALL_THE_SAME),
            server.config("mcpServers", {**remote, **header}),
            "~/.cursor/mcp.json",
        ),
    )


def _vs_code(server: _Server) -> Connecting:
    typed = {"type": "http", "url": server.url}
    return Connecting(
        "VS Code",
        Way(
            (
                "Paste it into the file, or let the link do that.",
                "Start the server from the command “MCP: List Servers”, and sign in here.",
            ),
            server.config("servers", typed),
            ".vscode/mcp.json",
            f"vscode:mcp/install?{quote(json.dumps({'name': _NAME, **typed}), safe='')}",
        ),
        Way(
            (
                "Paste it into the file: there is no token in it, so it may be shared.",
                "Start the server from the command “MCP: List Servers”.",
                "VS Code asks for the token, and keeps it.",
            ),
            server.config("servers", {**typed, "headers": _ASKED_HEADER}, inputs=_INPUTS),
            ".vscode/mcp.json",
        ),
    )


def _flowhunt(server: _Server) -> Connecting:
    return Connecting(
        "FlowHunt",
        None,
        Way(
            (
                "Add an MCP server by its URL, with transport Streamable HTTP.",
                "Give it the header with the token.",
                f"FlowHunt {_FROM_OUTSIDE}.",
            ),
            f"{server.url}\nAuthorization: {server.bearer}",
        ),
    )


# VS Code keeps what it asked for in the system's key store.
_ASKED_HEADER = {"Authorization": "Bearer ${input:deskledger-token}"}
_INPUTS = [
    {
        "type": "promptString",
        "id": "deskledger-token",
        "description": "Access token of Deskledger",
        "password": True,
    }
]


def _cursor_link(server: Mapping[str, object]) -> str:
    config = base64.b64encode(json.dumps(server).encode()).decode()
    return f"cursor://anysphere.cursor-deeplink/mcp/install?name={_NAME}&config={quote(config, safe='')}"


def listing_tools() -> tuple[Mapping[str, str], str]:
    """Return the headers and the body that list the tools (Streamable HTTP, `MODERN`)."""
    body: dict[str, object] = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/list",
        "params": {
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": {},
            }
        },
    }
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": MODERN,
        "Mcp-Method": "tools/list",
    }
    return headers, json.dumps(body)


def curl(url: str, bearer: str) -> str:
    """Return a command that lists the tools."""
    headers, body = listing_tools()
    sent = {"Authorization": bearer, **headers}
    options = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in sent.items())
    return f"curl -s {shlex.quote(url)} {options} -d {shlex.quote(body)}"
