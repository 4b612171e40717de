"""Keeping an account in order: schema, views, and how it stands."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from domain.account import Account
from infra.cli.account import data_option, database, default_folder, settings_for, written
from infra.cli.failures import Exit, Failure
from infra.cli.output import json_option

if TYPE_CHECKING:
    from infra.standing import Standing


@click.command(epilog="Example: DATABASE_URL=postgresql://desk@db/desk deskledger migrate")
@data_option
def migrate(data: Path | None) -> None:
    """Bring the database's schema and views up to date."""
    import asyncio

    with database(data) as settings:
        from infra.cli.progress import bar
        from infra.database import bring_up_to_date

        with bar("Building views") as on_progress:
            done = asyncio.run(bring_up_to_date(settings, on_progress))
    click.echo(
        f"Applied {done} migration{'s' * (done > 1)}." if done else "The schema was up to date."
    )


@click.group(epilog="Example: deskledger views rebuild")
def views() -> None:
    """The read side, which can always be built anew from the log."""


@views.command("rebuild", epilog="Example: deskledger views rebuild")
@data_option
def rebuild_views(data: Path | None) -> None:
    """Build all views anew beside the live ones, and swap them."""
    import asyncio

    with database(data) as settings:
        from infra.cli.progress import bar
        from infra.database import bring_up_to_date
        from infra.desk import projection_of
        from infra.projector.rebuild import rebuild

        asyncio.run(bring_up_to_date(settings))
        projection = projection_of(Account.named(settings.account))
        with bar("Building views") as on_progress:
            asyncio.run(rebuild(settings.direct_url, projection, on_progress))
    click.echo("The views are built anew.")


@click.command(epilog="Example: deskledger status --json")
@data_option
@json_option
def status(data: Path | None, as_json: bool) -> None:
    """Show how the account stands: database, migrations, log, views, budget."""
    import asyncio

    folder = data or default_folder()
    if not settings_for(data).database_url and not (folder / "postgres").exists():
        raise Failure(
            Exit.DATABASE, f"there is no database in {folder} yet; {written('serve')} makes one"
        )
    with database(data) as settings:
        from infra.standing import read_standing

        where = f"embedded in {folder}" if not settings_for(data).database_url else ""
        standing = asyncio.run(read_standing(settings, where))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(standing), indent=2))
    else:
        _show(standing)


def _show(standing: "Standing") -> None:
    lines = [
        ("Database", f"PostgreSQL {standing.version}, {standing.database}"),
        ("Migrations", f"{standing.migrations} of {standing.migrations_known}"),
    ]
    if standing.migrations == 0:
        lines.append(("", f"run: {written('migrate')}"))
    else:
        lag = (
            f"none: run {written('migrate')}" if standing.lag is None else f"{standing.lag} behind"
        )
        lines += [
            ("Log", f"position {standing.position}"),
            ("Views", standing.failure or ("up to date" if standing.lag == 0 else lag)),
            ("Processes", _who_serves(standing)),
        ]
    if budget := standing.budget:
        until = f"until {budget.resets_at:%Y-%m-%d %H:%M} UTC"
        lines.append(("Budget", f"{budget.used} of {budget.limit} tool calls used, {until}"))
    for name, text in lines:
        click.echo(f"{name:<12}{text}")


def _who_serves(standing: "Standing") -> str:
    """Say which processes serve, and which of them moves the views."""
    processes = [
        f"{process.pid}{f' on {process.address}' if process.address else ''}"
        f"{' (moves the views)' if process.projects else ''}"
        for process in standing.processes
    ]
    return ", ".join(processes) or "none serves"
