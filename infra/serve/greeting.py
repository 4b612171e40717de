"""What `serve` says once it answers: where, with which token, and lines to paste for each client."""

import contextlib
import json
import shlex
from collections.abc import Callable
from importlib import metadata
from typing import NamedTuple

import click

from api.mcp import PATH
from api.sign_in.links import setup_url
from infra.serve.beginning import Beginning
from infra.settings import Settings

PLACEHOLDER = "YOUR_TOKEN"
MODERN = "2026-07-28"


class Paste(NamedTuple):
    """Lines for one client, and where they belong."""

    client: str
    where: str
    lines: str


def greet(
    settings: Settings, beginning: Beginning, write: Callable[[str], str], known_url: str
) -> None:
    """Print it; `write` writes a command of ours so that it finds the same database.

    Of itself a command takes the server to be at `known_url`.
    """
    url = f"{settings.base_url}{PATH}"
    version = metadata.version("deskledger")
    told = ["", click.style(f"Deskledger {version} is serving.", fg="green", bold=True), ""]
    told.append(_line("MCP URL", url))
    if settings.is_open_to_all:
        told.append(_aside("other machines are refused until PUBLIC_URL says how they reach it"))
    if beginning.token:
        told.append(_line("Token", beginning.token))
        told.append(_aside(f"acts for {beginning.owner}; shown this once, so keep it"))
    elif beginning.owner:
        told.append(_line("Token", beginning.mask or "none alive"))
        told.append(_aside(f"a new one: {write(f'tokens create --agent {beginning.owner}')}"))
    at = "" if settings.base_url == known_url else f" --url {settings.base_url}"
    told += _on_signing_in(settings.base_url, beginning, write, at)
    if settings.offers_oauth:
        told += ["", "Clients that speak OAuth take the URL alone, and ask you in the browser:"]
        told.append(f"claude mcp add --transport http deskledger {url}")
    else:
        told += ["", "Clients connect with a token only: OAuth takes a PUBLIC_URL with https."]
    told += ["", "With a token:"]
    for paste in pastes(url, beginning.token or PLACEHOLDER):
        where = click.style(paste.where, dim=True)
        told += ["", f"{click.style(paste.client, bold=True)}  {where}", paste.lines]
    told += ["", click.style("Ctrl-C stops it.", dim=True)]
    # Whoever reads along may have gone: that is no reason not to serve.
    with contextlib.suppress(OSError):
        click.echo("\n".join(told))


def _on_signing_in(
    base_url: str, beginning: Beginning, write: Callable[[str], str], at: str
) -> list[str]:
    """Say how people come in: the first owner by a link, which is shown this once."""
    if beginning.setup:
        return [
            _line("Next", setup_url(base_url, beginning.setup)),
            _aside("opened once, within a day, it makes you the owner; then, for MCP clients:"),
            _aside(write("tokens create --agent YOUR@ADDRESS")),
            _aside(f"or stop it, and begin with a demo: {write('serve --demo')}"),
        ]
    told = [_line("Sign in", f"{base_url}/login")]
    if beginning.owner and not beginning.has_password:
        told.append(_aside(f"{beginning.owner} has no password yet; a link to set one:"))
        told.append(_aside(write(f"agents reset-password {beginning.owner}{at}")))
    return told


def _line(name: str, text: str) -> str:
    return f"  {click.style(f'{name:<9}', bold=True)}{text}"


def _aside(text: str) -> str:
    return _line("", click.style(text, dim=True))


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
