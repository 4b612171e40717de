"""The view of activity: one row a fact of a ticket and one a tool call, with all that caused it."""

from collections.abc import Sequence
from typing import Any, LiteralString, cast

import msgspec
from psycopg.types.json import Jsonb

from domain.call import CallRecorded
from domain.fact import Recorded
from domain.ticket import facts as ticket
from projections.table import Table
from projections.text import clean
from projections.tickets import TICKET_FACTS
from projections.view import Connection

ACTIVITY = Table(
    "activity",
    {
        "position": "int8",
        "recorded_at": "timestamptz NOT NULL",
        "happened_at": "timestamptz",
        "agent": "uuid",
        "role": "text",
        "via": "text NOT NULL",
        "credential": "uuid",
        "client_name": "text",
        "client_version": "text",
        "client_id": "text",
        "call": "uuid",
        "ip": "text",
        "topic": "text NOT NULL",
        "ticket": "uuid",
        "tool": "text",
        "outcome": "text",
        "units": "int4",
        # As in the log, but for a message's text, which the view of messages has.
        "fact": "jsonb NOT NULL",
    },
    key="position",
)
# What clients say of themselves and tools they make up may be of any length.
_WORD = 200

_encode = msgspec.json.Encoder(order="deterministic").encode


class ActivityView:
    """What happened, in the order of the log: facts of tickets (without a tool), and calls."""

    name = "activity"
    version = 2
    tables: LiteralString = ACTIVITY.ddl
    indexes: LiteralString = """
    CREATE INDEX activity_ticket ON {views}.activity (ticket, position) WHERE tool IS NULL;
    CREATE INDEX activity_agent ON {views}.activity (agent, position) WHERE agent IS NOT NULL;
    CREATE INDEX activity_calls ON {views}.activity (position) WHERE tool IS NOT NULL;
    CREATE INDEX activity_call_time ON {views}.activity (recorded_at) WHERE tool IS NOT NULL;
    CREATE INDEX activity_call_ticket ON {views}.activity (ticket, position)
        WHERE tool IS NOT NULL AND ticket IS NOT NULL;
    CREATE INDEX activity_call_credential ON {views}.activity (credential, position)
        WHERE tool IS NOT NULL AND credential IS NOT NULL;
    CREATE INDEX activity_call_refused ON {views}.activity (outcome, position)
        WHERE tool IS NOT NULL AND outcome <> 'ok';
    """

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        rows: list[tuple[object, ...]] = []
        for position, event in page:
            fact = event.fact
            tool = outcome = units = None
            if isinstance(fact, CallRecorded):
                about = fact.ticket
                tool, outcome, units = clip(fact.tool), clip(fact.outcome), fact.units
            elif type(fact) in TICKET_FACTS:
                about = event.originator_id
            else:
                continue
            envelope = event.envelope
            by = envelope.by
            client = by.client
            rows.append(
                (
                    position,
                    envelope.recorded_at,
                    envelope.happened_at,
                    by.agent,
                    by.role,
                    by.via,
                    by.credential,
                    clip(client.name) if client else None,
                    clip(client.version) if client and client.version else None,
                    clip(client.id) if client and client.id else None,
                    envelope.call,
                    clip(by.ip) if by.ip else None,
                    fact.topic,
                    about,
                    tool,
                    outcome,
                    units,
                    Jsonb(fact, dumps=_dumps),
                )
            )
        await ACTIVITY.insert(connection, schema, rows)


def clip(word: str) -> str:
    """Return a foreign word as it may be stored and indexed."""
    return clean(word[:_WORD])


def _dumps(fact: Any) -> bytes:
    if isinstance(fact, ticket.MessageAdded):
        fact = msgspec.structs.replace(fact, body="")
    data = _encode(fact)
    # PostgreSQL's JSON knows no NUL; the log keeps it.
    if b"\\u0000" in data:
        data = _encode(_without_nul(msgspec.json.decode(data)))
    return data


def _without_nul(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", "")
        case list():
            return [_without_nul(item) for item in cast("list[Any]", value)]
        case dict():
            items = cast("dict[str, Any]", value).items()
            return {_without_nul(key): _without_nul(item) for key, item in items}
        case _:
            return value
