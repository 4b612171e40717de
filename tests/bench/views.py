"""How fast the views follow: built anew from a long log, catching up, and after a single append."""

import asyncio
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid5

import click
import psycopg
import uuid_utils.compat
import uvloop
from psycopg_pool import AsyncConnectionPool

from domain.account import Account
from domain.call import CallRecorded
from domain.fact import Attribution, Client, Envelope, Event, Fact
from domain.ledger import Append
from domain.ticket import facts as ticket
from domain.ticket.words import Author, AuthorKind, Channel, Contact, Status
from infra.event_store.mapper import to_event, to_row
from infra.event_store.writer import Writer
from infra.migrations import migrate
from infra.projector.fold import Projection
from infra.projector.live import LiveViews
from infra.projector.rebuild import prepare_views, rebuild
from projections.all import VIEWS
from projections.reading import Pool
from tests.bench.machine import alternate, describe_machine, durable_server, shown

ACCOUNT = Account.named("main")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
AGENT, DEPARTMENT, ELSEWHERE, CUSTOMER = map(UUID, map("{:032x}".format, range(1, 5)))
AGENTS = Attribution(
    via="token",
    agent=AGENT,
    role="agent",
    credential=UUID(int=9),
    client=Client("claude-code", "2.1.0"),
    ip="192.0.2.1",
)
CUSTOMERS = Attribution(via="import")
COMMON = (
    "the invoice order wheel brake account password light delivery address refund app sensor "
    "battery update error screen broken charged twice please help since yesterday cannot open it "
    "and with our your for this that again late number manual warranty spare part returned"
)
WORDS = COMMON.split()
RARE = [f"part-{number}" for number in range(2_000)]
VOCABULARY = 100 * WORDS + RARE
TOOLS = ("get_ticket_context", "search_tickets", "get_ticket_messages", "get_ticket_metadata")
EVERYTHING = Projection(ACCOUNT, to_event, VIEWS)
BUT_SEARCH = EVERYTHING._replace(views=[view for view in VIEWS if view.name != "search"])
APPENDS = 1_000


def lifelike_log(tickets: int) -> Iterator[Event]:
    """Yield 18 facts for each ticket: what was written and done, and the calls that did it."""
    chance = random.Random(tickets)  # noqa: S311 - the same log each time, no secret
    moment = BEGINNING
    for number in range(tickets):
        stream = uuid5(DEPARTMENT, str(number))
        for version, fact in enumerate(_story(number, chance), 1):
            moment += timedelta(seconds=1)
            by = CUSTOMERS if version < 3 else AGENTS
            call = None if version < 3 else uuid_utils.compat.uuid7()
            yield Event(stream, version, fact, Envelope(recorded_at=moment, by=by, call=call))
            if call:
                yield _call(stream, call, fact.topic, moment)
        for tool in TOOLS:
            yield _call(stream, uuid_utils.compat.uuid7(), tool, moment)


def _story(number: int, chance: random.Random) -> Sequence[Fact]:
    def text(words: int) -> str:
        return " ".join(chance.choices(VOCABULARY, k=words))

    customer = Author(kind=AuthorKind.CUSTOMER, id=CUSTOMER, name="Kim Sample")
    agent = Author(kind=AuthorKind.AGENT, id=AGENT)
    messages = [
        ticket.MessageAdded(message=uuid_utils.compat.uuid7(), author=author, body=text(80))
        for author in (customer, agent, agent)
    ]
    return (
        ticket.Opened(
            code=f"BEN-{number}",
            subject=text(6),
            department=DEPARTMENT,
            requester=Contact(id=CUSTOMER, name="Kim Sample"),
            channel=Channel.EMAIL,
        ),
        *messages,
        ticket.TagsAdded(tags=tuple(chance.sample(WORDS, 2))),
        ticket.Assigned(agent=AGENT),
        ticket.Transferred(department=ELSEWHERE, was=DEPARTMENT),
        ticket.Resolved(was=Status.OPEN),
    )


def _call(stream: UUID, call: UUID, tool: str, moment: datetime) -> Event:
    fact = CallRecorded(
        tool=tool, arguments={"ticket_id": str(stream)}, outcome="ok", units=1, ticket=stream
    )
    return Event(call, 1, fact, Envelope(recorded_at=moment, by=AGENTS, call=call))


def fill(url: str, events: Iterator[Event]) -> int:
    """Copy events into the log, past the append function, and return how many they are."""
    count = 0
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        columns = "originator_id, originator_version, topic, state"
        into = f"COPY {ACCOUNT.log}.events ({columns}) FROM STDIN (FORMAT binary)"
        with cursor.copy(into.encode()) as copy:
            copy.set_types(["uuid", "int8", "text", "bytea"])
            for event in events:
                copy.write_row(to_row(event))
                count += 1
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"VACUUM ANALYZE {ACCOUNT.log}.events".encode())
    return count


