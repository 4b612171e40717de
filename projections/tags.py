"""The view of tags: one row for each tag that a ticket has now, and who added it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, LiteralString
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from domain.caller import Caller
from domain.fact import Recorded
from domain.ticket.facts import Opened, TagsAdded, TagsRemoved
from domain.ticket.rules import no_ticket
from domain.ticket.words import MAX_TAGS
from projections.metadata import key_of
from projections.table import Table
from projections.text import clean
from projections.view import Connection, qualified

TAGS = Table(
    "tags",
    {
        "ticket": "uuid",
        # Case does not tell two tags apart.
        "key": "text",
        "name": "text NOT NULL",
        "added_at": "timestamptz NOT NULL",
        "added_by": "uuid",
        # Rises in the order of adding.
        "place": "int8 NOT NULL",
    },
    key="ticket, key",
)

_DELETE: LiteralString = """
DELETE FROM {views}.tags t USING unnest(%s::uuid[], %s::text[]) AS gone (ticket, key)
WHERE t.ticket = gone.ticket AND t.key = gone.key
"""


class TagsView:
    """One row for each tag of a ticket."""

    name = "tags"
    version = 1
    takes = frozenset((Opened, TagsAdded, TagsRemoved))
    tables: LiteralString = TAGS.ddl
    indexes: LiteralString = "CREATE INDEX tags_key ON {views}.tags (key, ticket);"

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        added: dict[tuple[UUID, str], tuple[object, ...]] = {}
        gone: dict[tuple[UUID, str], None] = {}
        for position, event in page:
            fact = event.fact
            if isinstance(fact, TagsRemoved):
                for tag in fact.tags:
                    key = event.originator_id, tag_key(tag)
                    if added.pop(key, None) is None:
                        gone[key] = None
            elif isinstance(fact, (Opened, TagsAdded)):
                envelope = event.envelope
                for number, tag in enumerate(fact.tags):
                    key = event.originator_id, tag_key(tag)
                    place = position * MAX_TAGS + number
                    added[key] = (*key, clean(tag), envelope.at, envelope.by.agent, place)
        if gone:
            tickets, keys = [key[0] for key in gone], [key[1] for key in gone]
            await connection.execute(qualified(_DELETE, schema), (tickets, keys), prepare=True)
        await TAGS.insert(connection, schema, [*added.values()])


def tag_key(tag: str) -> str:
    """Return what two spellings of one tag have in common."""
    return " ".join(clean(tag).split()).casefold()


class TagLine(Struct, frozen=True, omit_defaults=True):
    """A tag that the ticket has."""

    name: Annotated[str, Meta(description="The tag.")]
    added_at: Annotated[datetime, Meta(description="Since when the ticket has it.")]
    added_by: (
        Annotated[str, Meta(description="The agent who added it, if it was an agent.")] | UnsetType
    ) = UNSET


class TicketTags(Struct, frozen=True):
    """The tags that a ticket has now."""

    ticket_id: Annotated[UUID, Meta(description="The ticket's id.")]
    code: Annotated[str, Meta(description="The ticket's code.")]
    tags: Annotated[list[TagLine], Meta(description="In the order in which they were added.")]


_OF_TICKET: LiteralString = """
SELECT t.id, t.code, t.department, g.name, g.added_at, a.name
FROM {views}.tickets t
LEFT JOIN {views}.tags g ON g.ticket = t.id
LEFT JOIN {views}.agents a ON a.id = g.added_by
WHERE t."""


async def get_tags(
    connection: Connection, views: str, caller: Caller, reference: str
) -> TicketTags:
    """Return a ticket's tags; refuse with `not_found` one that the caller cannot see."""
    condition, value = key_of(reference)
    found = await connection.execute(
        qualified(_OF_TICKET + condition + " ORDER BY g.place", views),
        (value,),
        prepare=True,
        binary=True,
    )
    rows = await found.fetchall()
    if not rows or not caller.sees(rows[0][2]):
        raise no_ticket(reference)
    tags = [TagLine(row[3], row[4], row[5] or UNSET) for row in rows if row[3] is not None]
    return TicketTags(rows[0][0], rows[0][1], tags)
