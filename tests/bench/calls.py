"""`tools/call` over HTTP: our server beside fastmcp, the SDK and `app.save`, all on one core."""

import asyncio
import itertools
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import click
import psycopg
import uvloop

from api.mcp import PATH
from domain.agent import AddAgent
from domain.application import Wish
from domain.budget import SetLimit
from domain.department import AddDepartment
from domain.permissions import Role
from domain.ticket.commands import AddMessage, OpenTicket
from domain.ticket.words import Author, AuthorKind, Channel, Contact, code_of
from infra.access import generate_token
from infra.database import opened
from infra.desk import Desk, new_id
from infra.settings import Settings
from tests.bench.load import Place, Sample, drive
from tests.bench.machine import describe_machine, durable_server
from tests.bench.servers import FASTMCP, Cores, Server, peers_python, serving, take_cores

TICKETS = 2_000
AT_ONCE = 200
CONNECTIONS = (1, 32)
MOST_TAGS = 40
UNLIMITED = {"RATE_PER_CREDENTIAL": "0", "RATE_PER_ADDRESS": "0"}
CATCH_UP_SECONDS = 20
BODY = "My bike broke down on the way home, and the app shows an error. What can I do now? " * 5

# The peers' rows are ours, in a table that needs no join.
BENCH_TABLES = """
CREATE SCHEMA bench;
CREATE TABLE bench.tickets AS SELECT *, '' AS last_tag FROM acct_main_views.tickets;
ALTER TABLE bench.tickets ADD PRIMARY KEY (id), ADD UNIQUE (code);
CREATE TABLE bench.events (
    id bigserial PRIMARY KEY, ticket uuid NOT NULL, tag text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
ANALYZE;
"""

BEHIND = """
SELECT t.notification_id < (SELECT max(notification_id) FROM acct_main.events)
FROM acct_main_views.notification_tracking t
"""


class Data(NamedTuple):
    """What is served: tickets by their codes, and a token that may act on all of them."""

    codes: Sequence[str]
    token: str


class Cell(NamedTuple):
    """One thing to measure: what is asked of whom."""

    server: Server
    place: Place
    make: Callable[[], bytes]


Cells = Mapping[str, Cell]
Samples = Mapping[tuple[str, int], list[Sample]]


