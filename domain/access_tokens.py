"""Access tokens of one agent: generated, shown once, at most ten active, dead after two years."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, ClassVar, assert_never
from uuid import UUID, uuid5

from msgspec import Meta, Struct
from msgspec.structs import replace

from domain.agent import AGENT
from domain.decider import Command, Context, Decider, Ref, existing
from domain.fact import Fact
from domain.permissions import Permission
from domain.refusals import Code, Refused

MAX_ACTIVE = 10
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


class Revoked(Fact, frozen=True):
    topic: ClassVar[str] = "access_tokens.revoked"
    turns_authority: ClassVar[bool] = True
    token: UUID
    digest: str


AccessTokensFact = Generated | Revoked
FACTS: tuple[type[Fact], ...] = (Generated, Revoked)


class GenerateToken(Command, frozen=True):
    """Generate a token for an agent; digest and mask are of a secret that only the caller has."""

    permission: ClassVar[Permission] = Permission.TOKENS_OWN
    agent: UUID
    token: UUID
    digest: str
    mask: str
    label: Annotated[str, Meta(max_length=100)] = ""


class RevokeToken(Command, frozen=True):
    permission: ClassVar[Permission] = Permission.TOKENS_OWN
    agent: UUID
    token: UUID


AccessTokensCommand = GenerateToken | RevokeToken


class Token(Struct, frozen=True):
    digest: str
    expires_at: datetime


class AccessTokens(Struct, frozen=True):
    """The tokens not revoked, by id; those past their time stay until then."""

    tokens: dict[UUID, Token]


def tokens_of(agent: UUID) -> Ref[AccessTokens]:
    """Return the one stream that holds all tokens of an agent."""
    return Ref(ACCESS_TOKENS, uuid5(_NAMESPACE, str(agent)))


def two_years_after(moment: datetime) -> datetime:
    """Return the same instant two calendar years on; 29 February becomes 28 February."""
    try:
        return moment.replace(year=moment.year + 2)
    except ValueError:
        return moment.replace(year=moment.year + 2, day=28)


def needs(_tokens: AccessTokens | None, command: AccessTokensCommand) -> Iterable[Ref[Any]]:
    yield Ref(AGENT, command.agent)


def decide(
    tokens: AccessTokens | None, command: AccessTokensCommand, context: Context
) -> Iterable[Fact]:
    agent = existing(context.state(Ref(AGENT, command.agent)), "agent")
    own = context.caller.agent == command.agent
    if not own:
        context.caller.require(Permission.TOKENS_ANY)
    held = tokens.tokens if tokens else {}
    match command:
        case GenerateToken():
            if command.token in held:
                return  # the same id again
            if not own and context.caller.agent:
                # Whoever held it could act in another's name, and the history would not tell.
                raise Refused(
                    Code.PERMISSION_DENIED,
                    f"Only {agent.name} can generate an access token of {agent.name}.",
                )
            if not agent.active:
                raise Refused(Code.AGENT_UNAVAILABLE, f"{agent.name} is no longer active.")
            if not agent.seat:
                raise Refused(
                    Code.AGENT_UNAVAILABLE,
                    f"{agent.name} was imported and has no seat, so no access tokens.",
                )
            if sum(token.expires_at > context.now for token in held.values()) >= MAX_ACTIVE:
                raise Refused(
                    Code.LIMIT_REACHED,
                    f"{agent.name} has {MAX_ACTIVE} active access tokens already. Revoke one first.",
                    {"limit": MAX_ACTIVE},
                )
            yield Generated(
                token=command.token,
                agent=command.agent,
                digest=command.digest,
                mask=command.mask,
                expires_at=two_years_after(context.now),
                label=command.label.strip(),
            )
        case RevokeToken():
            if command.token in held:
                yield Revoked(token=command.token, digest=held[command.token].digest)
        case _:
            assert_never(command)


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


ACCESS_TOKENS: Decider[AccessTokens] = Decider("access_tokens", decide, evolve, needs)
