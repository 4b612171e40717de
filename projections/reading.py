"""Connections to read by, lent for one question; a database that does not answer is `Unavailable`."""

import contextlib
from collections.abc import AsyncGenerator

import psycopg
from psycopg_pool import AsyncConnectionPool

from domain.ledger import Unavailable
from projections.view import Connection

Pool = AsyncConnectionPool[Connection]
STATEMENT_SECONDS = 10


async def configure(connection: Connection) -> None:
    """Prepare a new connection of the pool: for `AsyncConnectionPool(configure=...)`.

    Times are read as UTC. The queries are made for any values, so planning them for each anew,
    or compiling them, costs more than running them. What takes longer than `STATEMENT_SECONDS` is
    given up as if the database did not answer: it would soon hold all connections.
    """
    await connection.set_autocommit(True)
    await connection.execute(
        "SELECT set_config(name, value, false) FROM (VALUES ('TimeZone', 'UTC'), ('jit', 'off'), "
        "('plan_cache_mode', 'force_generic_plan'), ('statement_timeout', %s)"
        ") AS settings (name, value)",
        (f"{STATEMENT_SECONDS}s",),
    )


@contextlib.asynccontextmanager
async def reading(pool: Pool) -> AsyncGenerator[Connection]:
    """Lend a connection; raise `Unavailable` where the pool or the database has none to give."""
    try:
        async with pool.connection() as connection:
            yield connection
    except psycopg.OperationalError as error:  # the pool's own time-out is one, too
        raise Unavailable from error
