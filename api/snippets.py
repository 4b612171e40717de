"""Lines to paste into MCP clients, so that they find the server and show a token."""

import json
import shlex
from typing import NamedTuple

MODERN = "2026-07-28"


class Paste(NamedTuple):
    """Lines for one client, and where they belong."""

    client: str
    where: str
    lines: str


def pastes(url: str, token: str) -> list[Paste]:
    """Return what to paste for each client."""
    bearer = f"Bearer {token}"
    claude = f'claude mcp add --transport http deskledger {url} --header "Authorization: {bearer}"'
    bridge = {
        "command": "npx",
        # A space in an argument is lost on Windows: the header's value comes by environment.
        "args": ["-y", "mcp-remote", url, "--header", "Authorization:${AUTH_HEADER}"],
        "env": {"AUTH_HEADER": bearer},
    }
    remote = {"url": url, "headers": {"Authorization": bearer}}
    return [
        Paste("Claude Code", "", claude),
        Paste(
            "Claude Desktop",
            "claude_desktop_config.json",
            _json({"mcpServers": {"deskledger": bridge}}),
        ),
        Paste("Cursor", "~/.cursor/mcp.json", _json({"mcpServers": {"deskledger": remote}})),
        Paste(
            "VS Code",
            ".vscode/mcp.json",
            _json({"servers": {"deskledger": {"type": "http", **remote}}}),
        ),
        Paste("curl", "lists the tools", curl(url, bearer)),
    ]


def curl(url: str, bearer: str) -> str:
    """Return a command that lists the tools (Streamable HTTP, revision 2026-07-28)."""
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
    headers = (
        f"Authorization: {bearer}",
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        f"MCP-Protocol-Version: {MODERN}",
        "Mcp-Method: tools/list",
    )
    options = " ".join(f"-H {shlex.quote(header)}" for header in headers)
    return f"curl -s {shlex.quote(url)} {options} -d {shlex.quote(_json(body))}"


def _json(value: object) -> str:
    return json.dumps(value)
