"""Appends a second through our writer, beside the library's `app.save` and pgbench's bare INSERT."""

import asyncio
import itertools
import re
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from os import environ
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import click
import psycopg
import uuid_utils.compat
import uvloop
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate

from domain.account import Account
from domain.call import CallRecorded
from domain.fact import Attribution, Client, Envelope, Event, Recorded
from domain.ledger import Append, Verdict
from infra.event_store.mapper import to_row
from infra.event_store.writer import Writer
from infra.migrations import migrate
from infra.postgres.binaries import find_binaries
from tests.bench.machine import alternate, describe_machine, durable_server, shown

ACCOUNT = Account.named("main")
CALLERS = (1, 16, 64)
SAVE_THREADS = 16
SCRATCH = "scratch"
IDS = f"{SCRATCH}.ids"
ENDLESS = 2**50

BY = Attribution(
    via="token",
    agent=UUID(int=1),
    role="agent",
    credential=UUID(int=2),
    client=Client("claude-code", "2.1.0"),
    ip="192.0.2.1",
)
INSERT = f"""
INSERT INTO {SCRATCH}.events (originator_id, originator_version, topic, state)
VALUES (gen_random_uuid(), 1, 'call.recorded', convert_to(repeat('x', %d), 'UTF8'));
"""


def make_event() -> Event:
    """Make the record of a call, under a fresh id, as large as those of read tools."""
    call = uuid_utils.compat.uuid7()
    fact = CallRecorded(
        tool="get_ticket_metadata",
        arguments={"ticket_id": "DL-4711"},
        outcome="ok",
        units=1,
        ticket=UUID(int=3),
    )
    return Event(call, 1, fact, Envelope(recorded_at=datetime.now(UTC), by=BY, call=call))


def unguarded() -> Append:
    return Append(events=(make_event(),))


def guarded() -> Append:
    """Make what a charged call asks: authority, expiry, a unit, and a stream that must not move."""
    event = make_event()
    return Append(
        events=(event,),
        units=1,
        authority=1,
        expires_at=event.envelope.recorded_at + timedelta(days=1),
        guards=((UUID(int=3), 2),),
    )


def measure_writer(url: str, make: Callable[[], Append], callers: int, seconds: float) -> float:
    """Return the appends a second that so many callers got, each awaiting its answer."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_drive(url, make, callers, seconds))


async def _drive(url: str, make: Callable[[], Append], callers: int, seconds: float) -> float:
    async with _writing(url) as writer:

        async def call(until: float) -> int:
            for count in itertools.count():
                if time.perf_counter() >= until:
                    return count
                answer = await writer.append(make())
                if answer.verdict is not Verdict.STORED:
                    raise click.ClickException(f"an append was refused: {answer.verdict.name}")
            raise AssertionError

        await asyncio.gather(*(call(time.perf_counter() + 0.2) for _ in range(callers)))
        start = time.perf_counter()
        counts = await asyncio.gather(*(call(start + seconds) for _ in range(callers)))
        return sum(counts) / (time.perf_counter() - start)


@asynccontextmanager
async def _writing(url: str) -> AsyncGenerator[Writer]:
    def ignore(_position: int, _stored: Sequence[Recorded]) -> None: ...

    writer = Writer(url, ACCOUNT, ignore)
    writer.start()
    try:
        yield writer
    finally:
        await writer.stop()


class Note(Aggregate):
    """The library's own aggregate, whose first event is as large as ours."""

    def __init__(self, text: str) -> None:
        self.text = text


def measure_app_save(url: str, text: str, threads: int, seconds: float) -> float:
    """Return the saves a second of so many threads in the library's own table, by its defaults."""
    parts = urlsplit(url)
    env = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.removeprefix("/"),
        "POSTGRES_HOST": parts.hostname or parse_qs(parts.query)["host"][0],
        "POSTGRES_PORT": str(parts.port or 5432),
        "POSTGRES_USER": parts.username or "",
        "POSTGRES_PASSWORD": parts.password or "",
        "POSTGRES_SCHEMA": SCRATCH,
    }
    app = Application[UUID](env)
    started = threading.Barrier(threads + 1)

    def save() -> int:
        app.save(Note(text))
        started.wait()
        until = time.perf_counter() + seconds
        for count in itertools.count():
            if time.perf_counter() >= until:
                return count
            app.save(Note(text))
        raise AssertionError

    try:
        with ThreadPoolExecutor(threads) as pool:
            futures = [pool.submit(save) for _ in range(threads)]
            started.wait()
            start = time.perf_counter()
            total = sum(future.result() for future in futures)
            return total / (time.perf_counter() - start)
    finally:
        app.close()


