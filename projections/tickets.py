"""The view of tickets: one row a ticket, as it stands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString, Self
from uuid import UUID

import msgspec

from domain.fact import Event, Recorded
from domain.ticket import facts as ticket
from domain.ticket.words import Priority, Status
from projections.table import Table, recordset
from projections.text import clean, named
from projections.view import Connection, qualified

TICKET_FACTS = frozenset(ticket.FACTS)
URGENCY: dict[Priority, int] = {priority: rank for rank, priority in enumerate(Priority)}
PRIORITIES: dict[int, Priority] = dict(enumerate(Priority))

TICKETS = Table(
    "tickets",
    {
        "id": "uuid",
        "code": "text NOT NULL",
        "subject": "text NOT NULL",
        "status": "text NOT NULL",
        "urgency": "int2 NOT NULL",
        "channel": "text NOT NULL",
        "department": "uuid NOT NULL",
        "agent": "uuid",
        "requester": "uuid NOT NULL",
        "requester_name": "text NOT NULL",
        "requester_email": "text",
        "tags": "text[] NOT NULL",
        "created_at": "timestamptz NOT NULL",
        "changed_at": "timestamptz NOT NULL",
        "resolved_at": "timestamptz",
        "last_message_at": "timestamptz",
        "messages": "int4 NOT NULL",
        # Of its stream, with the last fact: what a change may be made to depend on.
        "version": "int4 NOT NULL",
    },
    key="id",
)

_CHANGES: dict[LiteralString, LiteralString] = {
    "id": "uuid",
    "changed_at": "timestamptz",
    "version": "int4",
    "subject": "text",
    "urgency": "int2",
    "status": "text",
    "resolved_at": "timestamptz",
    "department": "uuid",
    "assigned": "boolean",
    "agent": "uuid",
    "gone": "text[]",
    "added": "text[]",
    "messages": "int4",
    "last_message_at": "timestamptz",
}

_UPDATE: LiteralString = f"""
UPDATE {{views}}.tickets t SET
    changed_at = c.changed_at,
    version = c.version,
    subject = coalesce(c.subject, t.subject),
    urgency = coalesce(c.urgency, t.urgency),
    status = coalesce(c.status, t.status),
    resolved_at = CASE WHEN c.status IS NULL THEN t.resolved_at ELSE c.resolved_at END,
    department = coalesce(c.department, t.department),
    agent = CASE WHEN c.assigned THEN c.agent ELSE t.agent END,
    tags = CASE WHEN c.gone IS NULL AND c.added IS NULL THEN t.tags ELSE ARRAY(
        SELECT tag FROM unnest(t.tags) WITH ORDINALITY AS had (tag, place)
        WHERE tag <> ALL (coalesce(c.gone, '{{{{}}}}')) ORDER BY place
    ) || coalesce(c.added, '{{{{}}}}') END,
    messages = t.messages + coalesce(c.messages, 0),
    last_message_at = coalesce(c.last_message_at, t.last_message_at)
