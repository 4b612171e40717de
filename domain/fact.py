"""What happened: the grammar of facts, who caused them, and where they stand in the log."""

from datetime import datetime
from typing import ClassVar, Literal, NamedTuple
from uuid import UUID

import msgspec


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that happened to one aggregate, in the past tense and for ever.

    `topic` is the stored name: a literal that never changes, whatever becomes of the class.
    A fact that changes what somebody may do sets `turns_authority`: its append raises the
    account's authority number, and everything decided under an older one is decided again.
    """

    topic: ClassVar[str]
    turns_authority: ClassVar[bool] = False


Via = Literal["token", "app", "panel", "rest", "cli", "import", "system"]


class Client(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The program that spoke: as it named itself, so never a proof of anything."""

    name: str
    version: str | None = None
    id: str | None = None


class Attribution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Who did it, in which role then, through what: the part of a caller that is recorded."""

    via: Via
    agent: UUID | None = None
    role: str | None = None
    credential: UUID | None = None
    client: Client | None = None
    ip: str | None = None


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What every fact carries besides itself.

    `recorded_at` is our clock; `happened_at` is set only where the world's time differs (imports).
    """

    recorded_at: datetime
    by: Attribution
    happened_at: datetime | None = None
    call: UUID | None = None

    @property
    def at(self) -> datetime:
        """When it happened, as people understand it."""
        return self.happened_at or self.recorded_at


class Event(msgspec.Struct, frozen=True, gc=False):
    """A fact in its place. The first two names are those of the eventsourcing library."""

    originator_id: UUID
    originator_version: int
    fact: Fact
    envelope: Envelope


class Recorded(NamedTuple):
    """An event with its place in the account's log; positions rise in commit order, with gaps."""

    position: int
    event: Event
