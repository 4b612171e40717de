"""Access tokens that are made: their secrets are in one answer and nowhere else."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from api.rest.acting import Acting, Outcome
from api.rest.asking import Body, asked, misfit
from api.rest.secrets import refuse_conditions
from api.rest.tokens import (
    Expiry,
    Key,
    Mask,
    Purpose,
    Scopes,
    StillActive,
    TokenId,
    find_token,
    tokens_left,
)
from domain import issuing
from domain.application import Done, Wish
from domain.permissions import TOOL_SCOPES, Scope

_NEW = ("token", "revoke the token that the list shows and generate another")


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


class TokenMade(Struct, frozen=True, kw_only=True):
    """A new token, without its secret."""

    id: Key
    mask: Mask
    label: Purpose
    scopes: Scopes
    expires_at: Expiry


class TokenShown(TokenMade, frozen=True, kw_only=True):
    """A new token with its secret, which is shown this once."""

    token: Annotated[str, Meta(description="The secret: Authorization: Bearer takes it.")]
    still_active: StillActive | UnsetType = UNSET


@post("/tokens", operation_id="generate_token", tags=["tokens"])
async def generate_token(
    data: JSONBody[NewToken], acting: NamedDependency[Acting], request: Request[Any, Any, Any]
) -> Response[TokenShown]:
    """Generate an access token and show it, this once.

    Takes no Idempotency-Key: what is answered under one is kept, and a token is not.
    """
    refuse_conditions(request, *_NEW)
    if data.read_only and data.scopes is not UNSET:
        raise misfit("give either scopes or read_only")
    return (await make_token(acting, data)).response(201)


async def make_token(acting: Acting, data: NewToken) -> Outcome[TokenShown]:
    """Generate a token of one's own and return it with its secret, to be shown this once."""
    scopes = (Scope.TICKETS_READ,) if data.read_only else data.scopes or TOOL_SCOPES
    services = acting.services
    new = issuing.new_token(
        acting.agent, services.new_id(), services.random(32), data.label, scopes
    )
    return await _issue(acting, "generate_token", asked(data), new)


@post("/tokens/{token_id:uuid}/replace", operation_id="replace_token", tags=["tokens"])
async def replace_token(
    token_id: TokenId, acting: NamedDependency[Acting], request: Request[Any, Any, Any]
) -> Response[TokenShown]:
    """Revoke one's lost token and show its successor, alike but for its time, in one step.

    Takes no Idempotency-Key: what is answered under one is kept, and a token is not.
    """
    refuse_conditions(request, *_NEW)
    acting.reading()
    return (await renew_token(acting, token_id)).response(201)


async def renew_token(acting: Acting, lost_id: UUID) -> Outcome[TokenShown]:
    """Generate a token like a lost one, in whose place it comes, and return it with its secret.

    Refuses with `not_found`.
    """
    services = acting.services
    lost = await find_token(services.views, lost_id)
    random = services.random(32)
    new = issuing.new_token(
        acting.agent, services.new_id(), random, lost.label, lost.scopes, replaces=lost_id
    )
    return await _issue(acting, "replace_token", asked(token_id=lost_id), new)


async def _issue(
    acting: Acting, operation: str, arguments: dict[str, Any], new: issuing.NewToken
) -> Outcome[TokenShown]:
    wanted = new.command

    def made(done: Done) -> TokenMade:
        return TokenMade(
            id=wanted.token,
            mask=wanted.mask,
            label=wanted.label.strip(),
            scopes=list(wanted.scopes),
            expires_at=done.state.tokens[wanted.token].expires_at,
        )

    outcome = await acting.act(operation, arguments, [Wish(wanted)], made, TokenMade)
    # The secret joins the answer here, past all that is recorded or kept.
    shown = TokenShown(**msgspec.structs.asdict(outcome.answer), token=new.secret)
    if wanted.replaces:
        left = await tokens_left(acting, wanted.replaces)
        if left is not UNSET:
            left = tuple(token for token in left if token.id != wanted.token)
        shown = msgspec.structs.replace(shown, still_active=left)
    return Outcome(shown, 0, replayed=False, views_behind=outcome.views_behind)


ENDPOINTS = (generate_token, replace_token)