FROM {recordset(_CHANGES)}
WHERE t.id = c.id
"""


class Change(msgspec.Struct, omit_defaults=True):
    """What a page does to one ticket; what is left out stays as it was."""

    id: UUID
    changed_at: datetime
    version: int
    subject: str | None = None
    urgency: int | None = None
    status: Status | None = None
    resolved_at: datetime | None = None
    department: UUID | None = None
    assigned: bool = False
    agent: UUID | None = None
    gone: list[str] | None = None
    added: list[str] | None = None
    messages: int = 0
    last_message_at: datetime | None = None

    @classmethod
    def of(cls, event: Event) -> Self:
        """Begin with a fact, before it is taken in."""
        return cls(event.originator_id, event.envelope.at, event.originator_version)

    def apply(self, event: Event) -> None:
        """Take in one more fact of the ticket."""
        at = self.changed_at = event.envelope.at
        self.version = event.originator_version
        match event.fact:
            case ticket.MessageAdded(status=status):
                self.messages += 1
                self.last_message_at = at
                if status:
                    self._turn(status)
            case ticket.SubjectChanged(subject=subject):
                self.subject = clean(subject)
            case ticket.PrioritySet(priority=priority):
                self.urgency = URGENCY[priority]
            case ticket.TagsAdded(tags=tags):
                self.added = [*(self.added or ()), *map(clean, tags)]
            case ticket.TagsRemoved(tags=tags):
                self._remove([clean(tag) for tag in tags])
            case ticket.Resolved():
                self._turn(Status.RESOLVED)
                self.resolved_at = at
            case ticket.Reopened():
                self._turn(Status.OPEN)
            case ticket.Postponed():
                self._turn(Status.POSTPONED)
            case ticket.Assigned(agent=agent):
                self.assigned, self.agent = True, agent
            case ticket.Unassigned():
                self.assigned, self.agent = True, None
            case ticket.Transferred(department=department):
                self.department = department
            case fact:
                raise TypeError(f"{type(fact).__name__} is no change of a ticket")

    def _turn(self, status: Status) -> None:
        self.status = status
        self.resolved_at = None

    def _remove(self, tags: list[str]) -> None:
        """Forget tags added in this page; the others are for the row to lose."""
        self.gone = [*(self.gone or ()), *tags]
        self.added = [tag for tag in self.added or () if tag not in tags]


class TicketsView:
    """One row a ticket."""

    name = "tickets"
    version = 5
    takes = TICKET_FACTS
    tables: LiteralString = TICKETS.ddl
    # Every order in which tickets are listed, and the ways in which a listing is narrowed.
    indexes: LiteralString = """
    CREATE INDEX tickets_code ON {views}.tickets (code);
    CREATE INDEX tickets_changed ON {views}.tickets (changed_at, id);
    CREATE INDEX tickets_created ON {views}.tickets (created_at, id);
    CREATE INDEX tickets_urgency ON {views}.tickets (urgency, changed_at, id);
    CREATE INDEX tickets_status ON {views}.tickets (status, changed_at, id);
    CREATE INDEX tickets_department ON {views}.tickets (department, changed_at, id);
    CREATE INDEX tickets_agent ON {views}.tickets (agent, changed_at, id) WHERE agent IS NOT NULL;
    CREATE INDEX tickets_unassigned ON {views}.tickets (changed_at, id) WHERE agent IS NULL;
    """

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        opened: dict[UUID, tuple[ticket.Opened, datetime]] = {}
        changes: dict[UUID, Change] = {}
        for _, event in page:
            fact = event.fact
            key = event.originator_id
            change = changes.get(key)
            if change is None:
                change = changes[key] = Change.of(event)
            if isinstance(fact, ticket.Opened):
                opened[key] = fact, event.envelope.at
            else:
                change.apply(event)
        rows = [_row(fact, at, changes.pop(key)) for key, (fact, at) in opened.items()]
        await TICKETS.insert(connection, schema, rows)
        if changes:
            await connection.execute(
                qualified(_UPDATE, schema),
                (msgspec.json.encode(list(changes.values())).decode(),),
                prepare=True,
            )


def _row(fact: ticket.Opened, at: datetime, change: Change) -> tuple[Any, ...]:
    """Return the row of a ticket opened in this page, with what happened to it since."""
    tags = [*map(clean, fact.tags)]
    if change.gone:
        tags = [tag for tag in tags if tag not in change.gone]
    return (
        change.id,
        clean(fact.code),
        clean(fact.subject) if change.subject is None else change.subject,
        (change.status or Status.NEW).value,
        URGENCY[fact.priority] if change.urgency is None else change.urgency,
        fact.channel.value,
        change.department or fact.department,
        change.agent,
        fact.requester.id,
        named(fact.requester.name),
        named(fact.requester.email) if fact.requester.email else None,
        [*tags, *(change.added or ())],
        at,
        change.changed_at,
        change.resolved_at,
        change.last_message_at,
        change.messages,
        change.version,
    )
