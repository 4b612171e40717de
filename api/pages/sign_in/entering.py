"""Signing in and out."""

import contextlib
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.di import NamedDependency

from api.cookies import clear_session, set_pre_session, set_session
from api.csrf import csrf_token
from api.oauth.locations import AUTHORIZE
from api.pages.front import Front, Page, notice_of, visitor_of
from api.pages.rendering import see_other
from api.problems import status_of
from api.rates import RateLimited
from domain.application import Unauthorized
from domain.ledger import Unavailable
from domain.refusals import Refused

# Where one comes who wanted to go nowhere else: it leads on to what one may see.
HOME = "/"

_NOTICES = {
    "password": "Your password is set. Sign in with it.",
    "out": "You are signed out.",
}
_PRINTABLE = range(0x21, 0x7F)
_QUERY = "".join(map(chr, _PRINTABLE)).replace("\\", "")


def within(target: str) -> str:
    """Return where to go after signing in: only a path of our own, whatever was asked for."""
    own = target.startswith("/") and not target.startswith("//") and "\\" not in target
    return target if own and all(ord(letter) in _PRINTABLE for letter in target) else HOME


def _is_for_an_app(target: str) -> bool:
    """Whether somebody signs in on the way to answer an app."""
    return target.partition("?")[0] == AUTHORIZE


def target_of(path: str, query: bytes) -> str:
    """Return a path of ours with its query, in characters that `within` lets through."""
    return f"{path}?{quote(query, safe=_QUERY)}" if query else path


def login_for(target: str) -> str:
    """Return the address of the page to sign in, which leads on to a path of ours."""
    return "/login" if target == HOME else f"/login?next={quote(target, safe='/')}"


@get("/login")
async def login_page(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    target = within(request.query_params.get("next", HOME))
    if "again" not in request.query_params and await front.signed_in(request):
        return see_other(target)
    notice = notice_of(request, _NOTICES)
    if _is_for_an_app(target):
        notice = notice or "An app asks to work in your name. Sign in to answer it."
    return _login(request, front, target, notice=notice, owned=await _is_owned(front))


async def _is_owned(front: Front) -> bool:
    """Whether somebody can sign in at all; while the database is away, the page is as always."""
    try:
        return await front.entrance.links.has_owner()
    except Unavailable:
        return True


@post("/login")
async def login(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    form = await front.pre_session_form(request)
    before = await front.signed_in(request)
    target, email = within(form.get("next", HOME)), form.get("email", "")
    try:
        signed_in = await front.entrance.sign_in.sign_in(
            email, form.get("password", ""), visitor_of(request)
        )
    except Refused as refused:
        return _login(
            request,
            front,
            target,
            email=email,
            refusal=refused.sentence,
            status=status_of(refused),
        )
    except RateLimited as limited:
        return _login(
            request,
            front,
            target,
            email=email,
            refusal=later(limited),
            status=429,
            headers={"Retry-After": str(limited.retry_after)},
        )
    if before:
        # Whatever becomes of it, the new session is open, and the browser must get it. The old one
        # has ended by itself meanwhile, or will, unused.
        with contextlib.suppress(Unauthorized, Unavailable, Refused):
            await front.entrance.sign_in.sign_out(before, "replaced")
    await front.services.progress.reached(signed_in.position)
    cookie = set_session(signed_in.secret, front.base_url, front.entrance.lasting)
    if _is_for_an_app(target):
        # Which may lead on to another site at once. Chromium holds this form's policy against all
        # that its answer redirects to; by a page of its own the way begins anew.
        return front.renderer.page("consent/going_on", {"target": target}, cookies=[cookie])
    return see_other(target, [cookie])


@post("/logout")
async def logout(request: Page, front: NamedDependency[Front]) -> Response[None]:
    bearer = await front.bearer(request)
    await front.form(request, front.session(request))
    await front.entrance.sign_in.sign_out(bearer)
    return see_other("/login?done=out", [clear_session(front.base_url)])


def later(limited: RateLimited, what: str = "attempts") -> str:
    """Say when the next attempt may be made, or the next of `what` there were too many of."""
    seconds = limited.retry_after
    minutes = -(-seconds // 60)
    when = f"{seconds} seconds" if seconds < 60 else f"{minutes} minutes"  # noqa: PLR2004 - a minute
    return f"Too many {what}. Try again in {when}."


def _login(
    request: Page,
    front: Front,
    target: str,
    *,
    status: int = 200,
    email: str = "",
    owned: bool = True,
    headers: dict[str, str] | None = None,
    **said: str,
) -> Response[str]:
    pre_session = front.pre_session(request)
    return front.renderer.page(
        "sign_in/login",
        {
            "csrf": csrf_token(pre_session),
            "next": target,
            "email": email,
            "owned": owned,
            **said,
        },
        status=status,
        cookies=[set_pre_session(pre_session, front.base_url)],
        headers=headers,
    )


ENDPOINTS = (login_page, login, logout)
