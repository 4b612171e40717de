"""One's own account: who one is, the password, and the browsers one is signed in with."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency

from api.cookies import set_session
from api.pages.account.browsers import browser_of
from api.pages.form import id_in, new_password_in
from api.pages.front import Front, Page, notice_of
from api.pages.panel import BAR, PROFILE, Here, Panel, panel_of
from api.pages.rendering import see_other
from api.pages.sign_in.entering import later
from api.problems import status_of
from api.rates import RateLimited
from api.rest.acting import Conditions
from api.rest.sessions import end_session, living_sessions
from domain.refusals import Refused

ACCOUNT = "/account"
_HERE = Here(section=PROFILE, path=ACCOUNT)
_DONE = {
    "password": "Your password is changed.",
    "session": "It is ended: that browser is signed out.",
}


class Shown(NamedTuple):
    """A session as it is listed."""

    id: UUID
    client: str
    ip: str
    opened_at: datetime
    used_at: datetime
    is_this: bool


@get("/")
async def home(request: Page, front: NamedDependency[Front]) -> Response[None]:
    panel = await panel_of(request, front)
    first = next(iter(panel.open(BAR)), None)
    return see_other(first.path if first else ACCOUNT)


@get(ACCOUNT)
async def account_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    return await _account(await panel_of(request, front), notice=notice_of(request, _DONE))


@post(f"{ACCOUNT}/password")
async def change_password(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    panel = await panel_of(request, front)
    form = await panel.form()
    bearer, sign_in = panel.bearer, front.entrance.sign_in
    try:
        signed_in = await sign_in.change_password(
            bearer, form.get("current", ""), new_password_in(form)
        )
    except Refused as refused:
        status = status_of(refused)
        return await _account(panel, status, refusal=refused.sentence)
    except RateLimited as limited:
        headers = {"Retry-After": str(limited.retry_after)}
        return await _account(panel, 429, headers, refusal=later(limited))
    await front.services.progress.reached(signed_in.position)
    cookie = set_session(signed_in.secret, front.base_url, front.entrance.lasting)
    return see_other(f"{ACCOUNT}?done=password", [cookie])


@post(f"{ACCOUNT}/sessions")
async def revoke_session(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    panel = await panel_of(request, front)
    await end_session(panel.acting, id_in(await panel.form(), "session"), Conditions())
    return see_other(f"{ACCOUNT}?done=session")


async def _account(
    panel: Panel,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **said: str,
) -> Response[str]:
    by, agent = panel.caller.by, panel.agent
    shown = {
        "name": agent.name,
        "email": agent.email or "",
        "role": by.role,
        "sessions": await _sessions(panel.front, panel.acting.agent, by.credential),
    }
    return panel.page("account/profile", {**shown, **said}, _HERE, status=status, headers=headers)


async def _sessions(front: Front, agent: UUID, current: UUID | None) -> list[Shown]:
    """List the sessions that are not over, the one used last first."""
    now = front.services.now()
    shown = [
        Shown(
            line.id,
            browser_of(line.client or ""),
            line.ip or "unknown address",
            line.opened_at,
            now if line.current else line.last_used_at or line.opened_at,
            line.current,
        )
        for line in await living_sessions(front.services, agent, current)
    ]
    return sorted(shown, key=lambda line: line.used_at, reverse=True)


ENDPOINTS = (home, account_page, change_password, revoke_session)
