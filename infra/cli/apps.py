"""Authorized apps on the command line."""

from typing import TYPE_CHECKING
from uuid import UUID

import click
from msgspec import UNSET

from domain.consent import RevokeApp
from domain.refusals import Code, Refused
from infra.cli.account import catch_up, on_desk, written
from infra.cli.output import json_option, moment, show

if TYPE_CHECKING:
    from infra.desk import Desk


@click.group(epilog="Example: deskledger apps list --agent ana@example.com")
def apps() -> None:
    """Apps that agents let in by OAuth, to act in their names."""


@apps.command("list", epilog="Example: deskledger apps list --agent ana@example.com")
@click.option("--agent", metavar="EMAIL", help="Only this agent's.")
@click.option("--revoked", is_flag=True, help="Also those that were revoked.")
@json_option
@on_desk
async def list_apps(desk: "Desk", *, agent: str | None, revoked: bool, as_json: bool) -> None:
    """List apps, the last to connect first; when each was used last comes about a minute late."""
    from msgspec.structs import replace

    from infra.directory import agent_of

    agent_id = await agent_of(desk, agent) if agent else None
    await catch_up(desk)
    found = await desk.views.list_apps(agent_id=agent_id, include_revoked=revoked)
    used = await desk.ledger.last_used(row.id for row in found)
    rows = [replace(row, last_used_at=used.get(row.id, UNSET)) for row in found]
    cells = [
        (
            row.client,
            row.agent.name,
            ", ".join(row.hosts),
            ", ".join(row.scopes),
            "active" if row.revoked_at is UNSET else (row.why or "revoked").replace("_", " "),
            moment(row.last_connected_at),
            "never" if row.last_used_at is UNSET else moment(row.last_used_at),
            str(row.id),
        )
        for row in rows
    ]
    show(
        rows,
        ("App", "Agent", "Leads to", "Scopes", "State", "Connected", "Last used", "Id"),
        cells,
        as_json=as_json,
        nothing="None yet: agents let an app in when it asks them."
        if revoked
        else "None connected: agents let an app in when it asks them. "
        f"Those that were revoked: {written('apps list --revoked')}.",
    )


@apps.command(epilog="Example: deskledger apps revoke 01957f00-0000-7000-8000-000000000001")
@click.argument("app", metavar="ID", type=click.UUID)
@on_desk
async def revoke(desk: "Desk", app: UUID) -> None:
    """Revoke an app: its tokens open nothing from now on, and it has to ask anew."""
    from domain.application import Wish

    await catch_up(desk)
    found = await desk.views.list_apps(app_id=app, include_revoked=True)
    if not found:
        raise Refused(Code.NOT_FOUND, f"There is no app {app}. `{written('apps list')}` shows all.")
    (line,) = found
    done = await desk.execute(Wish(RevokeApp(agent=line.agent.id, consent=app)))
    await catch_up(desk)
    name = f"{line.client} of {line.agent.name}"
    click.echo(f"Revoked {name}." if done.answer.changed else f"{name} was revoked already.")
