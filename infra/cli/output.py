"""How lists are shown: as a table for people, as JSON for programs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

import click
import msgspec

C = TypeVar("C")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

_ENDLESS = 10_000  # where nobody looks, nothing is cut to a screen's width


def moment(at: datetime) -> str:
    """Write a moment for people: to the minute, with its zone."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def show(
    rows: Sequence[msgspec.Struct],
    columns: Sequence[str],
    cells: Sequence[Sequence[str]],
    *,
    as_json: bool,
    nothing: str,
) -> None:
    """Print rows: whole as JSON, else their cells under the columns' names."""
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(rows), indent=2))
        return
    if not rows:
        click.echo(nothing)
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_ENDLESS)
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in cells:
        # Names are foreign text, not markup.
        table.add_row(*(cell.replace("[", r"\[") for cell in row))
    console.print(table)
