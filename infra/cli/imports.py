"""Imports on the command line."""

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.cli.account import catch_up, data_option, database

if TYPE_CHECKING:
    from infra.importer.importing import Imported
    from infra.settings import Settings

# Times as much as in a rebuild, which makes indexes last, costs a fact that live views take in.
_DEARER = 3


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
    import asyncio

    with database(data) as settings:
        began = time.monotonic()
        imported = asyncio.run(_import(settings, file, limit))
        seconds = time.monotonic() - began
    there = f"{imported.present:,} tickets were there already"
    if imported.tickets:
        click.echo(
            f"Imported {imported.tickets:,} tickets with {imported.messages:,} messages "
            f"in {seconds:.1f} s; {there}."
        )
    else:
        click.echo(f"Nothing to import: {there}.")


async def _import(settings: "Settings", file: Path, limit: int | None) -> "Imported":
    """Import into the log alone, and then bring the views up to it by the shorter way."""
    from infra.cli.progress import bar
    from infra.database import opened
    from infra.desk import projection_of
    from infra.importer.importing import import_issues
    from infra.projector.rebuild import RebuildRunningError, rebuild

    async with opened(settings, follow=False) as desk:
        with bar("Tickets") as on_progress:
            imported = await import_issues(desk, file, limit, on_progress)
        place = await desk.live.progress.read()
    with bar("Views") as on_progress:
        if place and (place.head - place.position) * _DEARER > place.head:
            with contextlib.suppress(RebuildRunningError):
                await rebuild(settings.direct_url, projection_of(desk.account), on_progress)
        async with opened(settings) as desk:
            await catch_up(desk, on_progress)
    return imported
