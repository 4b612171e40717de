"""Access tokens: listed without their secrets, generated, replaced and revoked."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from api.rest.acting import Acting, Conditions, Outcome
from api.rest.asking import Body, Query, asked, from_query, misfit
from api.rest.reach import within_reach
from domain import issuing
from domain.access_tokens import (
    MAX_ACTIVE,
    AccessTokensCommand,
    Label,
    RevokeToken,
    tokens_of,
    warning,
)
from domain.application import Done, Wish
from domain.permissions import TOOL_SCOPES, Scope
from domain.refusals import Code, Refused
from projections.listings import TokenLine
from projections.metadata import Named

TokenId = Annotated[UUID, PathParameter(description="The token's id.")]
Purpose = Annotated[Label, Meta(description="What it is for, to tell tokens apart.")]
Key = Annotated[UUID, Meta(description="The token's id.")]
Mask = Annotated[str, Meta(description="Its prefix and its last four characters.")]
Scopes = Annotated[list[Scope], Meta(description="What it may be used for, as far as one may.")]
Expiry = Annotated[datetime, Meta(description="Two years after it was generated.")]
TokenState = Literal["active", "expiring", "expired", "revoked"]


class TokenListing(Query, frozen=True):
    """Whose tokens to list."""

    agent_id: (
        Annotated[UUID, Meta(description="Another agent's, for those who manage agents.")]
        | UnsetType
    ) = UNSET


class NewToken(Body, frozen=True):
    """A token to generate; without scopes it is good for every tool."""

    label: Purpose = ""
    scopes: (
        Annotated[
            tuple[Scope, ...],
            Meta(min_length=1, max_length=20, description="What it may be used for."),
        ]
        | UnsetType
    ) = UNSET
    read_only: Annotated[bool, Meta(description="Short for scopes: [tickets:read].")] = False


class Token(Struct, frozen=True, kw_only=True):
    """An access token, as far as it may be shown."""

    id: Key
    mask: Mask
    label: Purpose
    agent: Annotated[Named, Meta(description="Whose it is.")]
    scopes: Scopes
    generated_at: Annotated[datetime, Meta(description="When it was made.")]
    expires_at: Expiry
    state: Annotated[TokenState, Meta(description="expiring: within the next 60 days.")]
    expires_within_days: (
        Annotated[int, Meta(description="60, 30, 7 or 1: the last of these marks it passed.")]
        | UnsetType
    ) = UNSET
    last_used_at: (
        Annotated[datetime, Meta(description="About a minute late; absent: never used.")]
        | UnsetType
    ) = UNSET
    revoked_at: Annotated[datetime, Meta(description="When it was revoked.")] | UnsetType = UNSET
    revoked_by: Annotated[UUID, Meta(description="The agent who did.")] | UnsetType = UNSET


class TokenList(Struct, frozen=True):
    """An agent's tokens."""

    tokens: Annotated[list[Token], Meta(description="Oldest first.")]
    limit: Annotated[int, Meta(description="How many may be active at a time.")]


class TokenMade(Struct, frozen=True, kw_only=True):
    """A new token, whose secret is the client's alone."""

    id: Key
    mask: Mask
    label: Purpose
    scopes: Scopes
    expires_at: Expiry


class TokenShown(TokenMade, frozen=True, kw_only=True):
    """A new token with its secret, which is shown this once."""

    token: Annotated[str, Meta(description="The secret: Authorization: Bearer takes it.")]


class TokenRevoked(Struct, frozen=True):
    """A token that opens nothing any more."""

    id: Key
    changed: Annotated[bool, Meta(description="False: it was revoked before.")]


@get(
    "/tokens",
    operation_id="list_tokens",
    tags=["tokens"],
    dependencies={"listing": from_query(TokenListing)},
)
async def list_tokens(
    acting: NamedDependency[Acting], listing: NamedDependency[TokenListing]
) -> TokenList:
    """List one's own access tokens, or those of an agent whom one manages."""
    agent = await within_reach(acting, listing.agent_id or None)
    office = acting.office
    lines = await office.views.list_tokens(agent_id=agent)
    used = await office.ledger.last_used([line.id for line in lines])
    return TokenList([_token(line, used.get(line.id), office.now()) for line in lines], MAX_ACTIVE)


