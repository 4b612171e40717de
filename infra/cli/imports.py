"""Imports on the command line."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.cli.account import catch_up, data_option, run

if TYPE_CHECKING:
    from infra.desk import Desk


@click.group("import", epilog="Example: deskledger import github-issues issues.jsonl.gz")
def imports() -> None:
    """Bring tickets in from elsewhere."""


@imports.command(
    "github-issues", epilog="Example: deskledger import github-issues issues.jsonl.gz --limit 1000"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--limit", type=click.IntRange(1), help="Only so many issues from the beginning.")
@data_option
def github_issues(file: Path, limit: int | None, data: Path | None) -> None:
    """Import GitHub issues from FILE, one JSON object a line, plain or gzip.

    What was imported before is passed over, so an import that was broken off goes on when it is
    run again.
    """

    async def bring_in(desk: "Desk") -> None:
        from infra.cli.progress import bar
        from infra.importer.importing import import_issues

        began = time.monotonic()
        with bar("Tickets") as told:
            imported = await import_issues(desk, file, limit, told)
        with bar("Views") as told:
            await catch_up(desk, told)
        seconds = time.monotonic() - began
        there = f"{imported.present:,} tickets were there already"
        if imported.tickets == 0:
            click.echo(f"Nothing to import: {there}.")
        else:
            click.echo(
                f"Imported {imported.tickets:,} tickets with {imported.messages:,} messages "
                f"in {seconds:.1f} s; {there}."
            )

    run(data, bring_in)
