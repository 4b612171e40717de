"""Calls: one fact for each dispatched tool call, whatever came of it; and claims of keys."""

from typing import Any, ClassVar
from uuid import UUID, uuid5

from domain.decider import Command, Context, Decider, Ref
from domain.fact import Fact

OK = "ok"
REPLAYED = "replayed"
UNKNOWN_TOOL = "unknown_tool"
FAILED = "internal_error"

_KEYS = UUID("3f1c0c56-3e0b-5d1b-b8a8-4a6f2ddc3b52")


class CallRecorded(Fact, frozen=True):
    """One call of a tool: `outcome` is ok, replayed or the code of its refusal.

    `units` were charged to the budget; `ticket` is known once the call found one;
    `original` is the call whose answer a replay repeated.
    """

    topic: ClassVar[str] = "call.recorded"
    tool: str
    arguments: dict[str, Any]
    outcome: str
    units: int = 0
    ticket: UUID | None = None
    original: UUID | None = None


class KeyClaimed(Fact, frozen=True):
    """An accepted action took an idempotency key: what was asked (a digest) and answered."""

    topic: ClassVar[str] = "idempotency.claimed"
    call: UUID
    arguments_digest: str
    ticket: UUID
    answer: dict[str, Any]


FACTS: tuple[type[Fact], ...] = (CallRecorded, KeyClaimed)


def _decide(state: Any, command: Command, context: Context) -> tuple[Fact, ...]:
    raise NotImplementedError("the application records calls and claims keys")


def _evolve(_state: KeyClaimed | None, fact: KeyClaimed) -> KeyClaimed:
    return fact


_KEY: Decider[KeyClaimed] = Decider("idempotency", _decide, _evolve)


def key_claim(agent: UUID | None, key: str) -> Ref[KeyClaimed]:
    """Return the stream of one agent's idempotency key."""
    return Ref(_KEY, uuid5(_KEYS, f"{agent}:{key}"))
