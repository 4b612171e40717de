"""One's own account: who one is, the password, and the browsers one is signed in with."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency

from api import problems
from api.cookies import set_session
from api.csrf import csrf_token
from api.pages.browsers import browser_of
from api.pages.entering import HOME, later
from api.pages.front import Front, Page, twice
from api.pages.showing import see_other
from api.rates import RateLimited
from api.rest.acting import Acting
from api.rest.sessions import SessionEnded, living_sessions
from domain.agent.rules import AGENT
from domain.application import Unauthorized, Wish
from domain.authentication import Bearer
from domain.decider import Ref
from domain.refusals import Code, Refused
from domain.session import CloseSession


class Shown(NamedTuple):
    """A session as it is listed."""

    id: UUID
    client: str
    ip: str
    opened_at: datetime
    used_at: datetime
    is_this: bool


@get("/")
async def home() -> Response[None]:
    return see_other(HOME)


@get(HOME)
async def account_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    notice = "Your password is changed." if "changed" in request.query_params else ""
    return await _account(request, front, await front.bearer(request), notice=notice)


@post("/account/password")
async def change_password(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    bearer = await front.bearer(request)
    form = await front.form(request, front.session(request))
    sign_in = front.entrance.sign_in
    try:
        signed_in = await sign_in.change_password(bearer, form.get("current", ""), twice(form))
    except Refused as refused:
        status = problems.OF_REFUSALS[refused.code].status
        return await _account(request, front, bearer, status, refusal=refused.sentence)
    except RateLimited as limited:
        headers = {"Retry-After": str(limited.retry_after)}
        return await _account(request, front, bearer, 429, headers, refusal=later(limited))
    await front.office.progress.reached(signed_in.position)
    cookie = set_session(signed_in.secret, front.base_url, front.entrance.lasting)
    return see_other(f"{HOME}?changed", [cookie])


@post("/account/sessions")
async def revoke_session(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    bearer = await front.bearer(request)
    form = await front.form(request, front.session(request))
    try:
        session = UUID(form.get("session", ""))
    except ValueError:
        raise Refused(Code.NOT_FOUND, "There is no such session.") from None
    await Acting(bearer, front.office).act(
        "revoke_session",
        {"session_id": str(session)},
        [Wish(CloseSession(session=session))],
        lambda done: SessionEnded(session, done.changed),
        SessionEnded,
    )
    return see_other(HOME)


async def _account(
    request: Page,
    front: Front,
    bearer: Bearer,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **said: str,
) -> Response[str]:
    by = bearer.caller.by
    if by.agent is None:
        raise Unauthorized
    agent = (await front.office.helpdesk.states.refresh(Ref(AGENT, by.agent))).state
    shown = {
        "csrf": csrf_token(front.session(request)),
        "name": agent.name,
        "email": agent.email or "",
        "role": by.role,
        "sessions": await _sessions(front, by.agent, by.credential),
    }
    return front.showing.page("account", {**shown, **said}, status=status, headers=headers)


async def _sessions(front: Front, agent: UUID, current: UUID | None) -> list[Shown]:
    """List the sessions that are not over, the one used last first."""
    now = front.office.now()
    shown = [
        Shown(
            line.id,
            browser_of(line.client or ""),
            line.ip or "unknown address",
            line.opened_at,
            now if line.current else line.last_used_at or line.opened_at,
            line.current,
        )
        for line in await living_sessions(front.office, agent, current)
    ]
    return sorted(shown, key=lambda line: line.used_at, reverse=True)


ENDPOINTS = (home, account_page, change_password, revoke_session)
