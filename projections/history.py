"""What happened to a ticket: one line a fact, told in a sentence and as data, page by page."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, LiteralString, cast
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from domain.caller import Caller
from domain.fact import Via
from domain.ticket import facts as ticket
from domain.ticket.rules import no_ticket
from domain.ticket.words import Status
from projections.conversation import Order
from projections.cursors import NextCursor, encode_cursor, open_cursor
from projections.happenings import HAPPENING, POSITION, Happening, fact_of, happening_of
from projections.metadata import key_of
from projections.pages import fill
from projections.sentences import sentence
from projections.view import Connection, qualified


class HistoryFilter(Struct, frozen=True, kw_only=True):
    """Which part of a history is asked for: what meets all that is given."""

    ways: tuple[Via, ...] = ()
    # As it named itself, or an app's client_id; browsers in the panel are no clients.
    client: str = ""
    topics: tuple[str, ...] = ()
    # What turned the status, which messages do as well.
    turns: bool = False


class ActivityLine(Happening, frozen=True, omit_defaults=True, kw_only=True):
    """One thing that happened to a ticket."""

    before: (
        Annotated[str, Meta(description="The status before, in a word, where it changed.")]
        | UnsetType
    ) = UNSET
    after: Annotated[str, Meta(description="The status since then.")] | UnsetType = UNSET


class ActivityPage(Struct, frozen=True, omit_defaults=True):
    """What happened to a ticket, in the order asked for."""

    ticket_id: Annotated[UUID, Meta(description="The ticket's id.")]
    code: Annotated[str, Meta(description="The ticket's code.")]
    activity: Annotated[list[ActivityLine], Meta(description="In the order asked for.")]
    next_cursor: NextCursor | UnsetType = UNSET


_ORDERS: dict[Order, LiteralString] = {"asc": "> %(after)s", "desc": "< %(after)s"}
_SORTED: dict[Order, LiteralString] = {"asc": "", "desc": "DESC"}
_FIRST: dict[Order, int] = {"asc": 0, "desc": 2**62}
_TURNS: LiteralString = """
fact ? 'status' OR topic IN (
    'ticket.opened', 'ticket.reopened', 'ticket.postponed', 'ticket.resolved'
)
"""
_CONDITIONS: dict[str, LiteralString] = {
    "ways": "via = ANY (%(ways)s)",
    "client": "%(client)s IN (client_name, client_id) AND via <> 'panel'",
    "topics": "topic = ANY (%(topics)s)",
    "turns": f"({_TURNS})",
}
# A message's fact tells where the ticket stands since then, but not where it stood.
_STOOD: LiteralString = f"""
SELECT coalesce(b.fact ->> 'status', CASE b.topic WHEN 'ticket.opened' THEN 'N'
    WHEN 'ticket.reopened' THEN 'C' WHEN 'ticket.postponed' THEN 'W' ELSE 'R' END)
FROM (SELECT * FROM {{views}}.activity WHERE {_TURNS}) b
WHERE b.ticket = a.ticket AND b.tool IS NULL AND b.position < a.position
ORDER BY b.position DESC LIMIT 1
"""
# The names of all whom a fact mentions; a message's author is named in the fact, or an agent.
_QUERY: LiteralString = f"""
SELECT t.department, t.id, t.code, (
        SELECT jsonb_object_agg(id, name) FROM (
            SELECT id, name FROM {{views}}.agents WHERE id = ANY (a.mentioned)
            UNION ALL
            SELECT id, name FROM {{views}}.departments WHERE id = ANY (a.mentioned)
        ) known
    ), CASE WHEN a.fact ? 'status' THEN ({_STOOD}) END, {HAPPENING}
FROM {{views}}.tickets t LEFT JOIN LATERAL (
    SELECT *, ARRAY[
        (fact ->> 'agent')::uuid, (fact ->> 'department')::uuid,
        (fact -> 'author' ->> 'id')::uuid,
        CASE WHEN topic IN ('ticket.assigned', 'ticket.unassigned', 'ticket.transferred')
            THEN (fact ->> 'was')::uuid END
    ] AS mentioned
    FROM {{views}}.activity
    WHERE ticket = t.id AND tool IS NULL AND position $after $filters
    ORDER BY position $sorted LIMIT %(limit)s
) a ON true
WHERE t.$ticket ORDER BY a.position $sorted
"""
_NAMES, _STOOD_AT, _HAPPENED = range(3, 6)
_POSITION = _HAPPENED + POSITION
# Of the latest facts: a ticket may have any number.
_CLIENTS: LiteralString = """
SELECT t.department, array_agg(DISTINCT a.client_name ORDER BY a.client_name)
    FILTER (WHERE a.client_name IS NOT NULL AND a.via <> 'panel')