def measure_rebuild(url: str, projection: Projection, facts: int) -> float:
    """Return the facts a second of a whole rebuild, indexes and swap included."""
    start = time.perf_counter()
    asyncio.run(rebuild(url, projection))
    return facts / (time.perf_counter() - start)


def measure_catching_up(url: str, facts: int) -> float:
    """Return the facts a second of a projector that starts with empty views, indexes in place."""
    with psycopg.connect(url, autocommit=True) as connection:
        held = f"{ACCOUNT.log}.held"
        events = f"{ACCOUNT.log}.events"
        connection.execute(f"CREATE TABLE {held} AS TABLE {events}; TRUNCATE {events}".encode())
        asyncio.run(rebuild(url, EVERYTHING))
        connection.execute(f"INSERT INTO {events} TABLE {held}; DROP TABLE {held}".encode())
        connection.execute(f"VACUUM ANALYZE {events}".encode())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return facts / runner.run(_catch_up(url))


async def _catch_up(url: str) -> float:
    async with _pool(url) as pool:
        start = time.perf_counter()
        async with LiveViews(url, EVERYTHING, pool.connection) as live:
            place = await live.progress.read()
            assert place
            if not await live.progress.reached(place.head, timeout=600):
                raise click.ClickException("the views do not catch up")
        return time.perf_counter() - start


async def _latencies(url: str) -> dict[str, list[float]]:
    """Append one by one, and return the seconds until two processes see each in the views."""
    found: dict[str, list[float]] = {"append": [], "here": [], "elsewhere": []}
    async with (
        _pool(url) as pool,
        LiveViews(url, EVERYTHING, pool.connection) as here,
        LiveViews(url, EVERYTHING, pool.connection) as elsewhere,
    ):
        writer = Writer(url, ACCOUNT, here.projector.offer)
        writer.start()
        try:
            for number in range(APPENDS):
                stream, call = uuid5(DEPARTMENT, str(number)), uuid_utils.compat.uuid7()
                envelope = Envelope(recorded_at=BEGINNING, by=AGENTS, call=call)
                tags = Event(stream, 9, ticket.TagsAdded(tags=("measured",)), envelope)
                events = (tags, _call(stream, call, "add_tags", BEGINNING))
                start = time.perf_counter()
                appended = await writer.append(Append(events=events))
                found["append"].append(time.perf_counter() - start)
                start = time.perf_counter()
                for name, process in (("here", here), ("elsewhere", elsewhere)):
                    if not await process.progress.reached(appended.position):
                        raise click.ClickException("the views do not follow")
                    found[name].append(time.perf_counter() - start)
        finally:
            await writer.stop()
    return found


def _pool(url: str) -> Pool:
    return AsyncConnectionPool(url, min_size=1, open=False, kwargs={"autocommit": True})


def measure_latencies(url: str) -> str:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(_latencies(url))
    lines = ["| milliseconds | p50 | p99 |", "|---|---:|---:|"]
    for name, label in (
        ("append", "append of two facts"),
        ("here", "then, shown in the same process"),
        ("elsewhere", "then, known in another process"),
    ):
        cuts = statistics.quantiles(found[name], n=100)
        lines.append(f"| {label} | {cuts[49] * 1_000:.2f} | {cuts[98] * 1_000:.2f} |")
    return "\n".join(lines)


@click.command()
@click.option("--tickets", default=10_000, show_default=True, help="Tickets of 18 facts each.")
@click.option("--passes", default=3, show_default=True, help="Measurements of each; odd is best.")
def views(tickets: int, passes: int) -> None:
    """How fast the views follow the log, on a durable embedded PostgreSQL of its own.

    Example: python -m tests.bench views --tickets 50000
    """
    with durable_server() as url:
        migrate(url)
        facts = fill(url, lifelike_log(tickets))
        asyncio.run(prepare_views(url, EVERYTHING))
        cells = {
            "built anew, search apart": partial(measure_rebuild, url, BUT_SEARCH, facts),
            "built anew, all": partial(measure_rebuild, url, EVERYTHING, facts),
            "caught up, all": partial(measure_catching_up, url, facts),
        }
        figures = alternate(cells, passes)
        click.echo(f"Facts a second, of a log of {facts:,}: median (range) of {passes}.")
        click.echo(f"{describe_machine(url)}.\n\n| views | facts/s |\n|---|---:|")
        for name, values in figures.items():
            click.echo(f"| {name} | {shown(values)} |")
        click.echo(f"\n{measure_latencies(url)}")
