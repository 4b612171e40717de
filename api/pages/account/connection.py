"""The button that tries the connection: a real request to the public address, and what it met."""

from typing import NamedTuple

from litestar import Response, post
from litestar.di import NamedDependency

from api.connection.trying import Tried
from api.gate import TOKEN_PREFIXES
from api.mcp import PATH
from api.pages.account.integration import integration
from api.pages.front import Front, Page, visitor_of
from api.pages.panel import MCP, PROFILE, Here, panel_of
from api.pages.sign_in.entering import later
from api.rates import RateLimited
from api.snippets import PLACEHOLDER, curl
from domain.agent.rules import AGENT
from domain.application import Unauthorized
from domain.decider import Ref
from domain.secret import is_well_formed

# A minute and person: each leads to requests of the server's own.
OFTEN = 10
_HERE = Here(section=PROFILE, path=MCP)
_MISTYPED = "That is no access token of this server, or not all of it. Copy it again, with all its characters."


class Shown(NamedTuple):
    """What came of it, as the page tells it; `name` is whom the token stands for."""

    tried: Tried
    with_token: bool
    name: str = ""


@post(f"{MCP}/test")
async def try_connection(request: Page, front: NamedDependency[Front]) -> Response[str]:
    """Try it with the token that the form brings, which goes nowhere else, or without any."""
    panel = await panel_of(request, front)
    token = (await panel.form()).get("token", "").strip().removeprefix("Bearer ").strip()
    prefix = next((one for one in TOKEN_PREFIXES if is_well_formed(one, token)), None)
    if token and prefix is None:
        return await integration(panel, 400, refusal=_MISTYPED)
    try:
        await front.rates.require("connection test", str(panel.acting.agent), OFTEN)
    except RateLimited as limited:
        headers = {"Retry-After": str(limited.retry_after)}
        return await integration(panel, 429, headers=headers, refusal=later(limited, "tests"))
    if prefix is None:
        shown = Shown(await front.connection.without_token(), with_token=False)
    else:
        tried = await front.connection.with_token(token)
        name = await _holder(front, request, token, prefix) if tried.well else ""
        shown = Shown(tried, with_token=True, name=name)
    url = f"{front.base_url}{PATH}"
    shown = {
        **shown._asdict(),
        "url": url,
        "back": MCP,
        "curl": curl(url, f"Bearer {PLACEHOLDER}"),
        "placeholder": PLACEHOLDER,
    }
    return panel.page("account/connection", shown, _HERE)


async def _holder(front: Front, request: Page, token: str, prefix: str) -> str:
    """Return the name of the agent whom a token stands for, nothing where it ended meanwhile."""
    visitor = visitor_of(request)
    try:
        bearer = await front.identify(token, visitor.client, visitor.ip, prefix=prefix)
    except Unauthorized:
        return ""
    key = bearer.caller.agent
    agent = (await front.services.helpdesk.states.refresh(Ref(AGENT, key))).state if key else None
    return agent.name if agent else ""


ENDPOINTS = (try_connection,)
