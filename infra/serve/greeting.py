"""What `serve` says once it answers: where, with which token, and lines to paste for each client."""

import contextlib
from collections.abc import Callable
from importlib import metadata

import click

from api.mcp import PATH
from api.oauth.locations import Locations
from api.sign_in.links import password_url, setup_url
from api.snippets import PLACEHOLDER, connecting
from infra.serve.beginning import Beginning
from infra.settings import Settings


def greet(
    settings: Settings, beginning: Beginning, write: Callable[[str], str], known_url: str
) -> None:
    """Print it; `write` writes a command of ours so that it finds the same database.

    Of itself a command takes the server to be at `known_url`.
    """
    url = f"{settings.base_url}{PATH}"
    version = metadata.version("deskledger")
    lines = ["", click.style(f"Deskledger {version} is serving.", fg="green", bold=True), ""]
    lines.append(_line("MCP URL", url))
    if settings.is_open_to_all:
        lines.append(_aside("other machines are refused until PUBLIC_URL says how they reach it"))
    if beginning.token:
        lines.append(_line("Token", beginning.token))
        lines.append(_aside(f"acts for {beginning.owner}; shown this once, so keep it"))
    elif beginning.owner:
        lines.append(_line("Token", beginning.mask or "none alive"))
        lines.append(_aside(f"a new one: {write(f'tokens create --agent {beginning.owner}')}"))
    at = "" if settings.base_url == known_url else f" --url {settings.base_url}"
    lines += _on_signing_in(settings.base_url, beginning, write, at)
    locations = Locations(settings.base_url)
    if locations.is_safe:
        lines += ["", "Clients that speak OAuth take the URL alone, and ask you in the browser:"]
        lines.append(f"claude mcp add --transport http deskledger {url}")
    else:
        lines += ["", "Clients connect with a token only: OAuth takes a PUBLIC_URL with https."]
    lines += ["", "With a token:"]
    for each in connecting(locations, beginning.token or PLACEHOLDER, indent=None):
        if way := each.token:
            where = click.style(way.where, dim=True)
            lines += ["", f"{click.style(each.client, bold=True)}  {where}", way.lines]
    lines += ["", click.style("Ctrl-C stops it.", dim=True)]
    # Whoever reads along may have gone: that is no reason not to serve.
    with contextlib.suppress(OSError):
        click.echo("\n".join(lines))


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
    if beginning.reset:
        return [
            _line("Panel", password_url(base_url, *beginning.reset)),
            _aside(f"opened once, within an hour, it sets the password of {beginning.owner}"),
        ]
    lines = [_line("Panel", f"{base_url}/login")]
    if beginning.owner and not beginning.has_password:
        lines.append(_aside(f"{beginning.owner} has no password yet; a link to set one:"))
        lines.append(_aside(write(f"agents reset-password {beginning.owner}{at}")))
    return lines


def _line(name: str, text: str) -> str:
    return f"  {click.style(f'{name:<9}', bold=True)}{text}"


def _aside(text: str) -> str:
    return _line("", click.style(text, dim=True))
