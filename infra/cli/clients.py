"""OAuth clients on the command line: those registered here, and which others may come."""

from typing import TYPE_CHECKING

import click
import msgspec

from domain.clients import (
    ClientId,
    ClientPolicy,
    Host,
    RegisterClient,
    RemoveClient,
    SetClientPolicy,
)
from infra.cli.account import on_desk, written
from infra.cli.failures import Exit, Failure, command_of
from infra.cli.output import json_option, show

if TYPE_CHECKING:
    from domain.clients import Clients
    from infra.desk import Desk

_SWITCH = click.Choice(["on", "off"])


class Line(msgspec.Struct, frozen=True):
    """A client as it is listed: never its secret's digest."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    auth_method: str


class PolicyLine(msgspec.Struct, frozen=True):
    """The policy with all its parts, also those that are as in the beginning."""

    dynamic_registration: bool
    allowed_hosts: tuple[str, ...] | None
    always_ask: bool


@click.group(epilog="Example: deskledger clients policy --registration off")
def clients() -> None:
    """OAuth clients: those registered here, and which others may come."""


@clients.command("list", epilog="Example: deskledger clients list --json")
@json_option
@on_desk
async def list_clients(desk: "Desk", as_json: bool) -> None:
    """List the clients that were registered here."""
    registered = (await _held(desk)).registered
    rows = [
        Line(client.id, client.name, client.redirect_uris, client.auth_method)
        for client in sorted(registered.values(), key=lambda client: client.id)
    ]
    cells = [
        (
            row.client_id,
            row.name,
            "public" if row.auth_method == "none" else "confidential",
            ", ".join(row.redirect_uris),
        )
        for row in rows
    ]
    show(
        rows,
        ("Id", "Name", "Kind", "Redirect URIs"),
        cells,
        as_json=as_json,
        nothing="None: most clients come by themselves, as the policy lets them "
        f"({written('clients policy')}).",
    )


@clients.command(
    epilog="Example: deskledger clients add Portal --redirect-uri https://portal.example.com/cb"
)
@click.argument("name")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    required=True,
    metavar="URI",
    help="Where codes may go, letter by letter; may be given several times.",
)
@click.option("--id", "client_id", metavar="ID", help="Its client_id.  [default: by its name]")
@click.option("--confidential", is_flag=True, help="It keeps a secret, which is printed once.")
@json_option
@on_desk
async def add(
    desk: "Desk",
    name: str,
    *,
    redirect_uris: tuple[str, ...],
    client_id: str | None,
    confidential: bool,
    as_json: bool,
) -> None:
    """Register a client, for those that cannot do so themselves."""
    import secrets

    from domain.application import Wish
    from domain.registering import id_by, new_client
    from infra.desk import new_id

    known = _id(client_id) if client_id is not None else id_by(name) or str(new_id())
    random = secrets.token_bytes(32) if confidential else None
    new = new_client(known, name, redirect_uris, random)
    # Typed words are judged before anything is asked of the database's rules.
    await desk.execute(Wish(command_of(RegisterClient, **msgspec.structs.asdict(new.command))))
    credentials = {"client_id": known, **({"client_secret": new.secret} if new.secret else {})}
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(credentials), indent=2))
    else:
        for word, value in credentials.items():
            click.echo(f"{word:<15}{value}")
    if new.secret:
        click.echo("Keep the secret: it is not shown again.", err=True)


@clients.command(epilog="Example: deskledger clients remove portal")
@click.argument("client_id", metavar="ID")
@on_desk
async def remove(desk: "Desk", client_id: str) -> None:
    """Remove a client that was registered here, with all its access at once."""
    from domain.application import Wish

    await desk.execute(Wish(RemoveClient(client_id=client_id)))
    click.echo(f"Removed {client_id}.")


@clients.command(epilog="Example: deskledger clients policy --allow-host claude.ai --always-ask on")
@click.option("--registration", type=_SWITCH, help="Whether clients may register themselves.")
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="HOST",
    help="Where codes may go, and nowhere else: a host, or a program's scheme, as in cursor:. "
    "May be given several times, for all of them.",
)
@click.option("--any-host", is_flag=True, help="Codes may go anywhere.")
@click.option("--no-host", is_flag=True, help="None but the clients registered here may come.")
@click.option("--always-ask", type=_SWITCH, help="Whether agents are asked each time.")
@json_option
@on_desk
async def policy(
    desk: "Desk",
    *,
    registration: str | None,
    hosts: tuple[str, ...],
    any_host: bool,
    no_host: bool,
    always_ask: str | None,
    as_json: bool,
) -> None:
    """Show which clients may come besides those registered here, or set it."""
    from domain.application import Wish

    if bool(hosts) + any_host + no_host > 1:
        raise Failure(Exit.USAGE, "--allow-host, --any-host and --no-host exclude each other")
    if registration or hosts or any_host or no_host or always_ask:
        command = command_of(
            SetClientPolicy,
            dynamic_registration=_so(registration),
            allowed_hosts=tuple(map(_host, hosts)) if hosts or no_host else None,
            any_host=any_host,
            always_ask=_so(always_ask),
        )
        await desk.execute(Wish(command))
    now = (await _held(desk)).policy
    if as_json:
        line = PolicyLine(now.dynamic_registration, now.allowed_hosts, now.always_ask)
        click.echo(msgspec.json.format(msgspec.json.encode(line), indent=2))
        return
    for name, text in _in_words(now):
        click.echo(f"{name:<14}{text}")


def _in_words(policy: ClientPolicy) -> list[tuple[str, str]]:
    allowed = policy.allowed_hosts
    return [
        ("Registration", "on" if policy.dynamic_registration else "off"),
        ("Hosts", "any" if allowed is None else ", ".join(allowed) or "none"),
        ("Always ask", "on" if policy.always_ask else "off"),
    ]


def _so(switch: str | None) -> bool | None:
    return None if switch is None else switch == "on"


def _host(typed: str) -> str:
    try:
        return msgspec.convert(typed.lower(), Host)
    except msgspec.ValidationError:
        fault = f"{typed} is no host: name it without https:// and path, or a scheme with its colon"
        raise Failure(Exit.USAGE, fault) from None


def _id(typed: str) -> str:
    try:
        return msgspec.convert(typed, ClientId)
    except msgspec.ValidationError:
        fault = f"{typed} cannot be an id: take up to 100 letters, digits, dots, hyphens and "
        raise Failure(Exit.USAGE, f"{fault}underscores, without dcr_ in front") from None


async def _held(desk: "Desk") -> "Clients":
    from domain.clients import BEGINNING, CLIENTS

    return (await desk.helpdesk.states.refresh(CLIENTS)).state or BEGINNING
