"""What one attempt at a call came to, and the append that would make it true."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain import call as calls
from domain.caller import Caller
from domain.decider import Ref
from domain.fact import Envelope, Event, Fact
from domain.ledger import Append, Appended, NewGrant, NewPassword
from domain.refusals import Code, Refused


class ToolCall(NamedTuple):
    """One dispatched call of a tool, with a fresh id, as it will be recorded.

    `units` are what it costs when it is accepted: nothing where it comes by REST or from a page.
    """

    id: UUID
    tool: str
    arguments: dict[str, Any]
    units: int = 1


class Done(NamedTuple):
    """What came of commands: the state and version afterwards, and whether anything changed."""

    id: UUID
    state: Any
    changed: bool
    answer: Mapping[str, Any]
    replayed: bool = False
    version: int = 0


class Proposal(NamedTuple):
    """What one attempt came to: an answer or a refusal, the facts, and what it rested on."""

    answer: Any
    refs: Mapping[UUID, Ref[Any]] = {}
    versions: Mapping[UUID, int] = {}
    facts: Sequence[tuple[UUID, Fact, datetime | None]] = ()
    outcome: str = calls.OK
    free: bool = False
    ticket: UUID | None = None
    original: UUID | None = None
    claim: UUID | None = None
    password: NewPassword | None = None
    grant: NewGrant | None = None


def append_of(proposal: Proposal, caller: Caller, call: ToolCall | None, now: datetime) -> Append:
    """Write down what the append must store, and what must still hold for it to do so."""
    envelope = Envelope(recorded_at=now, by=caller.by, call=call.id if call else None)
    versions = dict(proposal.versions)
    events: list[Event] = []
    for stream, fact, happened_at in proposal.facts:
        versions[stream] += 1
        there = (
            msgspec.structs.replace(envelope, happened_at=happened_at) if happened_at else envelope
        )
        events.append(Event(stream, versions[stream], fact, there))
    guards = [
        (stream, version + 1)
        for stream, version in proposal.versions.items()
        if versions[stream] == version
    ]
    instead: list[Event] = []
    units = call.units if call and not proposal.free else 0
    if call:
        record = calls.CallRecorded(
            tool=call.tool,
            arguments=call.arguments,
            outcome=proposal.outcome,
            units=units,
            ticket=proposal.ticket,
            original=proposal.original,
        )
        events.append(Event(call.id, 1, record, envelope))
        if units:
            unpaid = msgspec.structs.replace(record, outcome=Code.BUDGET_EXHAUSTED.value, units=0)
            instead.append(Event(call.id, 1, unpaid, envelope))
    return Append(
        events=events,
        instead=instead,
        guards=guards,
        units=units,
        authority=caller.authority,
        expires_at=caller.expires_at,
        claim=proposal.claim,
        password=proposal.password,
        grant=proposal.grant,
    )


def repeat_of(first: calls.KeyClaimed, digest: str) -> Proposal:
    """Answer as the first time; refuse where something else is asked under the same key."""
    if first.arguments_digest != digest:
        refusal = Refused(
            Code.IDEMPOTENCY_CONFLICT,
            "This idempotency_key was used before with other arguments. "
            "Use a new key for a new action; reuse a key only to retry the same one.",
        )
        # What the key was for need not be a ticket, and is not what this call is about.
        return Proposal(refusal, outcome=refusal.code.value, free=True)
    return Proposal(
        Done(first.ticket, None, changed=False, answer=first.answer, replayed=True),
        outcome=calls.REPLAYED,
        free=True,
        ticket=first.ticket,
        original=first.call,
    )


def digest_of(call: ToolCall) -> str:
    """Digest what was asked, whatever the order of its arguments, the key apart."""
    arguments = {k: v for k, v in call.arguments.items() if k != "idempotency_key"}
    text = msgspec.json.encode([call.tool, arguments], order="deterministic")
    return hashlib.sha256(text).hexdigest()


def precondition_failed(version: int) -> Refused:
    """Make the refusal for a wish that was made for another version."""
    return Refused(
        Code.PRECONDITION_FAILED,
        "It has changed since you looked. Look again, then decide whether you still want this.",
        {"version": version},
    )


def contended() -> Refused:
    """Make the refusal for those whom others got ahead of every time."""
    return Refused(
        Code.CONFLICT,
        "Others kept changing the same thing, so nothing was done. Try again in a moment.",
    )


def over_budget(appended: Appended) -> Refused:
    """Make the refusal for a call that the budget has no unit for."""
    line = appended.budget
    return Refused(
        Code.BUDGET_EXHAUSTED,
        f"The account's {line.limit} tool calls of this month are used up; new ones come at "
        f"{line.resets_at:%Y-%m-%d %H:%M} UTC. Stop calling tools, and tell the user.",
        {"limit": line.limit, "used": line.used, "resets_at": line.resets_at.isoformat()},
    ).with_budget(line)
