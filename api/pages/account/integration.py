"""MCP Integration: how clients connect, one's access tokens, and the apps that one let in."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from api.oauth.locations import Locations
from api.pages.account.credentials import (
    after_ending,
    apps_in_words,
    good_for,
    tokens_in_words,
    warning_at,
)
from api.pages.choices import Choice
from api.pages.form import id_in
from api.pages.front import Front, Page, notice_of
from api.pages.panel import MCP, PROFILE, Here, Panel, panel_of
from api.pages.rendering import see_other
from api.pages.wording import explained
from api.problems import status_of
from api.rest.acting import Conditions
from api.rest.apps import end_app
from api.rest.new_tokens import NewToken, TokenShown, make_token, renew_token
from api.rest.tokens import end_token
from api.snippets import PLACEHOLDER, connecting
from domain.access_tokens import MAX_ACTIVE
from domain.permissions import TOOL_SCOPES, Permission, Scope
from domain.refusals import Code, Refused
from domain.standing import budget_standing
from projections.lineage import warning_of

_HERE = Here(section=PROFILE, path=MCP)
_KINDS = {"full": TOOL_SCOPES, "reading": frozenset({Scope.TICKETS_READ})}
_DONE = {
    "token": "The token is revoked: it opens nothing any more.",
    "app": "The app is revoked: it has to ask you again.",
}
_LONGEST_LABEL = 100


@get(MCP)
async def integration_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    panel = await panel_of(request, front)
    warning = await warning_at(request, front.services, panel.acting.agent)
    return await integration(panel, notice=notice_of(request, _DONE), warning=warning)


@post(f"{MCP}/tokens")
async def generate_token(request: Page, front: NamedDependency[Front]) -> Response[str]:
    """Generate a token and show it, this once."""
    panel = await panel_of(request, front)
    form = await panel.form()
    try:
        made = (await make_token(panel.acting, _wanted(form))).answer
    except Refused as refused:
        return await _refused(panel, refused, label=form.get("label", ""))
    return _shown(panel, made)


@post(f"{MCP}/tokens/replace")
async def replace_token(request: Page, front: NamedDependency[Front]) -> Response[str]:
    """Revoke a lost token and show its successor, this once."""
    panel = await panel_of(request, front)
    token = id_in(await panel.form(), "token")
    try:
        made = (await renew_token(panel.acting, token)).answer
    except Refused as refused:
        return await _refused(panel, refused)
    return _shown(panel, made)


@post(f"{MCP}/tokens/revoke")
async def revoke_token(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    panel = await panel_of(request, front)
    token = id_in(await panel.form(), "token")
    ended = (await end_token(panel.acting, token, Conditions())).answer
    return see_other(after_ending(ended, f"{MCP}?done=token"))


@post(f"{MCP}/apps/revoke")
async def revoke_app(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    panel = await panel_of(request, front)
    await end_app(panel.acting, id_in(await panel.form(), "app"), Conditions())
    return see_other(f"{MCP}?done=app")


async def integration(
    panel: Panel,
    status: int = 200,
    label: str = "",
    headers: Mapping[str, str] | None = None,
    **said: str,
) -> Response[str]:
    """Show the page, with what is said besides; `label` is what was typed already."""
    services, agent, at = panel.services, panel.acting.agent, Locations(panel.front.base_url)
    tokens = await tokens_in_words(services, agent)
    alive = sum(token.line.state in {"active", "expiring"} for token in tokens)
    shown: Mapping[str, object] = {
        "url": at.resource,
        "signs_in": at.is_safe,
        "placeholder": PLACEHOLDER,
        "tokens": tokens,
        "apps": await apps_in_words(services, agent),
        "alive": alive,
        "most": MAX_ACTIVE,
        "budget": await budget_standing(services.helpdesk),
        "may_set": panel.caller.may(Permission.SETTINGS_MANAGE),
        "may_generate": panel.caller.may(Permission.TOKENS_OWN),
        "label": label,
        "kinds": [Choice(kind, good_for(scopes)) for kind, scopes in _KINDS.items()],
        "connecting": connecting(at),
    }
    return panel.page(
        "account/integration", {**shown, **said}, _HERE, status=status, headers=headers
    )


def _wanted(form: Mapping[str, str]) -> NewToken:
    label = form.get("label", "").strip()
    scopes = _KINDS.get(form.get("kind", ""))
    if scopes is None:
        raise Refused(Code.INVALID_ARGUMENTS, "Choose what the token is good for.")
    if len(label) > _LONGEST_LABEL:
        raise Refused(Code.INVALID_ARGUMENTS, f"A label has at most {_LONGEST_LABEL} characters.")
    return NewToken(label=label, scopes=tuple(sorted(scopes)))


async def _refused(panel: Panel, refused: Refused, label: str = "") -> Response[str]:
    status = status_of(refused)
    return await integration(panel, status, label, refusal=explained(refused))


def _shown(panel: Panel, made: TokenShown) -> Response[str]:
    at = Locations(panel.front.base_url)
    shown = {
        "token": made,
        "warning": warning_of(left.mask for left in made.still_active or ()),
        "back": MCP,
        "connecting": connecting(at, made.token),
    }
    return panel.page("account/token", shown, _HERE)


ENDPOINTS = (integration_page, generate_token, replace_token, revoke_token, revoke_app)
