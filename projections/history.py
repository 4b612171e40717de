"""What happened to a ticket: one line a fact, told in a sentence and as data, page by page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, LiteralString, cast
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from domain.caller import Caller
from domain.facts import FACTS
from domain.ticket.facts import TicketFact
from domain.ticket.rules import no_ticket
from projections.conversation import Order
from projections.cursors import encode_cursor, open_cursor
from projections.doers import DOER, DOER_WIDTH, Doer, doer_of
from projections.listings import NextCursor
from projections.metadata import key_of
from projections.pages import fill
from projections.sentences import sentence
from projections.text import clean
from projections.view import Connection, qualified


class ActivityLine(Doer, frozen=True, omit_defaults=True, kw_only=True):
    """One thing that happened to a ticket."""

    position: Annotated[int, Meta(description="Its place in the account's log.")]
    at: Annotated[datetime, Meta(description="When it happened.")]
    recorded_at: Annotated[datetime, Meta(description="When it was recorded: later, if imported.")]
    topic: Annotated[str, Meta(description="What kind of fact it is.")]
    sentence: Annotated[str, Meta(description="What happened. Quotes names and subjects.")]
    change: Annotated[
        dict[str, Any], Meta(description="What changed, as it is recorded; no message's text.")
    ]
    call: (
        Annotated[UUID, Meta(description="The call that it was a part of, if it was.")] | UnsetType
    ) = UNSET


class ActivityPage(Struct, frozen=True, omit_defaults=True):
    """What happened to a ticket, in the order asked for."""

    ticket_id: Annotated[UUID, Meta(description="The ticket's id.")]
    code: Annotated[str, Meta(description="The ticket's code.")]
    activity: Annotated[list[ActivityLine], Meta(description="In the order asked for.")]
    next_cursor: NextCursor | UnsetType = UNSET


_ORDERS: dict[Order, LiteralString] = {"asc": "> %(after)s", "desc": "< %(after)s"}
_SORTED: dict[Order, LiteralString] = {"asc": "", "desc": "DESC"}
_FIRST: dict[Order, int] = {"asc": 0, "desc": 2**62}
# The names of all whom a fact mentions; a message's author is named in the fact, or an agent.
_QUERY: LiteralString = f"""
SELECT t.department, t.id, t.code, a.position, a.recorded_at, a.happened_at, a.call, a.topic,
    a.fact, (
        SELECT jsonb_object_agg(id, name) FROM (
            SELECT id, name FROM {{views}}.agents WHERE id = ANY (a.mentioned)
            UNION ALL
            SELECT id, name FROM {{views}}.departments WHERE id = ANY (a.mentioned)
        ) known
    ), {DOER}
FROM {{views}}.tickets t LEFT JOIN LATERAL (
    SELECT *, ARRAY[
        (fact ->> 'agent')::uuid, (fact ->> 'department')::uuid,
        (fact -> 'author' ->> 'id')::uuid,
        CASE WHEN topic IN ('ticket.assigned', 'ticket.unassigned', 'ticket.transferred')
            THEN (fact ->> 'was')::uuid END
    ] AS mentioned
    FROM {{views}}.activity
    WHERE ticket = t.id AND tool IS NULL AND position $after
    ORDER BY position $sorted LIMIT %(limit)s
) a ON true
WHERE t.$ticket ORDER BY a.position $sorted
"""
_FACT, _NAMES, _DOER = 8, 9, 10


async def list_activity(
    connection: Connection,
    views: str,
    caller: Caller,
    reference: str,
    *,
    cursor: str | None = None,
    limit: int = 50,
    order: Order = "desc",
) -> ActivityPage:
    """Return a page of what happened to a ticket, by its place in the log.

    Refuses with `not_found` a ticket that the caller cannot see, with `invalid_arguments` a cursor
    of another ticket or order.
    """
    opened = open_cursor(cursor, tuple[int]) if cursor else None
    condition, ticket = key_of(reference)
    query = (
        _QUERY.replace("$after", _ORDERS[order])
        .replace("$sorted", _SORTED[order])
        .replace("$ticket", condition.replace("%s", "%(ticket)s"))
    )
    after = opened.key[0] if opened else _FIRST[order]
    found = await connection.execute(
        qualified(query, views),
        {"ticket": ticket, "after": after, "limit": limit + 1},
        prepare=True,
        binary=True,
    )
    rows = await found.fetchall()
    if not rows or not caller.sees(rows[0][0]):
        raise no_ticket(reference)
    _, key, code, *_ = rows[0]
    listing = ("activity", key, order)
    if opened:
        opened.require(listing)
    lines, last = fill([row for row in rows if row[3] is not None], limit, _line)
    return ActivityPage(key, code, lines, encode_cursor(listing, (last[3],)) if last else UNSET)


def _line(row: Sequence[Any]) -> ActivityLine:
    position, recorded_at, happened_at, call, topic = row[3:_FACT]
    fact = cast("TicketFact", msgspec.convert(row[_FACT], FACTS[topic]))
    names = msgspec.convert(row[_NAMES] or {}, dict[UUID, str])
    doer = doer_of(row[_DOER : _DOER + DOER_WIDTH])
    agent = doer["agent"]
    if agent is not UNSET:
        names[agent.id] = agent.name
    change = {name: cleaned(value) for name, value in row[_FACT].items() if name != "body"}
    return ActivityLine(
        **doer,
        position=position,
        at=happened_at or recorded_at,
        recorded_at=recorded_at,
        topic=topic,
        sentence=sentence(fact, agent.id if agent is not UNSET else None, doer["via"], names),
        change=change,
        call=call or UNSET,
    )


def cleaned(value: Any) -> Any:
    """Return a part of a stored JSON with its texts as they may be shown."""
    match value:
        case str():
            return clean(value)
        case list():
            return [cleaned(item) for item in cast("list[Any]", value)]
        case dict():
            parts = cast("dict[str, Any]", value).items()
            return {clean(name): cleaned(part) for name, part in parts}
        case _:
            return value
