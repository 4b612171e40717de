"""The view of activity: one row a fact and one a tool call, with all that caused it."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import msgspec

from domain import agent, claim, session
from domain.access_tokens import tokens_of
from domain.call import CallRecorded, KeyClaimed
from domain.consent import consents_of
from domain.fact import Fact, Recorded
from domain.facts import FACTS
from domain.password import password_of
from projections.table import Table, jsonb
from projections.text import clean, each_text
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
        # Indexed words compare by their bytes, which costs least.
        "via": 'text COLLATE "C" NOT NULL',
        "credential": "uuid",
        "client_name": 'text COLLATE "C"',
        "client_version": "text",
        "client_id": 'text COLLATE "C"',
        "call": "uuid",
        "ip": "text",
        "topic": 'text COLLATE "C" NOT NULL',
        "ticket": "uuid",
        # Of facts that are not a ticket's; a call's is its id.
        "stream": "uuid",
        "tool": 'text COLLATE "C"',
        "outcome": 'text COLLATE "C"',
        "units": "int4",
        # As in the log, but for what is left out: digests of secrets, and a message's text, which
        # the view of messages has.
        "fact": "jsonb NOT NULL",
    },
    key="position",
)
# Whose they are: the streams of an agent's tokens, apps, password and sessions.
STREAMS = Table("agent_streams", {"stream": "uuid", "agent": "uuid NOT NULL"}, key="stream")
LEFT_OUT = {"digest": "", "browser": None, "body": ""}
"""The fields of facts that hold digests of secrets or a message's text, and what stands there."""
UNTOLD = frozenset((*claim.FACTS, KeyClaimed))
"""Facts that tell nobody anything: that a word is taken is told by the fact which took it."""
FREQUENT = frozenset(("ticket.opened", "ticket.message_added"))

_BLANKS = {
    fact: {name: blank for name, blank in LEFT_OUT.items() if name in fact.__struct_fields__}
    for fact in FACTS.values()
}
# What clients say of themselves and tools they make up may be of any length.
_WORD = 200

_encode = msgspec.json.Encoder().encode


class ActivityView:
    """What happened, in the order of the log: facts (without a tool), and calls.

    What reads it walks back along one of the indexes; each of them is for calls or for facts, so
    that the many of one kind are not in the way of the other's few. All calls, or all facts, are
    those by each way together. What an agent never did with a client or a tool, often as either is
    met, is seen in the agent's index itself, without a look at the rows. Of the topics in
    `FREQUENT` there are too many to need an index.
    """

    name = "activity"
    version = 5
    takes = frozenset(FACTS.values()) - UNTOLD
    # What nobody filters by needs no statistics, and those of JSON cost most of an ANALYZE.
    tables: LiteralString = (
        ACTIVITY.ddl
        + STREAMS.ddl
        + """
    ALTER TABLE {views}.activity
        ALTER fact SET STATISTICS 0, ALTER happened_at SET STATISTICS 0,
        ALTER role SET STATISTICS 0, ALTER client_version SET STATISTICS 0,
        ALTER ip SET STATISTICS 0, ALTER units SET STATISTICS 0;
    """
    )
    indexes: LiteralString = """
    CREATE INDEX activity_ticket ON {views}.activity (ticket, position) WHERE tool IS NULL;
    CREATE INDEX activity_topic ON {views}.activity (topic, position)
        WHERE tool IS NULL AND topic NOT IN ('ticket.opened', 'ticket.message_added');
    CREATE INDEX activity_via ON {views}.activity (via, position) WHERE tool IS NULL;
    CREATE INDEX activity_agent ON {views}.activity (agent, position, client_name, client_id)
        WHERE tool IS NULL AND agent IS NOT NULL;
    CREATE INDEX activity_credential ON {views}.activity (credential, position)
        WHERE tool IS NULL AND credential IS NOT NULL;
    CREATE INDEX activity_client ON {views}.activity (client_name, position)
        WHERE tool IS NULL AND client_name IS NOT NULL;
    CREATE INDEX activity_client_id ON {views}.activity (client_id, position)
        WHERE tool IS NULL AND client_id IS NOT NULL;
    CREATE INDEX activity_call ON {views}.activity (call, position)
        WHERE tool IS NULL AND call IS NOT NULL;
    CREATE INDEX activity_stream ON {views}.activity (stream, position) WHERE stream IS NOT NULL;
    CREATE INDEX activity_call_tool ON {views}.activity (tool, position) WHERE tool IS NOT NULL;
    CREATE INDEX activity_call_via ON {views}.activity (via, position) WHERE tool IS NOT NULL;
    CREATE INDEX activity_call_agent
        ON {views}.activity (agent, position, tool, client_name, client_id)
        WHERE tool IS NOT NULL AND agent IS NOT NULL;
    CREATE INDEX activity_call_ticket ON {views}.activity (ticket, position)
        WHERE tool IS NOT NULL AND ticket IS NOT NULL;
    CREATE INDEX activity_call_credential ON {views}.activity (credential, position)
        WHERE tool IS NOT NULL AND credential IS NOT NULL;
    CREATE INDEX activity_call_client ON {views}.activity (client_name, position)
        WHERE tool IS NOT NULL AND client_name IS NOT NULL;
    CREATE INDEX activity_call_client_id ON {views}.activity (client_id, position)
        WHERE tool IS NOT NULL AND client_id IS NOT NULL;
    CREATE INDEX activity_call_refused ON {views}.activity (outcome, position)
        WHERE tool IS NOT NULL AND outcome <> 'ok';
    CREATE INDEX agent_streams_agent ON {views}.agent_streams (agent);
    """

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        rows: list[tuple[object, ...]] = []
        streams: list[tuple[UUID, UUID]] = []
        for position, event in page:
            fact = event.fact
            about = stream = tool = outcome = units = None
            if isinstance(fact, CallRecorded):
                about = fact.ticket
                tool, outcome, units = clip(fact.tool), clip(fact.outcome), fact.units
            elif type(fact) in TICKET_FACTS:
                about = event.originator_id
            else:
                stream = event.originator_id
                streams += _streams(stream, fact)
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
                    stream,
                    tool,
                    outcome,
                    units,
                    _json(fact),
                )
            )
        await STREAMS.insert(connection, schema, streams)
        await ACTIVITY.insert(connection, schema, rows)


def _streams(stream: UUID, fact: Fact) -> tuple[tuple[UUID, UUID], ...]:
    """Return the streams that are an agent's from this fact on."""
    match fact:
        case agent.Added():
            refs = (tokens_of(stream), consents_of(stream), password_of(stream))
            return ((stream, stream), *((ref.id, stream) for ref in refs))
        case session.Opened(agent=holder):
            return ((stream, holder),)
        case _:
            return ()


def clip(word: str) -> str:
    """Return a foreign word as it may be stored and indexed."""
    # Nearly all words; to look costs less than to clean.
    if len(word) <= _WORD and word.isascii() and word.isprintable():
        return word
    return clean(word[:_WORD])


def _json(fact: Fact) -> bytes:
    if blanks := _BLANKS[type(fact)]:
        fact = msgspec.structs.replace(fact, **blanks)
    data = _encode(fact)
    # PostgreSQL's JSON knows no NUL; the log keeps it.
    if b"\\u0000" in data:
        data = _encode(each_text(msgspec.json.decode(data), _without_nul))
    return jsonb(data)


def _without_nul(text: str) -> str:
    return text.replace("\0", "")