@post("/tokens", operation_id="generate_token", tags=["tokens"])
async def generate_token(
    data: JSONBody[NewToken], acting: NamedDependency[Acting], request: Request[Any, Any, Any]
) -> Response[TokenShown]:
    """Generate an access token and show it, this once.

    Takes no Idempotency-Key: what is answered under one is kept, and a token is not.
    """
    _refuse_key(request)
    if data.read_only and data.scopes is not UNSET:
        raise misfit("give either scopes or read_only")
    scopes = (Scope.TICKETS_READ,) if data.read_only else data.scopes or TOOL_SCOPES
    new = issuing.new_token(
        acting.agent, acting.office.new_id(), acting.office.random(32), data.label, scopes
    )
    return await _show(acting, "generate_token", asked(data), [new.command], new)


@post("/tokens/{token_id:uuid}/replace", operation_id="replace_token", tags=["tokens"])
async def replace_token(
    token_id: TokenId, acting: NamedDependency[Acting], request: Request[Any, Any, Any]
) -> Response[TokenShown]:
    """Revoke one's lost token and show its successor, alike but for its time, in one step.

    Takes no Idempotency-Key: what is answered under one is kept, and a token is not.
    """
    _refuse_key(request)
    me, office = acting.agent, acting.office
    lost = await _find(acting, token_id)
    held = (await office.helpdesk.states.refresh(tokens_of(me))).state
    if lost.agent.id != me or held is None or token_id not in held.tokens:
        raise Refused(
            Code.NOT_FOUND, "You have no such token that is not revoked. Generate a new one."
        )
    new = issuing.new_token(me, office.new_id(), office.random(32), lost.label, lost.scopes)
    arguments = asked(token_id=token_id)
    return await _show(acting, "replace_token", arguments, [*issuing.replacing(token_id, new)], new)


@post(
    "/tokens/{token_id:uuid}/revoke", operation_id="revoke_token", tags=["tokens"], status_code=200
)
async def revoke_token(
    token_id: TokenId, acting: NamedDependency[Acting], conditions: NamedDependency[Conditions]
) -> Response[TokenRevoked]:
    """Revoke one's own access token, or that of an agent whom one manages, at once."""
    found = await _find(acting, token_id)
    command = RevokeToken(agent=found.agent.id, token=token_id)
    done = await acting.act(
        "revoke_token",
        asked(token_id=token_id),
        [Wish(command)],
        lambda done: TokenRevoked(token_id, done.changed),
        TokenRevoked,
        conditions=conditions,
    )
    return done.response()


async def _show(
    acting: Acting,
    operation: str,
    arguments: dict[str, Any],
    commands: list[AccessTokensCommand],
    new: issuing.NewToken,
) -> Response[TokenShown]:
    wanted = new.command

    def made(done: Done) -> TokenMade:
        return TokenMade(
            id=wanted.token,
            mask=wanted.mask,
            label=wanted.label.strip(),
            scopes=list(wanted.scopes),
            expires_at=done.state.tokens[wanted.token].expires_at,
        )

    outcome = await acting.act(operation, arguments, list(map(Wish, commands)), made, TokenMade)
    shown = TokenShown(**msgspec.structs.asdict(outcome.answer), token=new.secret)
    return Outcome(shown, 0, replayed=False, views_behind=outcome.views_behind).response(201)


async def _find(acting: Acting, token_id: UUID) -> TokenLine:
    """Return a token, whoever's it is: what may be done with it, the rules say."""
    await acting.reading()
    for line in await acting.office.views.list_tokens(token_id=token_id):
        return line
    raise Refused(Code.NOT_FOUND, "There is no such access token.")


def _refuse_key(request: Request[Any, Any, Any]) -> None:
    if "idempotency-key" in request.headers:
        raise Refused(
            Code.INVALID_ARGUMENTS,
            "This takes no Idempotency-Key: an answer that shows a token is not kept. "
            "Should it get lost, revoke the token that the list shows and generate another.",
        )


def _token(line: TokenLine, used_at: datetime | None, now: datetime) -> Token:
    within = warning(line.expires_at, now)
    state: TokenState = "active" if within is None else "expiring" if within else "expired"
    revoked = line.revoked_at is not UNSET
    return Token(
        id=line.id,
        mask=line.mask,
        label=line.label,
        agent=line.agent,
        scopes=line.scopes,
        generated_at=line.generated_at,
        expires_at=line.expires_at,
        state="revoked" if revoked else state,
        expires_within_days=within if within and not revoked else UNSET,
        last_used_at=used_at or UNSET,
        revoked_at=line.revoked_at,
        revoked_by=line.revoked_by,
    )


ENDPOINTS = (list_tokens, generate_token, replace_token, revoke_token)
