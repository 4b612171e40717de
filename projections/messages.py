"""The view of messages: one row a message of a ticket, as plain text, with and without quotes."""

from collections.abc import Sequence
from typing import LiteralString

from domain.fact import Recorded
from domain.ticket.facts import MessageAdded
from projections.table import Table
from projections.text import clean, named, unquoted
from projections.view import Connection

MESSAGES = Table(
    "messages",
    {
        "ticket": "uuid",
        # The version of the ticket that it made: rises with each message and never changes.
        "version": "int4",
        "id": "uuid NOT NULL",
        "author_kind": "text NOT NULL",
        "author": "uuid",
        "author_name": "text",
        "note": "bool NOT NULL",
        "written_at": "timestamptz NOT NULL",
        "body": "text NOT NULL",
        # Only where something is quoted.
        "unquoted": "text",
    },
    key="ticket, version",
)


class MessagesView:
    """One row a message, found by its ticket only."""

    name = "messages"
    version = 2
    takes = frozenset((MessageAdded,))
    tables: LiteralString = MESSAGES.ddl
    indexes: LiteralString = ""

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        rows: list[tuple[object, ...]] = []
        for _, event in page:
            fact = event.fact
            if isinstance(fact, MessageAdded):
                body = clean(fact.body)
                author = fact.author
                rows.append(
                    (
                        event.originator_id,
                        event.originator_version,
                        fact.message,
                        author.kind.value,
                        author.id,
                        named(author.name) if author.name else None,
                        fact.note,
                        event.envelope.at,
                        body,
                        unquoted(body),
                    )
                )
        await MESSAGES.insert(connection, schema, rows)
