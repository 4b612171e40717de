"""Attempts to sign in, counted in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

import psycopg
from psycopg import sql

from api.sign_in.throttle import FORGOTTEN_AFTER, Tried
from domain.account import Account
from projections.reading import Pool, reading
from projections.view import Connection

_LOOK: LiteralString = """
SELECT key, failures, last_at FROM {log}.attempts WHERE key = ANY (%s) AND last_at >= %s
"""
# Rows are locked in the order of their keys, so that no two attempts wait for one another.
_LOCK: LiteralString = """
INSERT INTO {log}.attempts AS a (key, failures, last_at)
SELECT key, 0, %s FROM unnest(%s::bytea[]) AS key ORDER BY key
ON CONFLICT (key) DO UPDATE SET failures = CASE WHEN a.last_at < %s THEN 0 ELSE a.failures END
RETURNING a.key, a.failures, a.last_at
"""
_COUNT: LiteralString = """
UPDATE {log}.attempts SET failures = failures + 1, last_at = greatest(last_at, %s)
WHERE key = ANY (%s)
"""
_FORGET: LiteralString = "DELETE FROM {log}.attempts WHERE key = %s"
_GIVE_BACK: LiteralString = """
UPDATE {log}.attempts SET failures = greatest(failures - 1, 0) WHERE key = %s
"""
_REMOVE_OLD: LiteralString = """
DELETE FROM {log}.attempts WHERE key IN (
    SELECT key FROM {log}.attempts WHERE last_at < clock_timestamp() - %s FOR UPDATE SKIP LOCKED
)
"""


class PostgresThrottle:
    """Implements `api.sign_in.throttle.Throttle`."""

    def __init__(self, pool: Pool, account: Account) -> None:
        self._pool = pool
        self._log = sql.Identifier(account.log)

    async def take(self, tried: Sequence[Tried], now: datetime) -> datetime | None:
        by_key = {one.key: one for one in tried}
        keys, old = list(by_key), now - FORGOTTEN_AFTER

        async def until(connection: Connection, text: LiteralString, *given: object) -> datetime:
            rows = await connection.execute(self._filled(text), given)
            # Without a delay, an attempt of this very moment keeps nobody waiting.
            return max(
                [
                    last + delay
                    async for key, failures, last in rows
                    if (delay := by_key[key].delay(failures))
                ],
                default=now,
            )

        async with reading(self._pool) as connection:
            # Those who have to wait lock nothing and leave nothing: they may come in any number.
            free_at = await until(connection, _LOOK, keys, old)
            if free_at <= now:
                async with connection.transaction() as counted:
                    free_at = await until(connection, _LOCK, now, keys, old)
                    if free_at > now:
                        raise psycopg.Rollback(counted)
                    await connection.execute(self._filled(_COUNT), (now, keys))
        return free_at if free_at > now else None

    async def give_back(self, tried: Sequence[Tried]) -> None:
        async with reading(self._pool) as connection:
            await self._give_back(connection, tried)

    async def succeeded(self, whose: Tried, others: Sequence[Tried]) -> None:
        async with reading(self._pool) as connection:
            await connection.execute(self._filled(_FORGET), (whose.key,))
            await self._give_back(connection, others)

    async def remove_old(self) -> None:
        """Remove the failures that are forgotten anyway. Raises `Unavailable`."""
        async with reading(self._pool) as connection:
            await connection.execute(self._filled(_REMOVE_OLD), (FORGOTTEN_AFTER,))

    async def _give_back(self, connection: Connection, tried: Sequence[Tried]) -> None:
        # Each by itself: a lock held on to here could be what an attempt waits for, and it for us.
        for one in tried:
            await connection.execute(self._filled(_GIVE_BACK), (one.key,))

    def _filled(self, text: LiteralString) -> sql.Composed:
        return sql.SQL(text).format(log=self._log)
