"""Access tokens: listed without their secrets, and revoked."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from api.rest.acting import Acting, Conditions, Outcome
from api.rest.asking import asked, from_query
from api.rest.reach import CredentialListing, RevocableListing, within_reach
from api.services import Services
from domain.access_tokens import MAX_ACTIVE, Label, RevokeToken, warning
from domain.application import Wish
from domain.fact import Via
from domain.ledger import Unavailable
from domain.permissions import Scope
from domain.refusals import Code, Refused
from projections.metadata import Named
from projections.token_queries import TokenLine, TokenRef, TokenState
from projections.views import Views

TokenId = Annotated[UUID, PathParameter(description="The token's id.")]
Purpose = Annotated[Label, Meta(description="What it is for, to tell tokens apart.")]
Key = Annotated[UUID, Meta(description="The token's id.")]
Mask = Annotated[str, Meta(description="Its prefix and its last four characters.")]
Scopes = Annotated[list[Scope], Meta(description="What it may be used for, as far as one may.")]
Expiry = Annotated[datetime, Meta(description="Two years after it was generated.")]
StillActive = Annotated[
    tuple[TokenRef, ...],
    Meta(description="Active tokens that come of the revoked one: they do not end with it."),
]


class Token(Struct, frozen=True, kw_only=True):
    """An access token, as far as it may be shown."""

    id: Key
    mask: Mask
    label: Purpose
    agent: Annotated[Named, Meta(description="Whose it is.")]
    scopes: Scopes
    generated_at: Annotated[datetime, Meta(description="When it was made.")]
    generated_via: Annotated[Via, Meta(description="By which way it was generated.")]
    generated_with: (
        Annotated[TokenRef, Meta(description="With which token, if it was with one.")] | UnsetType
    ) = UNSET
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


class TokenRevoked(Struct, frozen=True):
    """A token that opens nothing any more."""

    id: Key
    changed: Annotated[bool, Meta(description="False: it was revoked before.")]
    still_active: StillActive | UnsetType = UNSET


@get(
    "/tokens",
    operation_id="list_tokens",
    tags=["tokens"],
    dependencies={"listing": from_query(RevocableListing)},
)
async def list_tokens(
    acting: NamedDependency[Acting], listing: NamedDependency[RevocableListing]
) -> TokenList:
    """List one's own access tokens, or those of an agent whom one manages."""
    agent = await within_reach(acting, listing)
    tokens = await tokens_held_by(acting.services, agent, revoked=listing.include_revoked)
    return TokenList(tokens, MAX_ACTIVE)


async def tokens_held_by(services: Services, agent: UUID, *, revoked: bool = False) -> list[Token]:
    """Return an agent's tokens, oldest first, as they stand now."""
    lines = await services.views.list_tokens(agent_id=agent, include_revoked=revoked)
    used = await services.ledger.last_used([line.id for line in lines])
    return [_token(line, used.get(line.id), services.now()) for line in lines]


@post(
    "/tokens/{token_id:uuid}/revoke", operation_id="revoke_token", tags=["tokens"], status_code=200
)
async def revoke_token(
    token_id: TokenId, acting: NamedDependency[Acting], conditions: NamedDependency[Conditions]
) -> Response[TokenRevoked]:
    """Revoke one's own access token, or that of an agent whom one manages, at once."""
    return (await end_token(acting, token_id, conditions)).response()


async def end_token(
    acting: Acting, token_id: UUID, conditions: Conditions
) -> Outcome[TokenRevoked]:
    """Revoke anybody's token, as far as the rules let one, and name those that come of it.

    Refuses with `not_found` where there is no such token.
    """

    async def wishes() -> list[Wish]:
        found = await find_token(acting.services.views, token_id)
        return [Wish(RevokeToken(agent=found.agent.id, token=token_id))]

    done = await acting.act(
        "revoke_token",
        asked(token_id=token_id),
        wishes,
        lambda done: TokenRevoked(token_id, done.changed),
        TokenRevoked,
        conditions=conditions,
    )
    left = await tokens_left(acting, token_id)
    return done._replace(answer=replace(done.answer, still_active=left))


async def tokens_left(acting: Acting, ended: UUID) -> tuple[TokenRef, ...] | UnsetType:
    """Return the active tokens that come of one which is revoked, so generates no more.

    Nothing is told where the database went away meanwhile: what is done is to be answered. Nor to
    those who may not list them: a repeated key is answered whatever its credential may do by now.
    """
    try:
        services = acting.services
        agent = (await find_token(services.views, ended)).agent.id
        await within_reach(acting, CredentialListing(agent_id=agent))
        return tuple(await services.views.tokens_come_of(agent, ended, services.now()))
    except (Unavailable, Refused):
        return UNSET


async def find_token(views: Views, token_id: UUID) -> TokenLine:
    """Return anybody's token: what may be done with it, the rules say.

    Refuses with `not_found` where there is none.
    """
    for line in await views.list_tokens(token_id=token_id):
        return line
    raise Refused(
        Code.NOT_FOUND, "There is no such access token. The list of tokens shows which there are."
    )


def _token(line: TokenLine, used_at: datetime | None, now: datetime) -> Token:
    state = line.state(now)
    within = warning(line.expires_at, now) if state == "expiring" else None
    return Token(
        id=line.id,
        mask=line.mask,
        label=line.label,
        agent=line.agent,
        scopes=line.scopes,
        generated_at=line.generated_at,
        generated_via=line.generated_via,
        generated_with=line.generated_with,
        expires_at=line.expires_at,
        state=state,
        expires_within_days=within or UNSET,
        last_used_at=used_at or UNSET,
        revoked_at=line.revoked_at,
        revoked_by=line.revoked_by,
    )


ENDPOINTS = (list_tokens, revoke_token)
