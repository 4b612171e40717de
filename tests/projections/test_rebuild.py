"""Built anew from the whole log, the views are those that followed it fact by fact."""

import asyncio
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import Any

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from domain.call import CallRecorded
from domain.caller import Caller, insider
from domain.decider import Command
from domain.refusals import Refused
from projections.all import VIEWS
from projections.reading import configure
from projections.view import Connection, qualified
from tests.app_strategies import CLIENTELE, CONNECTING, numbered
from tests.examples import examples
from tests.projections.book import Book, create, fold
from tests.strategies import CALLERS, COMMANDS, SEEDS, SIGNING_IN, instances, unhurried

CALLS = st.tuples(st.uuids(), instances(CallRecorded), st.integers(0, 5))
CHANGES = st.one_of(COMMANDS["managing"], COMMANDS["issuing"], SIGNING_IN, CLIENTELE)
# Agents answer apps signed in, which these callers are not.
ANSWERS = st.tuples(CONNECTING, st.just(insider("panel")))
STEPS = st.lists(
    st.tuples(CHANGES, CALLERS) | CALLS | ANSWERS,
    min_size=20,
    max_size=60,
)
# Words are compared without their places, which depend on the texts of a page.
_COMPARED = {"search": "(to_jsonb(t) - 'words' || jsonb_build_object('words', strip(words)))::text"}


def written(steps: list[Any]) -> Book:
    """Write down what the rules make of commands, refused ones left out."""
    book = Book()
    for seed in SEEDS:
        book.carry_out(seed)
    for number, step in enumerate(steps):
        match step:
            case (Command() as command, Caller() as caller):
                try:
                    caller.require(command.permission)
                    book.carry_out(numbered(command, number), caller)
                except Refused:
                    pass
            case (stream, call, units):
                caller = insider("system")
                fact = CallRecorded(
                    tool=call.tool, arguments=call.arguments, outcome=call.outcome, units=units
                )
                book.write(stream, fact, by=caller.by, call=stream)
            case _:
                raise TypeError(step)
    return book


async def contents(connection: Connection, schema: str) -> dict[str, list[Any]]:
    """Return all rows of all tables, as text."""
    tables = await connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", (schema,)
    )
    found: dict[str, list[Any]] = {}
    for (table,) in await tables.fetchall():
        row = sql.SQL(_COMPARED.get(table, "t::text"))  # pyright: ignore[reportArgumentType] - ours
        query = sql.SQL("SELECT {} FROM {} t ORDER BY 1").format(row, sql.Identifier(schema, table))
        found[table] = await (await connection.execute(query)).fetchall()
    return found


async def both_ways(url: str, book: Book, cuts: list[int], *, pipelined: bool) -> None:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await configure(connection)
        for schema in ("anew", "live"):
            await connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())
        await create(connection, "anew", indexes=False)
        async with connection.transaction():
            await fold(connection, "anew", book.log)
        for view in VIEWS:
            if view.indexes:
                await connection.execute(qualified(view.indexes, "anew"))
        await create(connection, "live")
        places = sorted({0, len(book.log), *(cut % (len(book.log) + 1) for cut in cuts)})
        for start, end in pairwise(places):
            async with AsyncExitStack() as stack:
                if pipelined:
                    await stack.enter_async_context(connection.pipeline())
                await stack.enter_async_context(connection.transaction())
                await fold(connection, "live", book.log[start:end])
        assert await contents(connection, "anew") == await contents(connection, "live")


def test_views_built_anew_are_those_that_followed_the_log(database: str) -> None:
    @settings(unhurried, max_examples=examples(8))
    @given(STEPS, st.lists(st.integers(0, 200), max_size=40), st.booleans())
    def alike(steps: list[Any], cuts: list[int], pipelined: bool) -> None:
        asyncio.run(both_ways(database, written(steps), cuts, pipelined=pipelined))

    alike()
