"""What `serve` says once it answers: where, with which token, and lines to paste for each client."""

import json
import shlex
from collections.abc import Callable
from importlib import metadata
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from api.mcp import PATH
from infra.serve.beginning import Beginning
from infra.settings import Settings

PLACEHOLDER = "YOUR_TOKEN"
MODERN = "2026-07-28"


class Paste(NamedTuple):
    """Lines for one client, and where they belong."""

    client: str
    where: str
    lines: str


def greet(settings: Settings, beginning: Beginning, write: Callable[[str], str]) -> None:
    """Print it; `write` writes a command of ours so that it finds the same database."""
    console = Console(highlight=False, soft_wrap=True)
    url = f"{settings.base_url}{PATH}"
    console.print()
    console.print(Text(f"Deskledger {metadata.version('deskledger')} is serving.", "bold green"))
    console.print()
    _line(console, "MCP URL", url)
    if beginning.token:
        _line(console, "Token", beginning.token)
        _line(console, "", f"acts for {beginning.owner}; shown this once, so keep it", "dim")
    elif beginning.owner:
        _line(console, "Token", beginning.mask or "none alive")
        _line(console, "", f"a new one: {write(f'tokens create --agent {beginning.owner}')}", "dim")
    else:
        _line(console, "Next", "add yourself, then make a token:")
        you = "you@example.com"
        _line(console, "", write(f'agents add "Your Name" --email {you} --role owner'))
        _line(console, "", write(f"tokens create --agent {you}"))
        _line(console, "", f"or stop, and fill it with a demo: {write('serve --demo')}", "dim")
    for paste in pastes(url, beginning.token or PLACEHOLDER):
        console.print()
        console.print(Text(paste.client, "bold"), Text(paste.where, "dim"))
        console.print(Text(paste.lines))
    console.print()
    console.print(Text("Ctrl-C stops it.", "dim"))


def _line(console: Console, name: str, text: str, style: str = "") -> None:
    console.print(Text.assemble((f"  {name:<9}", "bold"), (text, style)))


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
