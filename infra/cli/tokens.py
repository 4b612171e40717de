"""Access tokens on the command line."""

from typing import TYPE_CHECKING

import click
from msgspec import UNSET

from domain.access_tokens import RevokeToken
from domain.refusals import Code, Refused
from infra.cli.account import catch_up, on_desk, written
from infra.cli.output import json_option, show

if TYPE_CHECKING:
    from infra.desk import Desk
    from projections.listings import TokenLine


@click.group(epilog="Example: deskledger tokens create --agent ana@example.com")
def tokens() -> None:
    """Access tokens, with which MCP clients act for an agent."""


@tokens.command(epilog="Example: deskledger tokens create --agent ana@example.com --label laptop")
@click.option("--agent", required=True, metavar="EMAIL", help="For whom it will act.")
@click.option("--label", default="", help="What it is for, to tell tokens apart.")
@click.option("--quiet", is_flag=True, help="Print the token and nothing else.")
@on_desk
async def create(desk: "Desk", agent: str, label: str, quiet: bool) -> None:
    """Create an access token and print it, this once."""
    from infra.access import generate_token
    from infra.directory import agent_of

    token = await generate_token(desk, await agent_of(desk, agent), label)
    await catch_up(desk)
    click.echo(token)
    if not quiet:
        click.echo("Keep it: it is not shown again. It dies after two years.", err=True)


@tokens.command("list", epilog="Example: deskledger tokens list --agent ana@example.com")
@click.option("--agent", metavar="EMAIL", help="Only this agent's.")
@json_option
@on_desk
async def list_tokens(desk: "Desk", agent: str | None, as_json: bool) -> None:
    """List access tokens, oldest first."""
    from infra.directory import agent_of

    agent_id = await agent_of(desk, agent) if agent else None
    await catch_up(desk)
    rows = await desk.views.list_tokens(agent_id=agent_id)
    cells = [
        (
            row.mask,
            row.agent.name,
            row.label,
            f"{row.generated_at:%Y-%m-%d}",
            f"{row.expires_at:%Y-%m-%d}" if row.revoked_at is UNSET else "revoked",
            str(row.id),
        )
        for row in rows
    ]
    show(
        rows,
        ("Token", "Agent", "Label", "Generated", "Expires", "Id"),
        cells,
        as_json=as_json,
        nothing=f"None yet: {written('tokens create --agent EMAIL')}",
    )


@tokens.command(epilog="Example: deskledger tokens revoke dl_pat_…x7Qa")
@click.argument("token", metavar="ID-OR-MASK")
@on_desk
async def revoke(desk: "Desk", token: str) -> None:
    """Revoke an access token: it opens nothing from now on."""
    from domain.application import Wish

    await catch_up(desk)
    found = _find(await desk.views.list_tokens(), token)
    done = await desk.execute(Wish(RevokeToken(agent=found.agent.id, token=found.id)))
    await catch_up(desk)
    click.echo(
        f"Revoked {found.mask} of {found.agent.name}."
        if done.answer.changed
        else f"{found.mask} of {found.agent.name} was revoked already."
    )


def _find(rows: "list[TokenLine]", reference: str) -> "TokenLine":
    """Return the one token meant by an id or a mask; refuse when there is none, or more."""
    found = [row for row in rows if reference in {str(row.id), row.mask}]
    if not found:
        raise Refused(
            Code.NOT_FOUND,
            f"There is no token {reference}. `deskledger tokens list` shows ids and masks.",
        )
    if len(found) > 1:
        raise Refused(
            Code.CONFLICT, f"{len(found)} tokens look like {reference}. Name one by its id."
        )
    return found[0]
