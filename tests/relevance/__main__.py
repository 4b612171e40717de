"""`python -m tests.relevance`: how well the search finds what is meant, on an imported data set."""

import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import click
from psycopg_pool import AsyncConnectionPool

from domain.account import Account
from domain.caller import insider
from infra.importer.identity import ticket_id
from infra.postgres.embedded import EmbeddedPostgres
from projections.question import TicketSearch
from projections.reading import configure
from projections.view import Connection
from projections.views import Views
from tests.database import temporary_folder
from tests.relevance.queries import QUERIES, Query

TOP = 10
PASSES = 5


class Result(NamedTuple):
    """Where a query found what it should: ranks from 1, among the first ten; and its best time."""

    query: Query
    ranks: list[int]
    milliseconds: float

    @property
    def reciprocal(self) -> float:
        return 1 / min(self.ranks) if self.ranks else 0

    @property
    def recall(self) -> float:
        return len(self.ranks) / len(self.query.expected)


async def measure(url: str, account: Account) -> list[Result]:
    pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
        url, min_size=1, max_size=1, open=False, configure=configure
    )
    async with pool:
        views = Views(pool, account.views)
        return [await _ask(views, query) for query in QUERIES]


async def _ask(views: Views, query: Query) -> Result:
    times: list[float] = []
    found: Sequence[UUID] = ()
    for _ in range(PASSES):
        start = time.perf_counter()
        page = await views.search_tickets(insider("cli"), TicketSearch(query=query.text, limit=TOP))
        times.append(time.perf_counter() - start)
        found = [hit.id for hit in page.tickets]
    expected = [ticket_id(number) for number in query.expected]
    ranks = [found.index(ticket) + 1 for ticket in expected if ticket in found]
    return Result(query, ranks, min(times) * 1_000)


@contextlib.contextmanager
def imported(file: Path) -> Generator[str]:
    """Yield the URL of a database of its own that has the file's tickets."""
    with temporary_folder() as folder, EmbeddedPostgres(folder, durable=False) as server:
        program = [sys.executable, "-c", "from infra.cli import main; main()"]
        done = subprocess.run(
            [*program, "import", "github-issues", str(file)],
            env={**os.environ, "DATABASE_URL": server.url()},
            check=False,
        )
        if done.returncode:
            raise click.exceptions.Exit(done.returncode)
        yield server.url()


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path), required=False)
@click.option("--database", "url", help="Search in this database, where the file was imported.")
@click.option("--account", default="main", show_default=True)
def relevance(file: Path | None, url: str | None, account: str) -> None:
    """Print how high the search ranks the tickets that are meant: MRR and recall among the first 10.

    FILE is imported into a database of its own, or was imported already into --database.

    Example: python -m tests.relevance rust-issues.jsonl.gz
    """
    if not file and not url:
        raise click.UsageError("name a FILE to import, or a --database that has it")
    with contextlib.nullcontext(url) if url else imported(file or Path()) as database:
        results = asyncio.run(measure(database, Account.named(account)))
    for result in results:
        ranks = ", ".join(map(str, result.ranks)) or "-"
        click.echo(f"{ranks:>6}  {result.milliseconds:5.1f} ms  {result.query.text}")
    times = sorted(result.milliseconds for result in results)
    cuts = statistics.quantiles(times, n=20)
    click.echo(
        f"\n{len(results)} queries: MRR {statistics.mean(r.reciprocal for r in results):.3f}, "
        f"recall@{TOP} {statistics.mean(r.recall for r in results):.3f}; "
        f"best of {PASSES}: p50 {cuts[9]:.1f} ms, p95 {cuts[18]:.1f} ms"
    )


if __name__ == "__main__":
    relevance(prog_name="python -m tests.relevance")
