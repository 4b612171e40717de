"""Rate limits that hold over all server processes: PostgreSQL counts, a process takes shares."""

import asyncio
import math
import time
from collections.abc import Callable
from typing import LiteralString
from uuid import UUID

import msgspec
from psycopg import sql

from api.rates import RateLimited, network_of
from domain.account import Account
from projections.reading import Pool, reading

SHARES = 20  # of a minute's limit: how many leases it takes to use it up

# The minute is the database's own, so no two processes can be of two minds about it.
# What is taken may end above the limit; the last lease is so much shorter.
_LEASE: LiteralString = """
WITH moment AS (SELECT clock_timestamp() AS at),
lease AS (
    INSERT INTO {log}.rates AS r (key, minute, taken)
    SELECT %(key)s, date_trunc('minute', at), %(share)s FROM moment
    ON CONFLICT (key) DO UPDATE SET
        minute = greatest(r.minute, excluded.minute),
        taken = CASE WHEN r.minute < excluded.minute THEN 0 ELSE r.taken END + excluded.taken
    WHERE r.minute < excluded.minute OR r.taken < %(limit)s
    RETURNING least(%(share)s, %(limit)s - taken + %(share)s) AS granted
)
SELECT coalesce((SELECT granted FROM lease), 0),
    extract(epoch FROM date_trunc('minute', at) + '1 minute' - at)::float8
FROM moment
"""
# Times far ahead are left by a clock that went wrong: they would count until they are reached.
_REMOVE: LiteralString = """
DELETE FROM {log}.rates WHERE minute
    NOT BETWEEN clock_timestamp() - interval '2 minutes' AND clock_timestamp() + interval '1 minute'
"""


class Limits(msgspec.Struct, frozen=True):
    """Requests a minute; 0 means that there is no limit."""

    credential: int = 0
    address: int = 0


class _Lease(msgspec.Struct):
    """Requests left of a share. With nothing granted, the minute is used up."""

    granted: int
    left: int
    ends: float


class PostgresRateLimiter:
    """Implements `api.rates.RateLimiter`.

    Minutes begin anew at once, so up to twice a limit may come around their edge. What one process
    has leased and not used, others cannot use: they refuse that much too early.
    """

    def __init__(
        self,
        pool: Pool,
        account: Account,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._limits = limits
        self._clock = clock
        schema = sql.Identifier(account.log)
        self._ask = sql.SQL(_LEASE).format(log=schema).as_bytes(None)
        self._remove = sql.SQL(_REMOVE).format(log=schema).as_bytes(None)
        self._leases: dict[str, _Lease] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def require_address(self, address: str | None, kind: str = "address") -> None:
        if address is not None and self._limits.address:
            await self._require(f"{kind} {network_of(address)}", self._limits.address)

    async def require_credential(self, credential: UUID | None) -> None:
        if credential is not None and self._limits.credential:
            await self._require(f"credential {credential}", self._limits.credential)

    async def require(self, kind: str, key: str, limit: int) -> None:
        await self._require(f"{kind} {key}", limit)

    async def remove_old(self) -> None:
        """Forget the minutes that are over, here and in the database. Raises `Unavailable`."""
        now = self._clock()
        self._leases = {key: lease for key, lease in self._leases.items() if lease.ends > now}
        async with reading(self._pool) as connection:
            await connection.execute(self._remove)

    async def _require(self, key: str, limit: int) -> None:
        while True:
            lease = self._leases.get(key)
            if lease is not None and lease.ends > (now := self._clock()):
                if lease.left:
                    lease.left -= 1
                    return
                if not lease.granted:
                    raise RateLimited(math.ceil(lease.ends - now))
            asking = self._asking.get(key)
            if asking is None:
                asking = asyncio.create_task(self._lease(key, limit), name="lease")
                self._asking[key] = asking
            # Many wait for it: that one of them goes away must not take it from the others.
            await asyncio.shield(asking)

    async def _lease(self, key: str, limit: int) -> None:
        share = max(1, limit // SHARES)
        asked_at = self._clock()
        try:
            async with reading(self._pool) as connection:
                cursor = await connection.execute(
                    self._ask, {"key": key, "share": share, "limit": limit}, prepare=True
                )
                granted, seconds = await anext(cursor)
        finally:
            # Here and in no callback: that would come a turn of the loop too late, and whoever
            # found an answered question in between would wait for it in vain and for ever.
            del self._asking[key]
        # Never used past its minute, and never called used up before that is over.
        since = asked_at if granted else self._clock()
        self._leases[key] = _Lease(granted, granted, since + seconds)
