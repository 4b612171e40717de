"""The rules of access tokens: who may make and revoke them, how many, and for how long."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, assert_never
from uuid import UUID

from msgspec import Meta

from domain.agent.reach import counting, require_reach
from domain.agent.rules import AGENT
from domain.decider import Command, Context, Decider, Ref, existing
from domain.fact import Fact
from domain.held_tokens import (
    FACTS,
    AccessTokens,
    Generated,
    Revoked,
    Token,
    evolve,
    stream_of_tokens,
)
from domain.permissions import TOOL_SCOPES, Permission, Scope
from domain.refusals import Code, Refused
from domain.role import RoleRef

__all__ = [
    "ACCESS_TOKENS",
    "FACTS",
    "MAX_ACTIVE",
    "WARNING_DAYS",
    "AccessTokens",
    "AccessTokensCommand",
    "GenerateToken",
    "Generated",
    "Label",
    "RevokeToken",
    "Revoked",
    "Token",
    "require_own_or_managed",
    "tokens_of",
    "two_years_after",
    "warning",
]

MAX_ACTIVE = 10
# Days before its end at which a token's holder is warned.
WARNING_DAYS = (1, 7, 30, 60)


Label = Annotated[str, Meta(max_length=100)]


class GenerateToken(Command, frozen=True):
    """Generate a token for an agent; digest and mask are of a secret that only the caller has.

    `replaces` is a lost one, which is revoked in the same append; it must be the agent's.
    """

    permission: ClassVar[Permission] = Permission.TOKENS_OWN
    agent: UUID
    token: UUID
    digest: str
    mask: str
    label: Label = ""
    scopes: tuple[Scope, ...] = tuple(sorted(TOOL_SCOPES))
    replaces: UUID | None = None


class RevokeToken(Command, frozen=True):
    """Revoke a token: one's own, or an agent's whose account the caller manages."""

    permission: ClassVar[None] = None
    agent: UUID
    token: UUID


AccessTokensCommand = GenerateToken | RevokeToken


def tokens_of(agent: UUID) -> Ref[AccessTokens]:
    """Return the one stream that holds all tokens of an agent."""
    return Ref(ACCESS_TOKENS, stream_of_tokens(agent))


def two_years_after(moment: datetime) -> datetime:
    """Return the same instant two calendar years on; 29 February becomes 28 February."""
    try:
        return moment.replace(year=moment.year + 2)
    except ValueError:
        return moment.replace(year=moment.year + 2, day=28)


def warning(expires_at: datetime, now: datetime) -> int | None:
    """Return the number of days, of `WARNING_DAYS`, within which a token expires; else None.

    0 means that its time is over.
    """
    left = expires_at - now
    if left <= timedelta():
        return 0
    return next((days for days in WARNING_DAYS if left <= timedelta(days=days)), None)


def require_own_or_managed(*, own: bool, role: RoleRef, context: Context) -> None:
    """Refuse with `permission_denied` to end access that is neither own nor of a managed agent."""
    if own:
        context.caller.require_scope(Scope.ADMIN)
    else:
        context.caller.require(Permission.AGENTS_MANAGE)
        require_reach(role, context)


def needs(_tokens: AccessTokens | None, command: AccessTokensCommand) -> Iterable[Ref[Any]]:
    yield Ref(AGENT, command.agent)


def then_needs(
    _tokens: AccessTokens | None, command: AccessTokensCommand, states: Mapping[UUID, Any]
) -> Iterable[Ref[Any]]:
    agent = states[command.agent]
    return counting(agent.role) if agent else ()


def decide(
    tokens: AccessTokens | None, command: AccessTokensCommand, context: Context
) -> Iterable[Fact]:
    agent = existing(context.state(Ref(AGENT, command.agent)), "agent")
    own = context.caller.agent == command.agent
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
            if command.replaces is not None:
                if command.replaces not in held:
                    raise Refused(
                        Code.NOT_FOUND,
                        f"{agent.name} has no such token that is not revoked. Generate a new one.",
                    )
                held = dict(held)
                lost = held.pop(command.replaces)
                yield Revoked(token=command.replaces, digest=lost.digest)
            if sum(token.expires_at > context.now for token in held.values()) >= MAX_ACTIVE:
                raise Refused(
                    Code.LIMIT_REACHED,
                    f"{agent.name} has {MAX_ACTIVE} active access tokens already. Revoke one first.",
                    {"limit": MAX_ACTIVE},
                )
            scopes = frozenset(command.scopes)
            if not scopes:
                raise Refused(Code.INVALID_ARGUMENTS, "A token needs at least one scope.")
            for scope in sorted(scopes):  # a narrow credential makes no wider one
                context.caller.require_scope(scope)
            yield Generated(
                token=command.token,
                agent=command.agent,
                digest=command.digest,
                mask=command.mask,
                expires_at=two_years_after(context.now),
                label=command.label.strip(),
                scopes=tuple(sorted(scopes)),
            )
        case RevokeToken():
            require_own_or_managed(own=own, role=agent.role, context=context)
            if command.token in held:
                yield Revoked(token=command.token, digest=held[command.token].digest)
        case _:
            assert_never(command)


ACCESS_TOKENS: Decider[AccessTokens] = Decider("access_tokens", decide, evolve, needs, then_needs)
