"""Walks back through the activity: rows that meet a filter, newest first, along the indexes."""

import itertools
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString, get_args
from uuid import UUID

from msgspec import Struct, UnsetType
from psycopg import sql

from domain.fact import Via
from domain.refusals import Code, Refused
from projections.activity import clip
from projections.cursors import decode_cursor
from projections.metadata import key_of
from projections.text import clean
from projections.view import Connection, qualified

Row = Sequence[Any]


class TrailFilter(Struct, frozen=True, kw_only=True):
    """What narrows calls and facts alike: all that is given must be met; None filters nothing.

    Times are those of the record, `at_to` excluded.
    """

    agent: UUID | None = None
    # A name as it was given, or an OAuth client_id.
    client: str | None = None
    # An id, or what pages show of an access token.
    credential: str | None = None
    # An id or a code.
    ticket: str | None = None
    via: Via | None = None
    position: int | None = None
    at_from: datetime | None = None
    at_to: datetime | None = None


Alternatives = Sequence[sql.Composable]
"""One condition on a row `a`, or several: what meets one of these meets none of the others."""

_NOTHING: Alternatives = (sql.SQL("false"),)
# Times rise with positions, but for what the clocks of several processes differ.
_SKEW = timedelta(minutes=1)
_MASK = re.compile(r"(?:token\s*)?[0-9A-Za-z_]*(?:…|\.{3})([0-9A-Za-z]{4})|([0-9A-Za-z]{4})")
_MASKED: LiteralString = (
    "SELECT id FROM {views}.credentials WHERE mask LIKE %s ORDER BY id LIMIT %s"
)
# Four digits of 62 tell fourteen million tokens apart.
_MOST = 20
# Halves the positions until one is left: the first of which the record is not older.
_POSITION_AT: LiteralString = """
WITH RECURSIVE halves (low, high) AS (
    SELECT 0::int8, (SELECT coalesce(max(position), 0) + 1 FROM {views}.activity)
    UNION ALL
    SELECT CASE WHEN r.recorded_at < %(at)s THEN r.position + 1 ELSE h.low END,
        CASE WHEN r.recorded_at < %(at)s THEN h.high ELSE (h.low + h.high) / 2 END
    FROM halves h LEFT JOIN LATERAL (
        SELECT position, recorded_at FROM {views}.activity
        WHERE position >= (h.low + h.high) / 2 ORDER BY position LIMIT 1
    ) r ON true
    WHERE h.low < h.high
)
SELECT min(high) FROM halves
"""
_BRANCH = sql.SQL(
    "(SELECT * FROM {views}.activity a WHERE {conditions} ORDER BY a.position DESC LIMIT {limit})"
)
_WALK = sql.SQL("SELECT {columns} FROM ({branches}) a ORDER BY a.position DESC LIMIT {limit}")


async def walk(
    connection: Connection,
    views: str,
    columns: LiteralString,
    conditions: Sequence[Alternatives],
    limit: int,
) -> list[Row]:
    """Return the newest rows that meet all conditions; `columns` are of a row `a`.

    The values stand in the query itself, so that it is planned for them: which index is the short
    way depends on how many rows have a value.
    """
    schema = sql.Identifier(views)
    branches = [
        _BRANCH.format(views=schema, conditions=sql.SQL(" AND ").join(chosen), limit=limit)
        for chosen in itertools.product(*conditions)
    ]
    query = _WALK.format(
        columns=sql.SQL(columns).format(views=schema),
        branches=sql.SQL(" UNION ALL ").join(branches),
        limit=limit,
    )
    cursor = await connection.execute(query, prepare=False, binary=True)
    return await cursor.fetchall()


