"""Connections lent for one question; a database that does not answer is `Unavailable`."""

import contextlib
from collections.abc import AsyncGenerator

import psycopg
from psycopg_pool import AsyncConnectionPool

from domain.ledger import Unavailable
from projections.view import Connection

Pool = AsyncConnectionPool[Connection]


@contextlib.asynccontextmanager
async def reading(pool: Pool) -> AsyncGenerator[Connection]:
    """Lend a connection; raise `Unavailable` where the pool or the database has none to give."""
    try:
        async with pool.connection() as connection:
            yield connection
    except psycopg.OperationalError as error:  # the pool's own time-out is one, too
        raise Unavailable from error
