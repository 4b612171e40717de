"""The one way to carry out a command or a query: permit, decide, append, and begin again if stale.

Generic over all aggregates: a new command or tool never touches this file.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

import msgspec

from domain import call as calls
from domain.caller import Caller
from domain.decider import Command, Context, On, Ref
from domain.fact import Envelope, Event, Fact
from domain.ledger import Append, Appended, BudgetLine, Ledger, Verdict
from domain.refusals import Code, Refused
from domain.states import States, Versioned
from domain.streams import TicketCodes, stream_of

# Sixteen callers may race for one ticket, and each round one of them wins.
ATTEMPTS = 64


class Unauthorized(Exception):  # noqa: N818 - the field's word for 401
    """The credential is unknown, revoked or past its time."""


class Identity(Protocol):
    """A credential that can be asked again for whom, and with which rights, it stands."""

    @property
    def caller(self) -> Caller: ...

    async def renew(self) -> None:
        """Read the caller anew; raise `Unauthorized` when the credential is dead."""
        ...


class Insider(NamedTuple):
    """The identity of callers inside the house, whose rights never change."""

    caller: Caller

    async def renew(self) -> None:
        return


class ToolCall(NamedTuple):
    """One dispatched call of a tool, with a fresh id, as it will be recorded."""

    id: UUID
    tool: str
    arguments: dict[str, Any]


class Wish(NamedTuple):
    """A command, and when it happened where that is not now (imports)."""

    command: Command
    happened_at: datetime | None = None


class Done(NamedTuple):
    """What came of a command: the state afterwards, and whether anything changed."""

    id: UUID
    state: Any
    version: int
    changed: bool
    answer: Mapping[str, Any]
    replayed: bool = False


T = TypeVar("T")


class Settled(NamedTuple):
    """An answer whose record is durable; the views show it from `position` on."""

    answer: Any
    position: int
    budget: BudgetLine


class Proposal(NamedTuple):
    """What one attempt came to: an answer or a refusal, the facts, and what it rested on."""

    answer: Any
    refs: Mapping[UUID, Ref[Any]] = {}
    versions: Mapping[UUID, int] = {}
    facts: Sequence[tuple[UUID, Fact, datetime | None]] = ()
    outcome: str = calls.OK
    units: int = 1
    ticket: UUID | None = None
    original: UUID | None = None
    claim: UUID | None = None


Answer = Callable[[Done], Mapping[str, Any]]


class Helpdesk:
    """The application of one account. Time and ids are passed in."""

    def __init__(
        self,
        ledger: Ledger,
        codes: TicketCodes,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self.ledger = ledger
        self.now = now
        self.new_id = new_id
        self.states = States(ledger)
        self._codes = codes

    async def read(
        self,
        identity: Identity,
        call: ToolCall,
        query: Callable[[Caller], Awaitable[tuple[Any, UUID | None]]],
    ) -> Settled:
        """Answer a query that returns (answer, ticket), once its call is recorded and paid for."""

        async def propose(caller: Caller) -> Proposal:
            answer, ticket = await query(caller)
            return Proposal(answer, ticket=ticket)

        return await self._settle(identity, call, propose)

    async def refuse(
        self, identity: Identity, call: ToolCall, refusal: Refused, outcome: str | None = None
    ) -> Settled:
        """Record a call that was refused before anything else, and raise the refusal."""

        async def propose(_caller: Caller) -> Proposal:
            return Proposal(refusal, outcome=outcome or refusal.code.value, units=0)

        return await self._settle(identity, call, propose)

    async def act(
        self, identity: Identity, call: ToolCall, command: Command, key: str | None, answer: Answer
    ) -> Settled:
        """Carry out a tool's command; under a key it is done once and answered alike."""
        claim = calls.key_claim(identity.caller.agent, key) if key else None
        digest = _digest(call) if claim else ""

        async def propose(caller: Caller) -> Proposal:
            caller.require(command.permission)
            if claim and (first := (await self.states.get(claim)).state):
                return _repeat(first, digest)
            ref = await stream_of(command, self._codes)
            proposal = await self._decide(caller, ref, [Wish(command)], answer)
            if claim and proposal.outcome == calls.OK:
                claimed = calls.KeyClaimed(
                    call=call.id,
                    arguments_digest=digest,
                    ticket=ref.id,
                    answer=dict(proposal.answer.answer),
                )
                proposal = proposal._replace(
                    refs={**proposal.refs, claim.id: claim},
                    versions={**proposal.versions, claim.id: 0},
                    facts=[*proposal.facts, (claim.id, claimed, None)],
                    claim=claim.id,
                )
            return proposal._replace(ticket=ref.id)

        return await self._settle(identity, call, propose)

    async def execute(self, identity: Identity, *wishes: Wish) -> Settled:
        """Carry out commands for one stream, all of them or none, outside any tool call."""

        async def propose(caller: Caller) -> Proposal:
            ref = await stream_of(wishes[0].command, self._codes)
            return await self._decide(caller, ref, wishes, lambda _done: {}, fresh=True)

        return await self._settle(identity, None, propose)

    async def _decide(
        self,
        caller: Caller,
        ref: Ref[Any],
        wishes: Sequence[Wish],
        answer: Answer,
        *,
        fresh: bool = False,
    ) -> Proposal:
        """Let the rules decide on states that may be old: their versions go with the proposal."""
        look = self.states.refresh if fresh else self.states.get
        refs: dict[UUID, Ref[Any]] = {ref.id: ref}
        held: dict[UUID, Versioned] = {ref.id: await look(ref)}
        versions = {ref.id: held[ref.id].version}
        facts: list[tuple[UUID, Fact, datetime | None]] = []
        try:
            for command, happened_at in wishes:
                caller.require(command.permission)
                for other in ref.decider.needs(held[ref.id].state, command):
                    if other.id not in held:
                        refs[other.id] = other
                        held[other.id] = await look(other)
                        versions[other.id] = held[other.id].version
                context = Context(
                    happened_at or self.now(),
                    caller,
                    {key: versioned.state for key, versioned in held.items()},
                )
                for fact in list(ref.decider.decide(held[ref.id].state, command, context)):
                    on, bare = (fact.ref, fact.fact) if isinstance(fact, On) else (ref, fact)
                    state, version = held[on.id]
                    held[on.id] = Versioned(on.decider.evolve(state, bare), version + 1)
                    facts.append((on.id, bare, happened_at))
        except Refused as refusal:
            return Proposal(refusal, refs, versions, outcome=refusal.code.value, units=0)
        state, version = held[ref.id]
        done = Done(ref.id, state, version, bool(facts), {})
        return Proposal(done._replace(answer=answer(done)), refs, versions, facts)

    async def _settle(
        self,
        identity: Identity,
        call: ToolCall | None,
        propose: Callable[[Caller], Awaitable[Proposal]],
    ) -> Settled:
        """Propose and append until the append accepts; then answer, or raise the refusal."""
        for _ in range(ATTEMPTS):
            caller = identity.caller
            try:
                proposal = await propose(caller)
            except Refused as refusal:
                proposal = Proposal(refusal, outcome=refusal.code.value, units=0)
            if call is None and isinstance(proposal.answer, Refused):
                raise proposal.answer
            request = self._request(caller, call, proposal)
            appended = await self.ledger.append(request)
            match appended.verdict:
                case Verdict.STORED:
                    self._keep(proposal, request)
                    if isinstance(proposal.answer, Refused):
                        raise proposal.answer
                    return Settled(proposal.answer, appended.position, appended.budget)
                case Verdict.OVER_BUDGET:
                    raise _over(appended)
                case Verdict.STALE:
                    await identity.renew()
                case Verdict.EXPIRED:
                    raise Unauthorized
                case Verdict.CONFLICT | Verdict.REPEATED:
                    for ref in proposal.refs.values():
                        await self.states.refresh(ref)
        raise Refused(
            Code.CONFLICT,
            "Others kept changing the same thing, so nothing was done. Try again in a moment.",
        )

    def _request(self, caller: Caller, call: ToolCall | None, proposal: Proposal) -> Append:
        now = self.now()
        envelope = Envelope(recorded_at=now, by=caller.by, call=call.id if call else None)
        versions = dict(proposal.versions)
        events: list[Event] = []
        for stream, fact, happened_at in proposal.facts:
            versions[stream] += 1
            there = (
                msgspec.structs.replace(envelope, happened_at=happened_at)
                if happened_at
                else envelope
            )
            events.append(Event(stream, versions[stream], fact, there))
        guards = [
            (stream, version + 1)
            for stream, version in proposal.versions.items()
            if versions[stream] == version
        ]
        instead: list[Event] = []
        if call:
            record = calls.CallRecorded(
                tool=call.tool,
                arguments=call.arguments,
                outcome=proposal.outcome,
                units=proposal.units,
                ticket=proposal.ticket,
                original=proposal.original,
            )
            events.append(Event(call.id, 1, record, envelope))
            if proposal.units:
                unpaid = msgspec.structs.replace(
                    record, outcome=Code.BUDGET_EXHAUSTED.value, units=0
                )
                instead.append(Event(call.id, 1, unpaid, envelope))
        return Append(
            events=events,
            instead=instead,
            guards=guards,
            units=proposal.units if call else 0,
            authority=caller.authority,
            expires_at=caller.expires_at,
            claim=proposal.claim,
        )

    def _keep(self, proposal: Proposal, request: Append) -> None:
        """Fold what was just stored into the held states, so that nobody reads it back."""
        for event in request.events:
            ref = proposal.refs.get(event.originator_id)
            if ref is not None:
                self.states.advance(ref, event)


