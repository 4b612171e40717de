"""The shared budget on the command line."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click
import msgspec

from domain.budget import MAX_CALLS_PER_SEAT, MAX_LIMIT, SetCallsPerSeat, SetLimit
from infra.cli.account import catch_up, on_desk
from infra.cli.failures import Exit, Failure
from infra.cli.output import json_option, moment, show

if TYPE_CHECKING:
    from domain.standing import BudgetStanding
    from infra.desk import Desk
    from projections.usage import UsageRow

_DIMENSIONS = ("day", "agent", "client", "tool")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group(epilog="Example: deskledger budget show")
def budget() -> None:
    """The tool calls of a month, which all agents share."""


@budget.command("show", epilog="Example: deskledger budget show --json")
@json_option
@on_desk
async def show_budget(desk: "Desk", as_json: bool) -> None:
    """Show how the month stands."""
    from domain.standing import budget_standing

    standing = await budget_standing(desk.helpdesk)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(standing), indent=2))
        return
    await catch_up(desk)
    reached = await desk.views.list_thresholds(desk.helpdesk.now().astimezone(UTC).date())
    lines = [
        ("Used", f"{standing.used} of {standing.limit} tool calls, {standing.remaining} remain"),
        ("Resets", moment(standing.resets_at)),
        ("Limit", f"{standing.monthly_limit} a month: {_terms(standing)}"),
        *(("Reached", f"{it.threshold} % of {it.limit}, {moment(it.at)}") for it in reached),
    ]
    for name, text in lines:
        click.echo(f"{name:<12}{text}")


@budget.command(epilog="Example: deskledger budget limit 5000")
@click.argument("calls", type=click.IntRange(0, MAX_LIMIT), required=False)
@click.option("--by-seats", is_flag=True, help="Give it back: seats times calls per seat.")
@on_desk
async def limit(desk: "Desk", calls: int | None, by_seats: bool) -> None:
    """Fix the month's limit."""
    from domain.application import Wish

    if (calls is None) != by_seats:
        raise click.UsageError("Say how many CALLS a month has, or --by-seats.")
    await desk.execute(Wish(SetLimit(limit=calls)))
    await _tell(desk)


@budget.command("calls-per-seat", epilog="Example: deskledger budget calls-per-seat 2000")
@click.argument("calls", type=click.IntRange(0, MAX_CALLS_PER_SEAT))
@on_desk
async def calls_per_seat(desk: "Desk", calls: int) -> None:
    """Set the calls a month of each seat.

    A limit that is fixed stays as it is.
    """
    from domain.application import Wish

    await desk.execute(Wish(SetCallsPerSeat(calls_per_seat=calls)))
    await _tell(desk)


@budget.command(epilog="Example: deskledger budget usage --by agent --by tool --from 2026-03-01")
@click.option("--by", multiple=True, type=click.Choice(_DIMENSIONS), help="[default: day]")
@click.option("--from", "start", type=_DAY, help="First day (UTC).  [default: the month's first]")
@click.option("--to", "end", type=_DAY, help="Last day (UTC).  [default: today]")
@click.option("--agent", metavar="EMAIL", help="Only this agent's calls.")
@click.option("--client", metavar="NAME", help="Only calls of clients of this name.")
@click.option("--tool", metavar="NAME", help="Only calls of this tool.")
@json_option
@on_desk
async def usage(
    desk: "Desk",
    *,
    by: tuple[str, ...],
    start: datetime | None,
    end: datetime | None,
    agent: str | None,
    client: str | None,
    tool: str | None,
    as_json: bool,
) -> None:
    """Show who used it for what.

    The newest days come first, then the most units.
    """
    from infra.directory import agent_of
    from projections.usage import UsageQuestion

    today = desk.helpdesk.now().astimezone(UTC).date()
    question = msgspec.convert(
        {
            "from_day": start.date() if start else today.replace(day=1),
            "to_day": end.date() if end else today,
            "by": frozenset(by or ("day",)),
            "agent": await agent_of(desk, agent) if agent else None,
            "client": client,
            "tool": tool,
        },
        UsageQuestion,
    )
    await catch_up(desk)
    found = await desk.views.get_usage(question)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
        return
    names = [name for name in _DIMENSIONS if name in question.by]
    show(
        found.rows,
        [*(name.capitalize() for name in names), "Calls", "Units"],
        [
            [*(_cell(row, name) for name in names), f"{row.calls}", f"{row.units}"]
            for row in found.rows
        ],
        as_json=False,
        nothing="No calls in these days.",
    )
    if found.rows:
        more = "; not all rows are shown" if found.more else ""
        click.echo(f"{found.calls} calls, {found.units} units{more}.")


@budget.command(epilog="Example: deskledger budget check || echo 'the counter is wrong'")
@on_desk
async def check(desk: "Desk") -> None:
    """Prove that the counter is right.

    It must be the sum of the charges that were recorded; where it is not, the exit code is 1.
    """
    import psycopg

    from infra.cli.progress import bar
    from infra.event_store.budget import tally

    connection = await psycopg.AsyncConnection.connect(desk.settings.database_url)
    async with connection:
        with bar("Adding up charges") as on_progress:
            found = await tally(connection, desk.account, on_progress)
    if found.used != found.charged:
        raise Failure(
            Exit.REFUSED,
            f"the counter says {found.used} units, but the charges recorded in its month come to "
            f"{found.charged}",
        )
    click.echo(f"The counter and the recorded charges agree: {found.used} units.")


async def _tell(desk: "Desk") -> None:
    from domain.standing import budget_standing

    standing = await budget_standing(desk.helpdesk)
    click.echo(f"{standing.monthly_limit} tool calls a month: {_terms(standing)}.")
    await catch_up(desk)


def _terms(standing: "BudgetStanding") -> str:
    plural = "s" * (standing.seats != 1)
    seats = f"{standing.seats} seat{plural} of {standing.calls_per_seat} calls"
    return f"fixed, in place of {seats}" if standing.fixed else seats


def _cell(row: "UsageRow", name: str) -> str:
    match getattr(row, name):
        case date() as day:
            return f"{day}"
        case "" | None:
            return "-"
        case str(text):
            return text
        case named:
            return named.name
