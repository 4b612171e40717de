"""Attempts to sign in, counted in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from psycopg import sql

from api.sign_in.throttle import FORGOTTEN_AFTER, Tried
from domain.account import Account
from projections.reading import Pool, reading

# Rows are locked in the order of their keys: two attempts never wait for one another.
_LOCK: LiteralString = """
INSERT INTO {log}.attempts AS a (key, failures, last_at)
SELECT key, 0, %s FROM unnest(%s::bytea[]) AS key ORDER BY key
ON CONFLICT (key) DO UPDATE SET failures = CASE WHEN a.last_at < %s THEN 0 ELSE a.failures END
RETURNING a.key, a.failures, a.last_at
"""
_COUNT: LiteralString = """
UPDATE {log}.attempts SET failures = failures + 1, last_at = %s WHERE key = ANY (%s)
"""
_REMOVE_OLD: LiteralString = """
DELETE FROM {log}.attempts WHERE key IN (
    SELECT key FROM {log}.attempts WHERE last_at < %s ORDER BY last_at LIMIT 100
    FOR UPDATE SKIP LOCKED
)
"""
_FORGET: LiteralString = "DELETE FROM {log}.attempts WHERE key = %s"
_GIVE_BACK: LiteralString = """
UPDATE {log}.attempts SET failures = greatest(failures - 1, 0) WHERE key = ANY (%s)
"""


class PostgresThrottle:
    """Implements `api.sign_in.throttle.Throttle`."""

    def __init__(self, pool: Pool, account: Account) -> None:
        self._pool = pool
        self._log = sql.Identifier(account.log)

    async def take(self, tried: Sequence[Tried], now: datetime) -> datetime | None:
        wanted = {one.key: one for one in tried}
        old = now - FORGOTTEN_AFTER
        async with reading(self._pool) as connection, connection.transaction():
            rows = await connection.execute(self._filled(_LOCK), (now, list(wanted), old))
            until = max(
                [last + wanted[key].delay(failures) async for key, failures, last in rows],
                default=now,
            )
            if until > now:
                return until
            await connection.execute(self._filled(_COUNT), (now, list(wanted)))
            await connection.execute(self._filled(_REMOVE_OLD), (old,))
        return None

    async def succeeded(self, account: Tried, others: Sequence[Tried]) -> None:
        # Two transactions: a lock held on to here could be what an attempt waits for, and it for us.
        async with reading(self._pool) as connection:
            await connection.execute(self._filled(_FORGET), (account.key,))
            keys = [one.key for one in others]
            await connection.execute(self._filled(_GIVE_BACK), (keys,))

    def _filled(self, text: LiteralString) -> sql.Composed:
        return sql.SQL(text).format(log=self._log)
