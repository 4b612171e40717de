"""Access tokens on the command line."""

from datetime import datetime
from typing import TYPE_CHECKING

import click
import msgspec
from msgspec import UNSET

from domain.access_tokens import Label, RevokeToken
from domain.permissions import TOOL_SCOPES, Scope
from domain.refusals import Code, Refused
from infra.cli.account import catch_up, on_desk, written
from infra.cli.failures import Exit, Failure
from infra.cli.output import json_option, moment, show

if TYPE_CHECKING:
    from infra.desk import Desk
    from projections.token_queries import TokenLine


@click.group(epilog="Example: deskledger tokens create --agent ana@example.com")
def tokens() -> None:
    """Access tokens, with which MCP clients act for an agent."""


_quiet = click.option("--quiet", is_flag=True, help="Print the token and nothing else.")


@tokens.command(epilog="Example: deskledger tokens create --agent ana@example.com --label laptop")
@click.option("--agent", required=True, metavar="EMAIL", help="For whom it will act.")
@click.option("--label", default="", help="What it is for, to tell tokens apart.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it is good for, at most; may be given several times.  [default: every tool]",
)
@click.option("--read-only", is_flag=True, help=f"Short for --scope {Scope.TICKETS_READ.value}.")
@_quiet
@on_desk
async def create(
    desk: "Desk", agent: str, *, label: str, scopes: tuple[str, ...], read_only: bool, quiet: bool
) -> None:
    """Create an access token and print it, this once."""
    from infra.access import generate_token
    from infra.directory import agent_of

    if scopes and read_only:
        raise Failure(Exit.USAGE, "--read-only is a --scope already: give one of both")
    try:
        msgspec.convert(label, Label)
    except msgspec.ValidationError as error:
        raise Failure(Exit.USAGE, f"the label is too long: {error}") from None
    chosen = [Scope.TICKETS_READ] if read_only else [Scope(scope) for scope in scopes]
    who = await agent_of(desk, agent)
    token = await generate_token(desk, who, label, chosen or TOOL_SCOPES)
    await catch_up(desk)
    _print_once(token, quiet=quiet)


@tokens.command(epilog="Example: deskledger tokens replace dl_pat_…x7Qa")
@click.argument("token", metavar="ID-OR-MASK")
@_quiet
@on_desk
async def replace(desk: "Desk", token: str, *, quiet: bool) -> None:
    """Revoke a lost access token and print its successor, this once: same label, same scopes."""
    from infra.access import replace_token

    await catch_up(desk)
    lost = _find(await desk.views.list_tokens(), token)
    if lost.revoked_at is not UNSET:
        raise Refused(Code.NOT_FOUND, f"{lost.mask} was revoked already. Create a new one.")
    secret = await replace_token(desk, lost.agent.id, lost.id, lost.label, lost.scopes)
    await catch_up(desk)
    _print_once(secret, quiet=quiet)
    await _warn(desk, lost)


def _print_once(token: str, *, quiet: bool) -> None:
    click.echo(token)
    if not quiet:
        click.echo("Keep it: it is not shown again. It dies after two years.", err=True)


@tokens.command("list", epilog="Example: deskledger tokens list --agent ana@example.com")
@click.option("--agent", metavar="EMAIL", help="Only this agent's.")
@json_option
@on_desk
async def list_tokens(desk: "Desk", agent: str | None, as_json: bool) -> None:
    """List access tokens, oldest first; when each was used last comes about a minute late."""
    from msgspec.structs import replace as changed

    from infra.desk import utc_now
    from infra.directory import agent_of

    agent_id = await agent_of(desk, agent) if agent else None
    await catch_up(desk)
    found = await desk.views.list_tokens(agent_id=agent_id)
    used = await desk.ledger.last_used(row.id for row in found)
    rows = [changed(row, last_used_at=used.get(row.id, UNSET)) for row in found]
    now = utc_now()
    cells = [
        (
            row.mask,
            row.agent.name,
            row.label,
            ", ".join(row.scopes),
            _state(row, now),
            row.generated_via if row.generated_with is UNSET else row.generated_with.mask,
            moment(row.expires_at),
            "never" if row.last_used_at is UNSET else moment(row.last_used_at),
            str(row.id),
        )
        for row in rows
    ]
    show(
        rows,
        (
            "Token",
            "Agent",
            "Label",
            "Scopes",
            "State",
            "Made with",
            "Expires",
            "Last used",
            "Id",
        ),
        cells,
        as_json=as_json,
        nothing=f"None yet: {written('tokens create --agent EMAIL')}",
    )


def _state(row: "TokenLine", now: datetime) -> str:
    """Say how a token stands, with the days left of one that ends soon."""
    match row.state(now):
        case "expiring":
            days = (row.expires_at - now).days
            return f"expires in {days} day{'s' * (days > 1)}" if days else "expires within a day"
        case state:
            return state


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
    await _warn(desk, found)


async def _warn(desk: "Desk", ended: "TokenLine") -> None:
    """Tell of tokens that live on though what they were generated with is revoked."""
    from infra.desk import utc_now
    from projections.lineage import warning_of

    left = await desk.views.tokens_come_of(ended.agent.id, ended.id, utc_now())
    if said := warning_of(token.mask for token in left):
        click.echo(said, err=True)


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
