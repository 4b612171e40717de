"""What figures are measured on, and how several passes become one figure."""

import os
import platform
import statistics
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import psycopg

from infra.postgres.embedded import EmbeddedPostgres
from infra.postgres.errors import EmbeddedPostgresError


@contextmanager
def durable_server() -> Generator[str]:
    """Yield the URL of a durable embedded PostgreSQL of its own, which goes with its folder."""
    with tempfile.TemporaryDirectory(prefix="deskledger-bench-") as folder:
        Path(folder).chmod(0o711)  # started by root, the server runs as another user
        try:
            with EmbeddedPostgres(Path(folder)) as server:
                yield server.url()
        except EmbeddedPostgresError as error:
            raise click.ClickException(str(error)) from None


def describe_machine(url: str) -> str:
    """Return one line: processor cores, Python, PostgreSQL and what its commits promise."""
    with psycopg.connect(url) as connection:
        shown = {
            name: connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
            for name in ("server_version", "fsync", "synchronous_commit")
        }
    version, fsync, commit = (row[0] if row else "?" for row in shown.values())
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"PostgreSQL {version}, fsync {fsync}, synchronous_commit {commit}"
    )


def alternate(cells: Mapping[str, Callable[[], float]], passes: int) -> dict[str, list[float]]:
    """Measure every cell once a pass, so that what disturbs the machine disturbs all alike."""
    figures: dict[str, list[float]] = {name: [] for name in cells}
    for number in range(1, passes + 1):
        for name, measure in cells.items():
            figures[name].append(measure())
            click.echo(f"pass {number}: {name}: {figures[name][-1]:,.0f}/s", err=True)
    return figures


def shown(figures: Sequence[float]) -> str:
    """Write a median with its range over the passes."""
    return f"{statistics.median(figures):,.0f} ({min(figures):,.0f}-{max(figures):,.0f})"
