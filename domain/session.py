"""Sessions: a person signed in with a browser, until signing out, being sent away or its time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, assert_never
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.access_tokens import require_own_or_managed
from domain.agent.reach import counting
from domain.agent.rules import AGENT
from domain.decider import Command, Context, Decider, Ref, existing
from domain.fact import Fact
from domain.refusals import Code, Refused

Why = Literal["signed_out", "revoked", "replaced"]


class Opened(Fact, frozen=True):
    """Somebody signed in. `digest` is the SHA-256 of the cookie's 256 random bits, in hex.

    Sessions also end, without a fact of their own, when their agent's password, role or address
    changes and when the agent is deactivated.
    """

    topic: ClassVar[str] = "session.opened"
    agent: UUID
    digest: str
    expires_at: datetime


class Closed(Fact, frozen=True):
    topic: ClassVar[str] = "session.closed"
    turns_authority: ClassVar[bool] = True
    digest: str
    why: Why


SessionFact = Opened | Closed
FACTS: tuple[type[Fact], ...] = (Opened, Closed)


class OpenSession(Command, frozen=True):
    """Open a session for whoever proved to be the agent; for callers inside the house only."""

    permission: ClassVar[None] = None
    session: UUID
    agent: UUID
    digest: str
    expires_at: datetime


class CloseSession(Command, frozen=True):
    """Close a session: one's own, or an agent's whose account the caller manages."""

    permission: ClassVar[None] = None
    session: UUID
    why: Why = "revoked"


SessionCommand = OpenSession | CloseSession


class Session(Struct, frozen=True):
    """A session's state, as rules see it."""

    agent: UUID
    digest: str
    closed: bool = False


def needs(session: Session | None, command: SessionCommand) -> Iterable[Ref[Any]]:
    match command:
        case OpenSession(agent=agent):
            yield Ref(AGENT, agent)
        case CloseSession():
            if session:
                yield Ref(AGENT, session.agent)
        case _:
            assert_never(command)


def then_needs(
    session: Session | None, command: SessionCommand, states: Mapping[UUID, Any]
) -> Iterable[Ref[Any]]:
    if session and isinstance(command, CloseSession):
        yield from counting(states[session.agent].role)


def decide(session: Session | None, command: SessionCommand, context: Context) -> Iterable[Fact]:
    match command:
        case OpenSession():
            if session is not None:
                return  # the same id again
            context.caller.require_inside()
            agent = existing(context.state(Ref(AGENT, command.agent)), "agent")
            if not agent.active or not agent.seat:
                raise Refused(Code.AGENT_UNAVAILABLE, f"{agent.name} cannot sign in.")
            yield Opened(agent=command.agent, digest=command.digest, expires_at=command.expires_at)
        case CloseSession():
            current = existing(session, "session")
            agent = existing(context.state(Ref(AGENT, current.agent)), "agent")
            own = context.caller.agent == current.agent
            require_own_or_managed(own=own, role=agent.role, context=context)
            if not current.closed:
                yield Closed(digest=current.digest, why=command.why)
        case _:
            assert_never(command)


def evolve(session: Session | None, fact: SessionFact) -> Session:
    match fact:
        case Opened():
            return Session(fact.agent, fact.digest)
        case Closed():
            return replace(existing(session, "session"), closed=True)
        case _:
            assert_never(fact)


SESSION: Decider[Session] = Decider("session", decide, evolve, needs, then_needs)