async def conditions_of(
    connection: Connection, views: str, wanted: TrailFilter, after: int
) -> list[Alternatives]:
    """Return the conditions for rows before a position that meet a filter.

    Refuses with `invalid_arguments` a credential that is neither an id nor a token's mask.
    """
    found: list[Alternatives] = []
    found.append((sql.SQL("a.position < {}").format(after),))
    if wanted.position is not None:
        found.append(equal("position", wanted.position))
    if wanted.agent:
        found.append(equal("agent", wanted.agent))
    if wanted.client is not None:
        client = clip(wanted.client)
        by_id = "a.client_id = {0} AND a.client_name IS DISTINCT FROM {0}"
        found.append((*equal("client_name", client), sql.SQL(by_id).format(client)))
    if wanted.credential is not None:
        found.append(await _credential(connection, views, wanted.credential))
    if wanted.ticket is not None:
        column, value = key_of(clean(wanted.ticket))
        ticket = "a.ticket = (SELECT t.id FROM {views}.tickets t WHERE t.$column)"
        ticket = ticket.replace("$column", column.replace("%s", "{value}"))
        by_code = (sql.SQL(ticket).format(views=sql.Identifier(views), value=value),)
        found.append(equal("ticket", value) if isinstance(value, UUID) else by_code)
    if wanted.via:
        found.append(equal("via", wanted.via))
    return [*found, *await _times(connection, views, wanted)]


def equal(column: LiteralString, *values: object) -> Alternatives:
    """Return the condition that a column has one of the values, which all differ; none: nothing."""
    return [sql.SQL("a.$ = {}".replace("$", column)).format(value) for value in values] or _NOTHING


def is_narrow(wanted: TrailFilter, *wide: str) -> bool:
    """Whether a filter names anything that there is an index of; `wide` are names that it is not."""
    given = {name for name in wanted.__struct_fields__ if getattr(wanted, name) is not None}
    return not given <= {"at_from", "at_to", *wide}


def by_any_way() -> Alternatives:
    """Return the condition that everything meets, so that a walk goes along the index of ways."""
    return equal("via", *get_args(Via))


def start_of(cursor: str | UnsetType | None, listing: object) -> int:
    """Return the position before which a walk goes on. Refuses a cursor of another listing."""
    return decode_cursor(cursor, listing, tuple[int])[0] if cursor else 2**62


async def _credential(connection: Connection, views: str, word: str) -> Alternatives:
    try:
        return equal("credential", UUID(word))
    except ValueError:
        shown = _MASK.fullmatch(word.strip())
    if shown is None:
        raise Refused(
            Code.INVALID_ARGUMENTS,
            "A credential is an id, or what pages show of a token, such as …Ab3x.",
        )
    # What stands before the mark is the same for all, and may be cut off.
    pattern = f"%…{shown.group(1) or shown.group(2)}"
    rows = await connection.execute(qualified(_MASKED, views), (pattern, _MOST), binary=True)
    return equal("credential", *[key async for (key,) in rows])


async def _times(connection: Connection, views: str, wanted: TrailFilter) -> list[Alternatives]:
    """Bound the positions as well as the times, so that a look far back need not walk there."""
    found: list[Alternatives] = []
    if wanted.at_from:
        first = await _position_at(connection, views, _shifted(wanted.at_from, -_SKEW))
        bound = sql.SQL("a.recorded_at >= {} AND a.position >= {}")
        found.append((bound.format(wanted.at_from, first),))
    if wanted.at_to:
        end = await _position_at(connection, views, _shifted(wanted.at_to, _SKEW))
        bound = sql.SQL("a.recorded_at < {} AND a.position < {}")
        found.append((bound.format(wanted.at_to, end),))
    return found


async def _position_at(connection: Connection, views: str, at: datetime) -> int:
    """Return the first position of which the record is not older than a time."""
    cursor = await connection.execute(
        qualified(_POSITION_AT, views), {"at": at}, prepare=True, binary=True
    )
    row = await cursor.fetchone()
    return row[0] if row else 0


def _shifted(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:  # at the end of time, nothing lies beyond
        return at