def find_pgbench() -> Path | None:
    """Return pgbench of the embedded server's folder, or of the newest system package."""
    folders = [find_binaries(environ).folder, *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]
    programs = (folder / "pgbench" for folder in folders)
    return next((program for program in programs if program.exists()), None)


def measure_pgbench(program: Path, url: str, script: str, clients: int, seconds: float) -> float:
    """Return the single-row INSERTs a second of pgbench, prepared, each a commit of its own."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        done = subprocess.run(
            [
                program,
                *("--no-vacuum", "--protocol=prepared", "--jobs=2", f"--file={file.name}"),
                *(f"--client={clients}", f"--time={max(round(seconds), 1)}", url),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or not rate:
        raise click.ClickException(f"pgbench failed: {done.stderr.strip()[-200:]}")
    return float(rate[1])


def prepare(url: str) -> None:
    """Migrate, lift the budget's limit, and make the scratch table that pgbench fills."""
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (
            f"UPDATE {ACCOUNT.log}.account SET budget_limit = {ENDLESS}",
            f"CREATE SCHEMA {SCRATCH}",
            f"CREATE TABLE {SCRATCH}.events (LIKE {ACCOUNT.log}.events INCLUDING ALL)",
            f"CREATE SEQUENCE {IDS}",
            f"ALTER TABLE {SCRATCH}.events ALTER notification_id SET DEFAULT nextval('{IDS}')",
        ):
            connection.execute(statement.encode())


def cells_for(url: str, seconds: float) -> dict[str, Callable[[], float]]:
    """List what is measured, by the name it is shown under."""
    state = to_row(make_event()).state.decode()
    cells: dict[str, Callable[[], float]] = {}
    for callers in CALLERS:
        cells[f"unguarded, {callers}"] = partial(measure_writer, url, unguarded, callers, seconds)
        cells[f"guarded, {callers}"] = partial(measure_writer, url, guarded, callers, seconds)
    cells[f"app.save, {SAVE_THREADS}"] = partial(
        measure_app_save, url, state, SAVE_THREADS, seconds
    )
    if pgbench := find_pgbench():
        script = INSERT % len(state)
        for callers in CALLERS:
            cells[f"pgbench, {callers}"] = partial(
                measure_pgbench, pgbench, url, script, callers, seconds
            )
    else:
        click.echo("No pgbench was found, so there is no such column.", err=True)
    return cells


def table(figures: dict[str, list[float]]) -> str:
    """Write medians with their ranges, a row for each number of callers."""
    kinds = ("unguarded", "guarded", "app.save", "pgbench")
    lines = [
        "| callers | ours, unguarded | ours, guarded | library's `app.save` | pgbench INSERT |",
        "|---:|---:|---:|---:|---:|",
    ]
    for callers in CALLERS:
        found = [figures.get(f"{kind}, {callers}") for kind in kinds]
        lines.append(f"| {callers} | " + " | ".join(shown(f) if f else "" for f in found) + " |")
    return "\n".join(lines)


def ratios(figures: dict[str, list[float]]) -> str:
    """Write the figures that have a target, at 16 callers."""
    medians = {name: statistics.median(values) for name, values in figures.items()}
    ours = medians["guarded, 16"]
    lines = [
        f"- unguarded, 16 callers: {medians['unguarded, 16']:,.0f}/s (target 10,000)",
        f"- guarded ÷ `app.save`, 16 callers: {ours / medians['app.save, 16']:.1f} (target 8)",
    ]
    if bare := medians.get("pgbench, 16"):
        lines.append(f"- guarded ÷ pgbench, 16 callers: {ours / bare:.2f} (target 0.5)")
    return "\n".join(lines)


@click.command()
@click.option("--seconds", default=2.0, show_default=True, help="Length of one measurement.")
@click.option("--passes", default=3, show_default=True, help="Measurements of each; odd is best.")
def appends(seconds: float, passes: int) -> None:
    """Appends a second, on a durable embedded PostgreSQL of its own.

    Example: python -m tests.bench appends --passes 5
    """
    with durable_server() as url:
        prepare(url)
        figures = alternate(cells_for(url, seconds), passes)
        click.echo(f"Appends a second: median (range) of {passes} passes of {seconds:g} s.")
        click.echo(f"{describe_machine(url)}.\n\n{table(figures)}\n\n{ratios(figures)}")
