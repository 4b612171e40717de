"""Between facts and stored bytes: a literal topic, and JSON that an auditor can read."""

from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from eventsourcing.persistence import Mapper, StoredEvent

from domain.fact import Envelope, Event, Fact
from domain.facts import FACTS

F = TypeVar("F", bound=Fact)


class Stored(msgspec.Struct, Generic[F], frozen=True, gc=False):
    """The JSON of an event's `state` column."""

    fact: F
    envelope: Envelope


class Row(NamedTuple):
    """An event as the table holds it."""

    stream: UUID
    version: int
    topic: str
    state: bytes


_encode = msgspec.json.Encoder().encode
_decoders: dict[str, msgspec.json.Decoder[Stored[Any]]] = {
    topic: msgspec.json.Decoder(Stored[fact]) for topic, fact in FACTS.items()
}


def to_row(event: Event) -> Row:
    """Encode an event for the table."""
    state = _encode(Stored(event.fact, event.envelope))
    return Row(event.originator_id, event.originator_version, event.fact.topic, state)


def to_event(stream: UUID, version: int, topic: str, state: bytes | memoryview) -> Event:
    """Decode an event from the table; raise KeyError for a topic newer than this code."""
    stored = _decoders[topic].decode(state)
    return Event(stream, version, stored.fact, stored.envelope)


class FactMapper(Mapper[UUID]):
    """The same shapes for the library's own tools; its compressor and cipher stay unused."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        return StoredEvent(*to_row(domain_event))

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        return to_event(
            UUID(str(stored_event.originator_id)),
            stored_event.originator_version,
            stored_event.topic,
            stored_event.state,
        )
