"""What can happen to an agent's access tokens, and what of it is still held."""

from datetime import datetime
from typing import ClassVar, assert_never
from uuid import UUID, uuid5

from msgspec import Struct
from msgspec.structs import replace

from domain.decider import Command, Context, Decider, Ref
from domain.fact import Fact
from domain.permissions import TOOL_SCOPES, Scope

_NAMESPACE = UUID("c6c6fd0a-52a3-5c0b-93f2-47a4c3d8e1a9")


class Generated(Fact, frozen=True):
    """A token was made. `digest` is the SHA-256 of its 256 random bits' text, in hex."""

    topic: ClassVar[str] = "access_tokens.generated"
    token: UUID
    agent: UUID
    digest: str
    mask: str
    expires_at: datetime
    label: str = ""
    scopes: tuple[Scope, ...] = tuple(sorted(TOOL_SCOPES))


class Revoked(Fact, frozen=True):
    topic: ClassVar[str] = "access_tokens.revoked"
    turns_authority: ClassVar[bool] = True
    token: UUID
    digest: str


AccessTokensFact = Generated | Revoked
FACTS: tuple[type[Fact], ...] = (Generated, Revoked)


class Token(Struct, frozen=True):
    digest: str
    expires_at: datetime


class AccessTokens(Struct, frozen=True):
    """The tokens not revoked, by id; those past their time stay until then."""

    tokens: dict[UUID, Token]


def stream_of_tokens(agent: UUID) -> UUID:
    """Return the id of the one stream that holds all tokens of an agent."""
    return uuid5(_NAMESPACE, str(agent))


def evolve(tokens: AccessTokens | None, fact: AccessTokensFact) -> AccessTokens:
    current = tokens or AccessTokens({})
    match fact:
        case Generated():
            token = Token(fact.digest, fact.expires_at)
            return replace(current, tokens={**current.tokens, fact.token: token})
        case Revoked():
            left = {key: token for key, token in current.tokens.items() if key != fact.token}
            return replace(current, tokens=left)
        case _:
            assert_never(fact)


def _decide(state: AccessTokens | None, command: Command, context: Context) -> tuple[Fact, ...]:
    raise NotImplementedError("these are for the facts that other aggregates' commands lead to")


def held_by(agent: UUID) -> Ref[AccessTokens]:
    """Return an agent's tokens for others' rules, whom the tokens' own rules build on."""
    return Ref(Decider("access_tokens", _decide, evolve), stream_of_tokens(agent))
