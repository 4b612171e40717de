"""Tokens that somebody has and apps that somebody let in, in the words of lists."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from api.pages.consent.consenting import Shown, landing_in_words
from api.pages.front import Page
from api.rest.apps import apps_of
from api.rest.tokens import Token, TokenRevoked, tokens_held_by
from api.services import Services
from domain.oauth_client import OAuthClient, source_of
from domain.permissions import TOOL_SCOPES, Scope
from domain.refusals import Refused
from projections.apps import AppLine
from projections.lineage import warning_of

_GOOD_FOR = {
    TOOL_SCOPES: "every tool",
    frozenset({Scope.TICKETS_READ}): "reading only",
    frozenset(Scope): "every tool, and the account",
}


class TokenInWords(NamedTuple):
    """A token with what it may be used for."""

    line: Token
    good_for: str


class AppInWords(NamedTuple):
    """`name` is what the app calls itself, `identity` who says that it is the app."""

    line: AppLine
    name: str
    identity: str
    goes_to: tuple[str, ...]
    may: tuple[str, ...]


async def tokens_in_words(services: Services, agent: UUID) -> list[TokenInWords]:
    """Return an agent's tokens."""
    tokens = await tokens_held_by(services, agent)
    return [TokenInWords(token, good_for(token.scopes)) for token in tokens]


def after_ending(ended: TokenRevoked, path: str) -> str:
    """Return where to go once a token is revoked: the page there warns of tokens that come of it."""
    return f"{path}&token={ended.id}" if ended.still_active else path


async def warning_at(request: Page, services: Services, agent: UUID) -> str:
    """Warn of tokens still active that come of the one just revoked, which the address names."""
    try:
        token = UUID(request.query_params.get("token", ""))
    except ValueError:
        return ""
    lines = await services.views.tokens_come_of(agent, token, services.now())
    return warning_of(left.mask for left in lines)


async def apps_in_words(services: Services, agent: UUID) -> list[AppInWords]:
    """Return the apps that an agent let in."""
    return [_in_words(app) for app in await apps_of(services, agent)]


def good_for(scopes: Collection[Scope]) -> str:
    """Say what a token with such scopes may be used for."""
    known = _GOOD_FOR.get(frozenset(scopes))
    return known or "; ".join(scope.sentence for scope in scopes)


def _in_words(app: AppLine) -> AppInWords:
    client = OAuthClient(
        id=app.client_id,
        source=source_of(app.client_id),
        name=app.client,
        redirect_uris=tuple(app.redirect_uris),
    )
    shown = Shown(client, "", tuple(app.scopes), app.resource)
    return AppInWords(
        app,
        shown.name,
        shown.identity,
        tuple(dict.fromkeys(map(_landing, app.redirect_uris))),
        tuple(scope.sentence for scope in app.scopes),
    )


def _landing(uri: str) -> str:
    """Say where codes go; what the rules would refuse today is told as it is."""
    try:
        return landing_in_words(uri, "one's own")
    except Refused:
        return uri
