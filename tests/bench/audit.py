"""How long a page of the audit trail takes: each filter over millions of rows, new and far back."""

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import LiteralString
from uuid import UUID

import click
import psycopg
from psycopg import sql

from api.pages.audit.export import A_PAGE
from api.pages.audit.files import CSV
from domain.account import Account
from infra.migrations import migrate
from projections.all import VIEWS
from projections.audit import CallFilter, list_calls
from projections.cursors import encode_cursor
from projections.facts import FactFilter, list_facts
from projections.reading import configure
from projections.view import Connection, qualified
from tests.bench.machine import describe_machine, durable_server

SCHEMA = Account("default").views
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
STEP = timedelta(seconds=20)
RARE = UUID(int=999)
# Three of four rows are calls. Agents, tools and clients are used as unevenly as people are; what
# is rare happened some times, at the log's beginning. The busiest agent never used the busiest tool, nor a script.
FILL: LiteralString = """
INSERT INTO {views}.activity
SELECT n, %(beginning)s + n * %(step)s, NULL, agent::uuid, 'agent', way, credential::uuid,
    client, '1.0', CASE WHEN way = 'app' THEN client || '-id' END,
    CASE WHEN is_call OR n %% 2 = 0 THEN ('aaaa' || lpad(to_hex(n / 4), 28, '0'))::uuid END, '192.0.2.1',
    CASE WHEN is_call THEN 'call.recorded' WHEN admin THEN 'agent.role_changed'
        ELSE 'ticket.tags_added' END,
    CASE WHEN NOT admin THEN lpad(to_hex(n %% 50021 + 1), 32, '0')::uuid END,
    CASE WHEN admin THEN agent::uuid END,
    CASE WHEN is_call THEN tool END,
    CASE WHEN is_call THEN CASE WHEN luck %% 31 = 0 THEN 'not_found' ELSE 'ok' END END,
    CASE WHEN is_call THEN 1 END,
    CASE WHEN is_call THEN '{{"arguments": {{"ticket_id": "ABC-12345", "tags": ["late"]}}}}'::jsonb
        WHEN admin THEN '{{"role": "admin", "was": "agent"}}' ELSE '{{"tags": ["late"]}}' END
FROM (
    SELECT n, abs(hashint8(n)) AS luck, n < 500 AND n %% 100 < 4 AS rare, n %% 4 <> 0 AS is_call,
        n %% 1200 = 0 AS admin
    FROM generate_series(1, %(rows)s) n
) r CROSS JOIN LATERAL (
    SELECT lpad(to_hex(CASE WHEN rare THEN 999 ELSE 20 + floor(sqrt(luck %% 400)) END::int), 32, '0') AS agent,
        lpad(to_hex(CASE WHEN rare THEN 999 ELSE 60 + floor(sqrt(luck %% 1600)) END::int), 32, '0') AS credential,
        CASE WHEN rare THEN 'Rare' WHEN luck %% 400 > 360 AND luck %% 4 = 3 THEN 'Claude'
            ELSE (ARRAY['Claude', 'Claude', 'Cursor', 'script'])[1 + luck %% 4] END AS client,
        CASE WHEN rare THEN 'rare_tool' WHEN luck %% 400 > 360 AND luck %% 256 > 224 THEN 'tool_14'
            ELSE 'tool_' || floor(sqrt(luck %% 256))::text END AS tool,
        CASE WHEN rare THEN 'cli' WHEN luck %% 5 = 0 THEN 'app' ELSE 'token' END AS way
) w
"""


