"""Asks the views what was written in a ticket: its messages in pages, and its last ones with it."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from msgspec import UNSET

from domain.caller import Caller
from domain.refusals import Code, Refused
from domain.ticket.rules import no_ticket
from domain.ticket.words import AuthorKind
from projections.conversation import (
    ALONE,
    FOR_MODELS,
    IN_CONTEXT,
    WARNING,
    Message,
    MessagePage,
    Order,
    Room,
    TicketContext,
)
from projections.cursors import encode_cursor, open_cursor
from projections.metadata import COLUMNS, DEPARTMENT, WIDTH, key_of, metadata
from projections.pages import MAX_BYTES, fill, fit
from projections.view import Connection, qualified

# Of a message: its text from an offset (in characters) and so many characters, and the length.
_MESSAGE: LiteralString = """
m.version, m.id, m.author_kind,
coalesce(
    m.author_name,
    CASE WHEN m.author = t.requester THEN t.requester_name END,
    (SELECT w.name FROM {views}.agents w WHERE w.id = m.author)
),
m.note, m.written_at, m.text, m.length
"""
_ORDERS: dict[Order, LiteralString] = {
    "asc": "AND version > %(after)s ORDER BY version",
    "desc": "AND version < %(after)s ORDER BY version DESC",
}
_FIRST = {"asc": 0, "desc": 2**31 - 1}


def _query(columns: LiteralString, condition: LiteralString) -> LiteralString:
    """A ticket with its messages that meet a condition; one row without any where none does."""
    return f"""
    SELECT {columns}, {_MESSAGE}
    FROM {{views}}.tickets t LEFT JOIN LATERAL (
        SELECT version, id, author_kind, author, author_name, note, written_at,
            substr(whole, %(offset)s + 1, %(size)s) AS text, char_length(whole) AS length
        FROM {{views}}.messages, LATERAL (
            SELECT CASE WHEN %(quoted)s THEN body ELSE coalesce(unquoted, body) END AS whole
        ) w
        WHERE ticket = t.id {condition} LIMIT %(limit)s
    ) m ON true
    WHERE t."""


_PAGES: dict[Order, LiteralString] = {
    order: _query("t.department, t.id, t.code", condition) for order, condition in _ORDERS.items()
}
_SORTED: dict[Order, LiteralString] = {
    "asc": " ORDER BY m.version",
    "desc": " ORDER BY m.version DESC",
}
_ONE: LiteralString = _query("t.department, t.id, t.code", "AND id = %(message)s")
_CONTEXT: LiteralString = _query(COLUMNS, _ORDERS["desc"])


async def get_messages(
    connection: Connection,
    views: str,
    caller: Caller,
    reference: str,
    *,
    cursor: str | None = None,
    limit: int = 20,
    order: Order = "asc",
    include_quoted: bool = False,
    room: Room = FOR_MODELS,
) -> MessagePage:
    """Return a page of a ticket's messages.

    Refuses with `not_found` a ticket that the caller cannot see, with `invalid_arguments` a cursor
    of another ticket, order or treatment of quotes.
    """
    opened = open_cursor(cursor, tuple[int]) if cursor else None
    rows = await _fetch(
        connection,
        views,
        reference,
        _PAGES[order],
        order=order,
        after=opened.key[0] if opened else _FIRST[order],
        size=room.message,
        limit=limit + 1,
        quoted=include_quoted,
    )
    _require_seen(rows, caller, reference, 0)
    _, ticket, code, *_ = rows[0]
    listing = _listing(ticket, order, quoted=include_quoted)
    if opened:
        opened.require(listing)
    messages, last = fill(_written(rows, 3), limit, lambda row: _message(row[3:]), room.page)
    return MessagePage(
        ticket, code, WARNING, messages, encode_cursor(listing, (last[3],)) if last else UNSET
    )


async def get_message(
    connection: Connection,
    views: str,
    caller: Caller,
    reference: str,
    message: UUID,
    *,
    offset: int = 0,
    include_quoted: bool = False,
) -> MessagePage:
    """Return one message of a ticket, from an offset in characters of its text.

    Refuses with `not_found` a ticket that the caller cannot see, or a message that it lacks.
    """
    rows = await _fetch(
        connection,
        views,
        reference,
        _ONE,
        message=message,
        offset=offset,
        size=ALONE,
        limit=1,
        quoted=include_quoted,
    )
    _require_seen(rows, caller, reference, 0)
    _, ticket, code, *_ = rows[0]
    messages = [_message(row[3:], offset) for row in _written(rows, 3)]
    if not messages:
        raise Refused(
            Code.NOT_FOUND,
            f"Ticket {code} has no message with this id.",
            hint="Call get_ticket_messages without message_id to see those it has.",
        )
    return MessagePage(ticket, code, WARNING, messages)


async def get_context(
    connection: Connection, views: str, caller: Caller, reference: str, limit: int
) -> TicketContext:
    """Return a ticket with its last messages, without what they quote.

    Refuses with `not_found` a ticket that the caller cannot see.
    """
    rows = await _fetch(connection, views, reference, _CONTEXT, size=IN_CONTEXT, limit=limit + 1)
    _require_seen(rows, caller, reference, DEPARTMENT)
    ticket = metadata(rows[0])
    messages, last = fill(
        _written(rows, WIDTH),
        limit,
        lambda row: _message(row[WIDTH:]),
        MAX_BYTES - len(msgspec.json.encode(ticket)),
    )
    return TicketContext(
        ticket,
        WARNING,
        messages[::-1],
        encode_cursor(_listing(ticket.id, "desc"), (last[WIDTH],)) if last else UNSET,
    )


async def _fetch(
    connection: Connection,
    views: str,
    reference: str,
    query: LiteralString,
    *,
    order: Order = "desc",
    size: int,
    limit: int,
    after: int = _FIRST["desc"],
    message: UUID | None = None,
    offset: int = 0,
    quoted: bool = False,
) -> Sequence[Sequence[Any]]:
    condition, ticket = key_of(reference)
    found = await connection.execute(
        qualified(
            query + condition.replace("%s", "%(ticket)s") + _SORTED[order],
            views,
        ),
        {
            "ticket": ticket,
            "after": after,
            "message": message,
            # Beyond any text, but not beyond what may be added to.
            "offset": min(offset, 2**30),
            "size": size,
            "quoted": quoted,
            "limit": limit,
        },
        prepare=True,
        binary=True,
    )
    return await found.fetchall()


def _require_seen(
    rows: Sequence[Sequence[Any]], caller: Caller, reference: str, department: int
) -> None:
    if not rows or not caller.sees(rows[0][department]):
        raise no_ticket(reference)


def _written(rows: Sequence[Sequence[Any]], width: int) -> Sequence[Sequence[Any]]:
    """Return the rows with a message, whose columns follow on `width` others."""
    return [row for row in rows if row[width] is not None]


def _listing(ticket: UUID, order: Order, *, quoted: bool = False) -> tuple[object, ...]:
    return ("messages", ticket, order, quoted)


def _message(columns: Sequence[Any], offset: int = 0) -> Message:
    _, key, author, name, note, written_at, text, length = columns
    text = fit(text, ALONE)
    end = offset + len(text)
    goes_on = end < length
    kind = AuthorKind(author)
    return Message(
        id=key,
        author_kind=kind,
        written_at=written_at,
        text=text,
        author_name=name or UNSET,
        note=note,
        untrusted=kind is AuthorKind.CUSTOMER,
        truncated=goes_on,
        length=length if goes_on else UNSET,
        next_offset=end if goes_on else UNSET,
    )
