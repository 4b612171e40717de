"""The view behind the search: one row a ticket, with its words and all that a search narrows by."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from domain.fact import Recorded
from domain.ticket import facts as ticket
from domain.ticket.words import Status
from projections.ranking import AGES
from projections.table import Table, recordset
from projections.tags import tag_key
from projections.text import clean, folded, unquoted
from projections.tickets import TICKET_FACTS, URGENCY, Change
from projections.view import Connection, qualified

# Characters of one message, and of one ticket in a page, that are indexed; and the bytes of words
# after which a ticket takes no more. PostgreSQL refuses a tsvector of 1 MB.
_MESSAGE, _TEXT = 10_000, 50_000
_FULL: LiteralString = "300000"

_STANDING: dict[LiteralString, LiteralString] = {
    "ticket": "uuid",
    # Its place in the order of opening.
    "number": "int8 NOT NULL",
    "department": "uuid NOT NULL",
    "agent": "uuid",
    "status": "text NOT NULL",
    "urgency": "int2 NOT NULL",
    "tags": "text[] NOT NULL",
    "created_at": "timestamptz NOT NULL",
    "changed_at": "timestamptz NOT NULL",
}
"""What a search narrows by, beside the words of either table, for it looks at many rows."""
# Of the subject (weighted A, so that it can be taken out again), the requester and the messages; and
# the ticket's age, in words with a space in them, which no text has.
SEARCH = Table("search", {**_STANDING, "words": "tsvector NOT NULL"}, key="ticket")
# Short rows, whose indexes are not touched when somebody writes a message.
SUBJECTS = Table(
    "subjects",
    {**_STANDING, "subject": "text NOT NULL", "title": "tsvector NOT NULL"},
    key="ticket",
)

_COLUMNS: LiteralString = ", ".join(list(_STANDING))
_NEW: dict[LiteralString, LiteralString] = {
    **{name: kind.split(" ", 1)[0] for name, kind in _STANDING.items()},
    "subject": "text",
    "text": "text",
}
_CHANGED: dict[LiteralString, LiteralString] = {
    "ticket": "uuid",
    "department": "uuid",
    "assigned": "boolean",
    "agent": "uuid",
    "status": "text",
    "gone": "text[]",
    "added": "text[]",
    "changed_at": "timestamptz",
    "urgency": "int2",
    "subject": "text",
    "text": "text",
}

_AGES: LiteralString = ", ".join([f"'age {age}/' || (number >> {age})" for age in AGES])
# Words are stemmed as English, which leaves other languages' words nearly as they are.
_INSERT: LiteralString = f"""
WITH new AS MATERIALIZED (
    SELECT c.*, to_tsvector('pg_catalog.english', subject) AS title,
        array_to_tsvector(ARRAY[{_AGES}]) AS age
    FROM {recordset(_NEW)}
), subjects AS (
    INSERT INTO {{views}}.subjects SELECT {_COLUMNS}, subject, title || age FROM new
)
INSERT INTO {{views}}.search
SELECT {_COLUMNS}, setweight(title, 'A') || to_tsvector('pg_catalog.english', text) || age FROM new
"""
_CHANGE: LiteralString = """
    department = coalesce(c.department, s.department),
    agent = CASE WHEN c.assigned THEN c.agent ELSE s.agent END,
    status = coalesce(c.status, s.status),
    urgency = coalesce(c.urgency, s.urgency),
    tags = CASE WHEN c.gone IS NULL AND c.added IS NULL THEN s.tags ELSE ARRAY(
        SELECT unnest(s.tags) EXCEPT SELECT unnest(c.gone) UNION SELECT unnest(c.added) ORDER BY 1
    ) END,
    changed_at = c.changed_at
"""
_WORDS: LiteralString = f"""
CASE WHEN c.text IS NULL OR pg_column_size(s.words) > {_FULL} THEN s.words
    ELSE s.words || to_tsvector('pg_catalog.english', c.text) END