FROM {views}.tickets t LEFT JOIN LATERAL (
    SELECT client_name, via FROM {views}.activity
    WHERE ticket = t.id AND tool IS NULL ORDER BY position DESC LIMIT 2000
) a ON true
WHERE t.$ticket GROUP BY t.id, t.department
"""
EVERYTHING = HistoryFilter()


async def list_activity(
    connection: Connection,
    views: str,
    caller: Caller,
    reference: str,
    *,
    cursor: str | None = None,
    limit: int = 50,
    order: Order = "desc",
    wanted: HistoryFilter = EVERYTHING,
) -> ActivityPage:
    """Return a page of what happened to a ticket, by its place in the log.

    Refuses with `not_found` a ticket that the caller cannot see, with `invalid_arguments` a cursor
    of another ticket, order or filter.
    """
    opened = open_cursor(cursor, tuple[int]) if cursor else None
    condition, ticket = key_of(reference)
    asked: dict[str, Any] = {
        "ways": [*wanted.ways],
        "client": wanted.client,
        "topics": [*wanted.topics],
        "turns": wanted.turns,
    }
    values = {name: value for name, value in asked.items() if value}
    query = (
        _QUERY.replace("$after", _ORDERS[order])
        .replace("$sorted", _SORTED[order])
        .replace("$filters", "".join([f" AND {_CONDITIONS[name]}" for name in values]))
        .replace("$ticket", condition.replace("%s", "%(ticket)s"))
    )
    after = opened.key[0] if opened else _FIRST[order]
    found = await connection.execute(
        qualified(query, views),
        {**values, "ticket": ticket, "after": after, "limit": limit + 1},
        prepare=True,
        binary=True,
    )
    rows = await found.fetchall()
    if not rows or not caller.sees(rows[0][0]):
        raise no_ticket(reference)
    _, key, code, *_ = rows[0]
    listing = ("activity", key, order, *values.items())
    if opened:
        opened.require(listing)
    lines, last = fill([row for row in rows if row[_POSITION] is not None], limit, _line)
    return ActivityPage(
        key, code, lines, encode_cursor(listing, (last[_POSITION],)) if last else UNSET
    )


async def list_clients(
    connection: Connection, views: str, caller: Caller, reference: str
) -> list[str]:
    """Return the names of the clients that acted on a ticket, as they call themselves.

    Refuses with `not_found` a ticket that the caller cannot see.
    """
    condition, key = key_of(reference)
    query = _CLIENTS.replace("$ticket", condition)
    found = await connection.execute(qualified(query, views), (key,), prepare=True, binary=True)
    row = await found.fetchone()
    if row is None or not caller.sees(row[0]):
        raise no_ticket(reference)
    return row[1] or []


def _line(row: Sequence[Any]) -> ActivityLine:
    happened = row[_HAPPENED:]
    fact = cast("ticket.TicketFact", fact_of(happened))
    names = msgspec.convert(row[_NAMES] or {}, dict[UUID, str])
    before, after = _turn(fact, row[_STOOD_AT])
    return ActivityLine(
        **happening_of(happened, names, partial(sentence, fact)), before=before, after=after
    )


def _turn(fact: ticket.TicketFact, stood: str | None) -> tuple[str, str] | tuple[UnsetType, ...]:
    """Return the words of the status before and after a fact that changed it."""
    match fact:
        case ticket.MessageAdded(status=Status() as now) if stood:
            return Status(stood).word, now.word
        case ticket.Postponed(was=was):
            return was.word, Status.POSTPONED.word
        case ticket.Resolved(was=was):
            return was.word, Status.RESOLVED.word
        case ticket.Reopened():
            return Status.RESOLVED.word, Status.OPEN.word
        case _:
            return UNSET, UNSET
