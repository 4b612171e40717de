"""Access tokens that are made: their secrets are in one answer and nowhere else."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from api.rest.acting import Acting, Outcome
from api.rest.asking import Body, asked, misfit
from api.rest.tokens import Expiry, Key, Mask, Purpose, Scopes, TokenId, find_token
from domain import issuing
from domain.access_tokens import AccessTokensCommand, tokens_of
from domain.application import Done, Wish
from domain.permissions import TOOL_SCOPES, Scope
from domain.refusals import Code, Refused


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
    office = acting.office
    new = issuing.new_token(acting.agent, office.new_id(), office.random(32), data.label, scopes)
    return await _show(acting, "generate_token", asked(data), [new.command], new)


@post("/tokens/{token_id:uuid}/replace", operation_id="replace_token", tags=["tokens"])
async def replace_token(
    token_id: TokenId, acting: NamedDependency[Acting], request: Request[Any, Any, Any]
) -> Response[TokenShown]:
    """Revoke one's lost token and show its successor, alike but for its time, in one step.

    Takes no Idempotency-Key: what is answered under one is kept, and a token is not.
    """
    _refuse_key(request)
    await acting.reading()
    me, office = acting.agent, acting.office
    lost = await find_token(office.views, token_id)
    held = (await office.helpdesk.states.refresh(tokens_of(me))).state
    if lost.agent.id != me or held is None or token_id not in held.tokens:
        raise Refused(
            Code.NOT_FOUND, "You have no such token that is not revoked. Generate a new one."
        )
    new = issuing.new_token(me, office.new_id(), office.random(32), lost.label, lost.scopes)
    commands = issuing.replacing(token_id, new)
    return await _show(acting, "replace_token", asked(token_id=token_id), commands, new)


async def _show(
    acting: Acting,
    operation: str,
    arguments: dict[str, Any],
    commands: Sequence[AccessTokensCommand],
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
    # The secret joins the answer here, past all that is recorded or kept.
    shown = TokenShown(**msgspec.structs.asdict(outcome.answer), token=new.secret)
    return Outcome(shown, 0, replayed=False, views_behind=outcome.views_behind).response(201)


def _refuse_key(request: Request[Any, Any, Any]) -> None:
    if "idempotency-key" in request.headers:
        raise Refused(
            Code.INVALID_ARGUMENTS,
            "This takes no Idempotency-Key: an answer that shows a token is not kept. "
            "Should it get lost, revoke the token that the list shows and generate another.",
        )


ENDPOINTS = (generate_token, replace_token)