"""
# What is indexed stays the very same value where nothing was written, so that no index is touched.
# Taking the old subject out of the words takes the age as well.
_UPDATE: LiteralString = f"""
WITH c AS MATERIALIZED (
    SELECT c.*, to_tsvector('pg_catalog.english', c.subject) AS title FROM {recordset(_CHANGED)}
), subjects AS (
    UPDATE {{views}}.subjects s SET {_CHANGE},
        subject = coalesce(c.subject, s.subject),
        title = coalesce(c.title || array_to_tsvector(ARRAY[{_AGES}]), s.title)
    FROM c WHERE s.ticket = c.ticket
)
UPDATE {{views}}.search s SET {_CHANGE},
    words = CASE WHEN c.title IS NULL THEN {_WORDS}
        ELSE setweight(c.title, 'A') || ts_filter({_WORDS}, '{{{{b,c,d}}}}')
            || array_to_tsvector(ARRAY[{_AGES}]) END
FROM c WHERE s.ticket = c.ticket
"""


class SearchView:
    """One row a ticket, made for looking at many of them quickly."""

    name = "search"
    version = 6
    takes = TICKET_FACTS
    # What changes often is in no index, so that its change touches none. Long words lie apart and
    # uncompressed: a search looks at many rows, at the words of few.
    tables: LiteralString = (
        SEARCH.ddl
        + SUBJECTS.ddl
        + """
    ALTER TABLE {views}.search SET (fillfactor = 85, toast_tuple_target = 256);
    ALTER TABLE {views}.search ALTER words SET STORAGE EXTERNAL;
    ALTER TABLE {views}.subjects SET (fillfactor = 85);
    """
    )
    indexes: LiteralString = """
    CREATE UNIQUE INDEX search_number ON {views}.search (number);
    CREATE INDEX search_words ON {views}.search USING gin (words) WITH (fastupdate = off);
    CREATE INDEX subjects_title ON {views}.subjects USING gin (title) WITH (fastupdate = off);
    CREATE INDEX subjects_subject ON {views}.subjects
        USING gin (subject {ext}.gin_trgm_ops) WITH (fastupdate = off);
    """

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        opened: dict[UUID, dict[str, Any]] = {}
        changes: dict[UUID, Change] = {}
        texts: defaultdict[UUID, list[str]] = defaultdict(list)
        for position, event in page:
            fact = event.fact
            key, at = event.originator_id, event.envelope.at
            if isinstance(fact, ticket.Opened):
                requester = fact.requester
                texts[key] = [requester.name, requester.email or ""]
                opened[key] = {
                    "ticket": key,
                    "number": position,
                    "department": fact.department,
                    "status": Status.NEW,
                    "urgency": URGENCY[fact.priority],
                    "tags": sorted(map(tag_key, fact.tags)),
                    "created_at": at,
                    "changed_at": at,
                    "subject": folded(clean(fact.subject)),
                }
                continue
            if isinstance(fact, ticket.MessageAdded):
                body = clean(fact.body)
                texts[key].append((unquoted(body) or body)[:_MESSAGE])
            change = changes.get(key)
            if change is None:
                change = changes[key] = Change.of(event)
            change.apply(event)
        for key, row in opened.items():
            row["text"] = _text(texts.pop(key))
            if change := changes.pop(key, None):
                _apply(row, change)
        changed = [_row(change, texts.get(key)) for key, change in changes.items()]
        for query, rows in ((_INSERT, list(opened.values())), (_UPDATE, changed)):
            if rows:
                parameter = msgspec.json.encode(rows).decode()
                await connection.execute(qualified(query, schema), (parameter,), prepare=True)


def _text(pieces: list[str]) -> str:
    return folded(clean("\n".join(pieces))[:_TEXT])


def _apply(row: dict[str, Any], change: Change) -> None:
    """Let what happened in the same page come into a new row."""
    row["changed_at"] = change.changed_at
    row["agent"] = change.agent
    row["status"] = change.status or row["status"]
    if change.urgency is not None:
        row["urgency"] = change.urgency
    if change.subject is not None:
        row["subject"] = folded(change.subject)
    row["department"] = change.department or row["department"]
    tags = set(row["tags"]).difference(map(tag_key, change.gone or ()))
    row["tags"] = sorted(tags.union(map(tag_key, change.added or ())))


def _row(change: Change, pieces: list[str] | None) -> dict[str, Any]:
    return {
        "ticket": change.id,
        "department": change.department,
        "assigned": change.assigned,
        "agent": change.agent,
        "status": change.status,
        "gone": change.gone and [*map(tag_key, change.gone)],
        "added": change.added and [*map(tag_key, change.added)],
        "changed_at": change.changed_at,
        "urgency": change.urgency,
        "subject": None if change.subject is None else folded(change.subject),
        "text": _text(pieces) if pieces else None,
    }
