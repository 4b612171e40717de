"""What can happen to an agent's password, and what of it others' rules look at."""

from datetime import datetime
from typing import ClassVar, assert_never
from uuid import UUID, uuid5

from msgspec import Struct
from msgspec.structs import replace

from domain.decider import Command, Context, Decider, On, Ref
from domain.fact import Fact

_NAMESPACE = UUID("0e7a1f52-5f0c-5c7c-9d43-4a5be27b1f0d")


class PasswordSet(Fact, frozen=True):
    """The password is another; all sessions end, and so does any link to set it."""

    topic: ClassVar[str] = "password.set"
    turns_authority: ClassVar[bool] = True
    agent: UUID


class ResetIssued(Fact, frozen=True):
    """A link was made by which the password can be set once; `digest` is of its 256 random bits.

    `issuer` is the agent who made it, and still must be allowed to when it is used; none where it
    was made inside the house. `credential` is the access token or the session that it was made
    with: a link ends with it. Older links have a `token` in its place, or none for a session.
    """

    topic: ClassVar[str] = "password.reset_issued"
    digest: str
    expires_at: datetime
    issuer: UUID | None = None
    token: UUID | None = None
    credential: UUID | None = None


class ResetWithdrawn(Fact, frozen=True):
    """The link opens nothing any more: its agent left, or got another address."""

    topic: ClassVar[str] = "password.reset_withdrawn"


PasswordFact = PasswordSet | ResetIssued | ResetWithdrawn
FACTS: tuple[type[Fact], ...] = (PasswordSet, ResetIssued, ResetWithdrawn)


class Reset(Struct, frozen=True):
    digest: str
    expires_at: datetime
    issuer: UUID | None = None
    credential: UUID | None = None


class Password(Struct, frozen=True):
    """What rules know of an agent's password."""

    is_set: bool = False
    reset: Reset | None = None


def stream_of_password(agent: UUID) -> UUID:
    """Return the id of the stream of an agent's password."""
    return uuid5(_NAMESPACE, str(agent))


def evolve(password: Password | None, fact: PasswordFact) -> Password:
    match fact:
        case PasswordSet():
            return Password(is_set=True)
        case ResetIssued():
            credential = fact.credential or fact.token
            reset = Reset(fact.digest, fact.expires_at, fact.issuer, credential)
            return replace(password or Password(), reset=reset)
        case ResetWithdrawn():
            return replace(password or Password(), reset=None)
        case _:
            assert_never(fact)


def _decide(state: Password | None, command: Command, context: Context) -> tuple[Fact, ...]:
    raise NotImplementedError("these are for the facts that other aggregates' commands lead to")


def password_held_by(agent: UUID) -> Ref[Password]:
    """Return an agent's password for others' rules, whom the password's own rules build on."""
    return Ref(Decider("password", _decide, evolve), stream_of_password(agent))


def withdrawn(agent: UUID, context: Context) -> tuple[On, ...]:
    """Withdraw the link to set the agent's password, if there is one."""
    ref = password_held_by(agent)
    held = context.state(ref)
    return (On(ref, ResetWithdrawn()),) if held and held.reset else ()
