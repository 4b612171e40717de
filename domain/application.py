"""The one way to carry out a command or a query: permit, decide, append, and begin again if stale.

Generic over all aggregates: a new command or tool never touches this file.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, NoReturn, Protocol
from uuid import UUID

from domain import call as calls
from domain.caller import Caller
from domain.decider import Command, Context, On, Ref, existing
from domain.fact import Fact
from domain.ledger import Append, BudgetLine, Ledger, NewGrant, NewPassword, Verdict
from domain.proposal import (
    Done,
    Proposal,
    ToolCall,
    append_of,
    contended,
    digest_of,
    over_budget,
    precondition_failed,
    repeat_of,
)
from domain.refusals import Code, Refused
from domain.states import States, Versioned
from domain.streams import TicketCodes, stream_of
from domain.thresholds import Thresholds
from domain.ticket.commands import TicketCommand
from domain.ticket.rules import TICKET

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


class Wish(NamedTuple):
    """A command, when it happened where that is not now (imports), and what no fact may hold."""

    command: Command
    happened_at: datetime | None = None
    password: NewPassword | None = None
    grant: NewGrant | None = None


class Settled(NamedTuple):
    """An answer whose record is durable; the views show it from `position` on."""

    answer: Any
    position: int
    budget: BudgetLine


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
        self._thresholds = Thresholds(ledger, now)

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
    ) -> NoReturn:
        """Record a call that was refused before anything else, and raise the refusal."""

        async def propose(_caller: Caller) -> Proposal:
            return Proposal(refusal, outcome=outcome or refusal.code.value, free=True)

        await self._settle(identity, call, propose)
        raise refusal

    async def act(
        self,
        identity: Identity,
        call: ToolCall,
        wishes: Sequence[Wish],
        key: str | None,
        answer: Answer,
        *,
        expected_version: int | None = None,
    ) -> Settled:
        """Carry out a call's commands, all for one stream; under a key it is done once.

        A stream that is not at the version that was expected is left as it is
        (`precondition_failed`). Raises the refusal, once its record is durable.
        """
        claim = calls.key_claim(identity.caller.agent, key) if key else None
        digest = digest_of(call) if claim else ""

        async def propose(caller: Caller) -> Proposal:
            for wish in wishes:
                caller.require(wish.command.permission)
            if claim and (first := (await self.states.get(claim)).state):
                repeated = repeat_of(first, digest)
                about_ticket = isinstance(wishes[0].command, TicketCommand)
                return repeated if about_ticket else repeated._replace(ticket=None)
            ref = await self._stream_of(wishes)
            proposal = await self._decide(caller, ref, wishes, answer, expected_version)
            if claim and proposal.outcome == calls.OK:
                claimed = calls.KeyClaimed(
                    call=call.id,
                    arguments_digest=digest,
                    ticket=ref.id,
                    answer=dict(proposal.answer.answer),
                )
                proposal = proposal._replace(
                    facts=[*proposal.facts, (claim.id, claimed, None)], claim=claim.id
                )
            if claim:
                # A refusal rests on the key being free, too: perhaps this is a retry, and what it
                # runs into is its own first attempt.
                proposal = proposal._replace(
                    refs={**proposal.refs, claim.id: claim},
                    versions={**proposal.versions, claim.id: 0},
                )
            if ref.decider is not TICKET or proposal.outcome == Code.NOT_FOUND.value:
                # Who cannot see a ticket must not learn from the record that there is one.
                return proposal
            return proposal._replace(ticket=ref.id)

        return await self._settle(identity, call, propose)

    async def execute(self, identity: Identity, *wishes: Wish, new: bool = False) -> Settled:
        """Carry out commands for one stream, all of them or none, outside any tool call.

        With `new` they are for a stream that has no facts yet, which costs no look at it; where
        it has some after all, nothing is done. Raises ValueError for commands of several streams.
        """

        async def propose(caller: Caller) -> Proposal:
            ref = await self._stream_of(wishes)
            if new:
                self.states.presume_new(ref)
                state, version = await self.states.get(ref)
                if version:
                    done = Done(ref.id, state, changed=False, answer={})
                    return Proposal(done, {ref.id: ref}, {ref.id: version})
            return await self._decide(caller, ref, wishes, lambda _done: {})

        return await self._settle(identity, None, propose)

    async def _stream_of(self, wishes: Sequence[Wish]) -> Ref[Any]:
        ref, *others = [await stream_of(wish.command, self._codes) for wish in wishes]
        if any(other.id != ref.id for other in others):
            raise ValueError("commands that are carried out together are for one stream")
        return ref

    async def _decide(
        self,
        caller: Caller,
        ref: Ref[Any],
        wishes: Sequence[Wish],
        answer: Answer,
        expected_version: int | None = None,
    ) -> Proposal:
        """Let the rules decide on states that may be old: their versions go with the proposal."""
        refs: dict[UUID, Ref[Any]] = {ref.id: ref}
        held: dict[UUID, Versioned] = {ref.id: await self.states.get(ref)}
        versions = {ref.id: held[ref.id].version}
        facts: list[tuple[UUID, Fact, datetime | None]] = []
        password: NewPassword | None = None
        grant: NewGrant | None = None

        async def load(others: Iterable[Ref[Any]]) -> None:
            for other in others:
                if other.id in held:
                    if refs[other.id].decider.kind != other.decider.kind:
                        existing(None, other.decider.kind)  # one id cannot be two things
                else:
                    refs[other.id] = other
                    held[other.id] = await self.states.get(other)
                    versions[other.id] = held[other.id].version

        def states() -> dict[UUID, Any]:
            return {key: versioned.state for key, versioned in held.items()}

        moved = expected_version not in {None, versions[ref.id]}
        try:
            for command, happened_at, new_password, new_grant in wishes:
                caller.require(command.permission)
                password, grant = new_password or password, new_grant or grant
                state = held[ref.id].state
                await load(ref.decider.needs(state, command))
                await load(ref.decider.then_needs(state, command, states()))
                context = Context(happened_at or self.now(), caller, states())
                for fact in list(ref.decider.decide(state, command, context)):
                    on, bare = (fact.ref, fact.fact) if isinstance(fact, On) else (ref, fact)
                    was, version = held[on.id]
                    held[on.id] = Versioned(on.decider.evolve(was, bare), version + 1)
                    facts.append((on.id, bare, happened_at))
            if moved:
                raise precondition_failed(versions[ref.id])
        except Refused as refused:
            # The version is told to those only from whom the rules do not hide the thing itself.
            hidden = refused.code in {Code.NOT_FOUND, Code.PERMISSION_DENIED}
            refusal = precondition_failed(versions[ref.id]) if moved and not hidden else refused
            return Proposal(refusal, refs, versions, outcome=refusal.code.value, free=True)
        done = Done(ref.id, held[ref.id].state, bool(facts), {}, version=held[ref.id].version)
        done = done._replace(answer=answer(done))
        return Proposal(done, refs, versions, facts, password=password, grant=grant)

    async def _settle(
        self,
        identity: Identity,
        call: ToolCall | None,
        propose: Callable[[Caller], Awaitable[Proposal]],
    ) -> Settled:
        """Propose and append until the append accepts; then answer, or raise the refusal.

        Refusals go through the append like answers: what they rest on may be out of date as well.
        """
        attempt = 0
        while True:
            attempt += 1
            caller = identity.caller
            try:
                if attempt > ATTEMPTS:
                    raise contended()
                proposal = await propose(caller)
            except Refused as refusal:
                proposal = Proposal(refusal, outcome=refusal.code.value, free=True)
            request = append_of(proposal, caller, call, self.now())
            appended = await self.ledger.append(request)
            match appended.verdict:
                case Verdict.STORED:
                    self._keep(proposal, request)
                    await self._thresholds.note(appended.budget)
                    if isinstance(proposal.answer, Refused):
                        raise proposal.answer.with_budget(appended.budget)
                    return Settled(proposal.answer, appended.position, appended.budget)
                case Verdict.OVER_BUDGET:
                    await self._thresholds.note(appended.budget)
                    raise over_budget(appended)
                case Verdict.STALE:
                    await identity.renew()
                case Verdict.EXPIRED:
                    raise Unauthorized
                case Verdict.CONFLICT | Verdict.REPEATED:
                    for ref in proposal.refs.values():
                        await self.states.refresh(ref)

    def _keep(self, proposal: Proposal, request: Append) -> None:
        """Fold what was just stored into the held states, so that nobody reads it back."""
        for event in request.events:
            ref = proposal.refs.get(event.originator_id)
            if ref is not None:
                self.states.advance(ref, event)