def _repeat(first: calls.KeyClaimed, digest: str) -> Proposal:
    if first.arguments_digest != digest:
        refusal = Refused(
            Code.IDEMPOTENCY_CONFLICT,
            "This idempotency_key was used before with other arguments. "
            "Use a new key for a new action; reuse a key only to retry the same one.",
        )
        return Proposal(refusal, outcome=refusal.code.value, units=0, ticket=first.ticket)
    return Proposal(
        Done(first.ticket, None, 0, changed=False, answer=first.answer, replayed=True),
        outcome=calls.REPLAYED,
        units=0,
        ticket=first.ticket,
        original=first.call,
    )


def _digest(call: ToolCall) -> str:
    """Digest what was asked, whatever the order of its arguments, the key apart."""
    arguments = {k: v for k, v in call.arguments.items() if k != "idempotency_key"}
    text = msgspec.json.encode([call.tool, arguments], order="deterministic")
    return hashlib.sha256(text).hexdigest()


def _over(appended: Appended) -> Refused:
    line = appended.budget
    return Refused(
        Code.BUDGET_EXHAUSTED,
        f"The account's {line.limit} tool calls of this month are used up; new ones come at "
        f"{line.resets_at:%Y-%m-%d %H:%M} UTC. Stop calling tools, and tell the user.",
        {"limit": line.limit, "used": line.used, "resets_at": line.resets_at.isoformat()},
    )