def filters(rows: int) -> dict[str, CallFilter | FactFilter]:
    """Return what is asked for, by name: values that many rows have, and rare ones."""
    agent, early = UUID(int=39), BEGINNING + STEP * (rows // 100)
    ticket = str(UUID(int=77))
    return {
        "calls": CallFilter(),
        "calls, agent": CallFilter(agent=agent),
        "calls, rare agent": CallFilter(agent=RARE),
        "calls, client": CallFilter(client="Claude"),
        "calls, rare client": CallFilter(client="Rare"),
        "calls, client id": CallFilter(client="Claude-id"),
        "calls, credential": CallFilter(credential=str(UUID(int=99))),
        "calls, rare credential": CallFilter(credential=str(RARE)),
        "calls, tool": CallFilter(tool="tool_15"),
        "calls, rare tool": CallFilter(tool="rare_tool"),
        "calls, no such tool": CallFilter(tool="none"),
        "calls, ticket": CallFilter(ticket=ticket),
        "calls, refused": CallFilter(outcome="not_found"),
        "calls, no such outcome": CallFilter(outcome="conflict"),
        "calls, via": CallFilter(via="token"),
        "calls, rare via": CallFilter(via="cli"),
        "calls, since long ago": CallFilter(at_from=early),
        "calls, before long ago": CallFilter(at_to=early),
        "calls, an hour long ago": CallFilter(at_from=early, at_to=early + timedelta(hours=1)),
        "calls, agent and tool": CallFilter(agent=agent, tool="tool_14"),
        "calls, agent and tool that never met": CallFilter(agent=agent, tool="tool_15"),
        "calls, agent and rare tool": CallFilter(agent=agent, tool="rare_tool"),
        "calls, agent and client": CallFilter(agent=agent, client="Claude"),
        "calls, agent and client that never met": CallFilter(agent=agent, client="script"),
        "calls, rare agent and tool": CallFilter(agent=RARE, tool="tool_15"),
        "calls, client and tool": CallFilter(client="Claude", tool="tool_15"),
        "calls, rare client and tool": CallFilter(client="Rare", tool="tool_15"),
        "calls, agent and refused": CallFilter(agent=agent, outcome="not_found"),
        "calls, tool and refused": CallFilter(tool="tool_0", outcome="not_found"),
        "calls, credential and tool": CallFilter(credential=str(UUID(int=61)), tool="tool_3"),
        "calls, tool before long ago": CallFilter(tool="tool_1", at_to=early),
        "calls, ticket and agent": CallFilter(ticket=ticket, agent=agent),
        "calls, agent and client id": CallFilter(agent=agent, client="Claude-id"),
        "calls, agent and client id that never met": CallFilter(agent=agent, client="script-id"),
        "facts": FactFilter(),
        "facts, agent": FactFilter(agent=agent),
        "facts, rare agent": FactFilter(agent=RARE),
        "facts, about": FactFilter(about=agent),
        "facts, rare client": FactFilter(client="Rare"),
        "facts, credential": FactFilter(credential=str(UUID(int=99))),
        "facts, rare kind": FactFilter(topic="agent.role_changed"),
        "facts, kinds": FactFilter(topic="agent"),
        "facts, no such kind yet": FactFilter(topic="clients"),
        "facts, of tickets": FactFilter(topic="ticket"),
        "facts, ticket": FactFilter(ticket=ticket),
        "facts, rare via": FactFilter(via="cli"),
        "facts, of a call": FactFilter(call=UUID(f"aaaa{rows // 8:028x}")),
        "facts, before long ago": FactFilter(at_to=early),
        "facts, agent and client": FactFilter(agent=agent, client="Claude"),
        "facts, agent and client that never met": FactFilter(agent=agent, client="script"),
        "facts, agent and kind": FactFilter(agent=agent, topic="agent.role_changed"),
        "facts, kind before long ago": FactFilter(topic="agent", at_to=early),
    }


async def _fill(connection: Connection, rows: int) -> None:
    await connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SCHEMA)))
    for view in VIEWS:
        await connection.execute(qualified(view.tables, SCHEMA))
    await connection.execute(
        qualified(FILL, SCHEMA), {"beginning": BEGINNING, "step": STEP, "rows": rows}
    )
    for view in VIEWS:
        if view.indexes:
            await connection.execute(qualified(view.indexes, SCHEMA))
    await connection.execute("VACUUM ANALYZE")


async def _ask(connection: Connection, wanted: CallFilter | FactFilter, after: int) -> int:
    if isinstance(wanted, CallFilter):
        cursor = encode_cursor(("calls", wanted), (after,))
        return len((await list_calls(connection, SCHEMA, wanted, cursor=cursor)).calls)
    cursor = encode_cursor(("facts", wanted), (after,))
    return len((await list_facts(connection, SCHEMA, wanted, cursor=cursor)).facts)


async def _export(connection: Connection, lines: int) -> float:
    """Return how many calls a second are read and written as CSV, as a file is made of them."""
    start, done, cursor = time.perf_counter(), 0, None
    while done < lines:
        page = await list_calls(
            connection, SCHEMA, CallFilter(), cursor=cursor, limit=A_PAGE, size=1 << 20
        )
        CSV.write(page.calls)
        done, cursor = done + len(page.calls), page.next_cursor or None
    return done / (time.perf_counter() - start)


async def _measure(url: str, rows: int, passes: int) -> None:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await configure(connection)
        await connection.execute("SET statement_timeout = 0")
        await _fill(connection, rows)
        click.echo(f"{rows:,} rows. {describe_machine(url)}.\n")
        click.echo("| milliseconds a page | rows | new p50 | p95 | far back p50 | p95 |")
        click.echo("|---|---:|---:|---:|---:|---:|")
        for name, wanted in filters(rows).items():
            cells: list[str] = []
            for after in (rows + 1, rows // 50):
                times: list[float] = []
                for _ in range(passes):
                    start = time.perf_counter()
                    found = await _ask(connection, wanted, after)
                    times.append((time.perf_counter() - start) * 1_000)
                    cells = cells or [str(found)]
                cuts = statistics.quantiles(times, n=20)
                cells += [f"{cuts[9]:.1f}", f"{cuts[18]:.1f}"]
            click.echo(f"| {name} | {' | '.join(cells)} |")
        click.echo(f"\nAs a file: {await _export(connection, rows // 10):,.0f} calls a second.")


@click.command()
@click.option("--rows", default=3_000_000, show_default=True, help="Rows of the activity.")
@click.option("--passes", default=40, show_default=True, help="Pages of each kind.")
def audit(rows: int, passes: int) -> None:
    """How long a page of the audit trail takes, by what it is narrowed with.

    Example: python -m tests.bench audit --rows 1000000
    """
    with durable_server() as url:
        migrate(url)
        asyncio.run(_measure(url, rows, passes))
