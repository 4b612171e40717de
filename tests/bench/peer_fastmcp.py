"""A fastmcp server with three bare tools; runs in an environment of its own, where fastmcp is."""
# pyright: basic

import contextlib
import os
from collections.abc import AsyncGenerator
from typing import Any

from fastmcp import FastMCP  # pyright: ignore[reportMissingImports] - not in the product's environment
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

READ = """
SELECT id, code, subject, status, urgency, department, requester_name, tags, created_at, changed_at
FROM bench.tickets WHERE code = %s
"""
INSERT = "INSERT INTO bench.events (ticket, tag) SELECT id, %s FROM bench.tickets WHERE code = %s"
UPDATE = "UPDATE bench.tickets SET changed_at = now(), last_tag = %s WHERE code = %s RETURNING code"

pool = AsyncConnectionPool(
    os.environ["DATABASE_URL"],
    min_size=8,
    max_size=8,
    open=False,
    kwargs={"autocommit": True, "row_factory": dict_row, "prepare_threshold": 0},
)


@contextlib.asynccontextmanager
async def lifespan(_server: FastMCP) -> AsyncGenerator[None]:
    async with pool:
        yield


server = FastMCP("peer", lifespan=lifespan)


@server.tool
async def nothing(ticket_id: str) -> str:
    """Do nothing."""
    return ticket_id


@server.tool
async def read(ticket_id: str) -> dict[str, Any]:
    """Read one row by an index."""
    async with pool.connection() as connection:
        cursor = await connection.execute(READ, (ticket_id,))
        row = await cursor.fetchone()
    if row is None:
        raise LookupError(ticket_id)
    return row


@server.tool
async def write(ticket_id: str, tags: list[str]) -> dict[str, Any]:
    """Insert one row and update another in one transaction."""
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(INSERT, (tags[0], ticket_id))
        cursor = await connection.execute(UPDATE, (tags[0], ticket_id))
        row = await cursor.fetchone()
    if row is None:
        raise LookupError(ticket_id)
    return row


def application() -> Any:
    """Build the ASGI application, stateless and without streams: the fastest that it can be."""
    return server.http_app(path="/mcp", stateless_http=True, json_response=True)
