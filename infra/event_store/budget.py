"""How the account's budget stands by its counter, and the proof that the counter is right."""

from collections.abc import Callable
from typing import Any, LiteralString

import msgspec
from psycopg import AsyncConnection, IsolationLevel, sql

from domain.account import Account
from domain.call import CallRecorded

# The month turns with the first append in it, so it may have turned without one. By the append's
# own clock.
_LINE: LiteralString = """
SELECT budget_limit, CASE WHEN period < month THEN 0 ELSE used END, greatest(period, month)
FROM {log}.account, CAST(date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') AS date) AS month
"""
_COUNTER: LiteralString = """
SELECT used, period_position, (SELECT coalesce(max(notification_id), 0) FROM {log}.events)
FROM {log}.account
"""
_CALLS: LiteralString = """
SELECT state FROM {log}.events
WHERE topic = %s AND notification_id > %s AND notification_id <= %s
"""
_PAGE = 5_000


class Tally(msgspec.Struct, frozen=True):
    """What the counter says, and what the charges recorded in its period come to, in units."""

    used: int
    charged: int


class _Call(msgspec.Struct, gc=False):
    units: int = 0


class _Stored(msgspec.Struct, gc=False):
    fact: _Call


def budget_statement(account: Account) -> bytes:
    """Return the query of limit, use and period as they are now, for `budget_line`."""
    return _filled(_LINE, account)


async def tally(
    connection: AsyncConnection[Any], account: Account, on_progress: Callable[[int, int], None]
) -> Tally:
    """Add up the charges of the counter's period, in one snapshot; `on_progress` hears how far it is.

    Added up here and not by PostgreSQL, which takes twice as long to read the JSON and cannot read
    what some refused calls have sent (NUL).
    """
    decode = msgspec.json.Decoder(_Stored).decode
    calls = _filled(_CALLS, account)
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    await connection.set_read_only(True)
    async with connection.transaction():
        used, start, end = await anext(await connection.execute(_filled(_COUNTER, account)))
        charged = 0
        for first in range(start, end, _PAGE):
            page = (CallRecorded.topic, first, min(first + _PAGE, end))
            cursor = await connection.execute(calls, page, binary=True)
            charged += sum(decode(state).fact.units for (state,) in await cursor.fetchall())
            on_progress(page[2] - start, end - start)
    return Tally(used, charged)


def _filled(text: LiteralString, account: Account) -> bytes:
    return sql.SQL(text).format(log=sql.Identifier(account.log)).as_bytes(None)