async def fill(url: str) -> Data:
    """Make an account with an owner and tickets of some words each."""
    async with opened(Settings(database_url=url)) as desk:
        await desk.execute(Wish(SetLimit(limit=2**40)))
        department, agent = new_id(), new_id()
        await desk.execute(Wish(AddDepartment(department=department, name="Care")))
        joins = AddAgent(agent=agent, name="Ana", email="ana@bench.example", role=Role.OWNER)
        await desk.execute(Wish(joins))
        codes: list[str] = []
        for _ in range(TICKETS // AT_ONCE):
            opening = (_open_ticket(desk, department) for _ in range(AT_ONCE))
            codes += await asyncio.gather(*opening)
        token = await generate_token(desk, agent, "bench")
        await desk.views_caught_up()
        return Data(codes, token)


async def _open_ticket(desk: Desk, department: UUID) -> str:
    ticket = new_id()
    code = code_of(await desk.ledger.next_ticket_number())
    customer = Contact(id=new_id(), name="Kim", email="kim@customer.example")
    author = Author(kind=AuthorKind.CUSTOMER, id=customer.id, name=customer.name)
    opens = OpenTicket(
        ticket=ticket,
        code=code,
        subject="My bike broke down",
        department=department,
        requester=customer,
        channel=Channel.EMAIL,
        tags=("bike", "app"),
    )
    says = AddMessage(ticket_id=str(ticket), message=new_id(), author=author, body=BODY)
    await desk.execute(Wish(opens), Wish(says))
    return code


def reads(place: Place, tool: str, data: Data) -> Callable[[], bytes]:
    """Ask for a random ticket each time."""
    requests = [place.call(tool, {"ticket_id": code}) for code in data.codes]
    return lambda: random.choice(requests)  # noqa: S311 - no secret


def writes(place: Place, tool: str, data: Data) -> Callable[[], bytes]:
    """Add a new tag to a random ticket each time; one that has many of them loses them first."""
    numbers = itertools.count()
    tags: dict[str, list[str]] = {code: [] for code in data.codes}

    def make() -> bytes:
        code = random.choice(data.codes)  # noqa: S311 - no secret
        had = tags[code]
        if len(had) >= MOST_TAGS:
            tags[code] = []
            if tool == "add_tags":
                return place.call("remove_tags", {"ticket_id": code, "tags": had})
        had.append(f"tag {next(numbers)}")
        return place.call(tool, {"ticket_id": code, "tags": had[-1:]})

    return make


def start_all(stack: ExitStack, urls: tuple[str, str], data: Data, cores: Cores) -> Cells:
    """Start every server, and say what is asked of each."""
    url, saving_url = urls

    def start(application: str, database: str, python: Path | None = None) -> Server:
        return stack.enter_context(
            serving(application, cores, {"DATABASE_URL": database, **UNLIMITED}, python)
        )

    ours = start("infra.serve.worker:application", url)
    saving = start("tests.bench.saving:application", saving_url)
    fastmcp = start("peer_fastmcp:application", url, peers_python())
    sdk = start("tests.bench.peer_sdk:application", url)

    def cell(
        server: Server, tool: str, path: str, make: Callable[..., Callable[[], bytes]]
    ) -> Cell:
        place = Place(server.port, path, data.token)
        return Cell(server, place, make(place, tool, data))

    return {
        "read, ours": cell(ours, "get_ticket_metadata", PATH, reads),
        "read, fastmcp with one query": cell(fastmcp, "read", "/mcp", reads),
        "read, fastmcp no-op": cell(fastmcp, "nothing", "/mcp", reads),
        "read, SDK no-op": cell(sdk, "nothing", "/mcp", reads),
        "write, ours": cell(ours, "add_tags", PATH, writes),
        "write, ours with `app.save`": cell(saving, "add_tags", PATH, writes),
        "write, fastmcp with INSERT + UPDATE": cell(fastmcp, "write", "/mcp", writes),
    }


async def measure(cells: Cells, urls: Sequence[str], seconds: float, passes: int) -> Samples:
    """Measure all cells in turn, again and again, so that what disturbs one disturbs all."""
    found: dict[tuple[str, int], list[Sample]] = {
        (name, count): [] for name in cells for count in CONNECTIONS
    }
    for number in range(1, passes + 1):
        for (name, count), samples in found.items():
            cell = cells[name]
            sample = await drive(cell.place, cell.make, count, seconds, cell.server.pid)
            samples.append(sample)
            click.echo(f"pass {number}: {name}, {count}: {sample.rate:,.0f}/s", err=True)
            wait_for_views(urls)
    return found


def table(samples: Samples) -> str:
    lines = [
        "| `tools/call` | connections | calls/s | p50 ms | p99 ms | server's processor ms a call |",
        "|:--|--:|--:|--:|--:|--:|",
    ]
    for (name, count), found in samples.items():
        figures = (
            f"{_median(found, lambda s: s.rate):,.0f}",
            f"{_median(found, lambda s: s.percentile(0.5)):.1f}",
            f"{_median(found, lambda s: s.percentile(0.99)):.1f}",
            f"{_median(found, lambda s: s.cost):.2f}",
        )
        lines.append(f"| {name} | {count} | {' | '.join(figures)} |")
    return "\n".join(lines)


def ratios(samples: Samples) -> str:
    """Write the figures that have a target: the median over the passes, each its own ratio."""

    def rate(mine: str, other: str) -> float:
        pairs = zip(samples[mine, 32], samples[other, 32], strict=True)
        return statistics.median(a.rate / b.rate for a, b in pairs)

    def p50(mine: str, other: str) -> float:
        pairs = zip(samples[mine, 1], samples[other, 1], strict=True)
        return statistics.median(a.percentile(0.5) / b.percentile(0.5) for a, b in pairs)

    read, write = "read, ours", "write, ours"
    query, both = "read, fastmcp with one query", "write, fastmcp with INSERT + UPDATE"
    save = "write, ours with `app.save`"
    return "\n".join(
        [
            f"- read ÷ fastmcp with one query, 32: {rate(read, query):.2f} (target 2)",
            f"- read ÷ fastmcp no-op, 32: {rate(read, 'read, fastmcp no-op'):.2f} (target 1.5)",
            f"- read ÷ SDK no-op, 32: {rate(read, 'read, SDK no-op'):.2f} (aim 1)",
            f"- write ÷ fastmcp with INSERT + UPDATE, 32: {rate(write, both):.2f} (target 2)",
            f"- write ÷ ours with `app.save`, 32: {rate(write, save):.2f} (target 1.5)",
            f"- read p50 ÷ fastmcp with one query, 1: {p50(read, query):.2f} (target ≤ 1)",
            f"- write p50 ÷ fastmcp with INSERT + UPDATE, 1: {p50(write, both):.2f} (target ≤ 1)",
        ]
    )


def _median(found: Sequence[Sample], figure: Callable[[Sample], float]) -> float:
    return statistics.median(map(figure, found))


def prepare(url: str) -> tuple[Data, str]:
    """Fill the database, give the peers their tables, and copy it all for the rival of ours."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        data = runner.run(fill(url))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(BENCH_TABLES)
    other = urlsplit(url)._replace(path="/template1").geturl()
    with psycopg.connect(other, autocommit=True) as connection:
        connection.execute("CREATE DATABASE saving TEMPLATE postgres STRATEGY file_copy")
    return data, urlsplit(url)._replace(path="/saving").geturl()


def wait_for_views(urls: Sequence[str]) -> None:
    """Wait until no server has views to catch up with: it would take time from the next one."""
    until = time.monotonic() + CATCH_UP_SECONDS
    for url in urls:
        with psycopg.connect(url, autocommit=True) as connection:
            while (row := connection.execute(BEHIND).fetchone()) and row[0]:
                if time.monotonic() > until:
                    raise click.ClickException("the views do not catch up")
                time.sleep(0.02)


@click.command()
@click.option("--seconds", default=2.0, show_default=True, help="Length of one measurement.")
@click.option("--passes", default=3, show_default=True, help="Measurements of each; odd is best.")
def calls(seconds: float, passes: int) -> None:
    """Calls of tools over HTTP, on a durable embedded PostgreSQL of its own.

    The servers have one core in turn, PostgreSQL and the clients another. fastmcp is fetched when
    it is missing.

    Example: python -m tests.bench calls --passes 5
    """
    peers_python()
    cores = take_cores()
    with durable_server() as url, ExitStack() as stack:
        data, saving_url = prepare(url)
        cells = start_all(stack, (url, saving_url), data, cores)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            samples = runner.run(measure(cells, (url, saving_url), seconds, passes))
        click.echo(
            f"Calls over HTTP: medians of {passes} passes of {seconds:g} s, {TICKETS:,} tickets; "
            "the server on one core, PostgreSQL and the clients on another.\n"
            f"{describe_machine(url)}, mcp {version('mcp')}, {FASTMCP.replace('==', ' ')}, "
            f"uvicorn {version('uvicorn')}.\n\n{table(samples)}\n\n{ratios(samples)}"
        )
