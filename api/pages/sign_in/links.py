"""Pages that one-time links open: the first owner's, and the one to set a password."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency

from api.cookies import set_pre_session, set_session
from api.csrf import csrf_token
from api.pages.form import Form, new_password_in
from api.pages.front import Front, Page, visitor_of
from api.pages.panel import MCP
from api.pages.rendering import see_other
from api.problems import status_of
from api.rates import RateLimited
from api.sign_in.links import PASSWORD_PATH, SETUP_PATH, too_old
from domain.agent.rules import AGENT
from domain.decider import Ref
from domain.ledger import Unavailable
from domain.refusals import Code, Refused


@get(SETUP_PATH)
async def setup_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    token = request.query_params.get("token", "")
    if not await front.entrance.links.opens_setup(token):
        return await _dead_setup(front)
    return _form(request, front, "sign_in/setup", {"token": token})


@post(SETUP_PATH)
async def setup(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    form = await front.pre_session_form(request, hidden=True)
    links, entrance = front.entrance.links, front.entrance
    if not await links.opens_setup(form.get("token", "")):
        return await _dead_setup(front)
    name, email, visitor = form.get("name", ""), form.get("email", ""), visitor_of(request)
    try:
        password = new_password_in(form)
        await links.found_by_link(form["token"], name, email, password, visitor)
    except Refused as refused:
        if refused.code is Code.INVALID_ARGUMENTS:
            return _form(request, front, "sign_in/setup", form, refused)
        return await _dead_setup(front)
    try:
        signed_in = await entrance.sign_in.sign_in(email, password, visitor)
    except (RateLimited, Unavailable):
        return see_other("/login?done=password")  # the account is there all the same
    await front.services.progress.reached(signed_in.position)
    return see_other(MCP, [set_session(signed_in.secret, front.base_url, entrance.lasting)])


@get(PASSWORD_PATH)
async def password_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    asked = request.query_params
    form = {"agent": asked.get("agent", ""), "token": asked.get("token", "")}
    if not await front.entrance.links.opens_reset(_agent(form), form["token"]):
        return _dead(front)
    return _form(request, front, "sign_in/password", {**form, "email": await _address(front, form)})


@post(PASSWORD_PATH)
async def password(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    form = await front.pre_session_form(request, hidden=True)
    links, agent, token = front.entrance.links, _agent(form), form.get("token", "")
    if not await links.opens_reset(agent, token):
        return _dead(front)
    try:
        await links.set_password(agent, token, new_password_in(form), visitor_of(request))
    except Refused as refused:
        if refused.code is Code.INVALID_ARGUMENTS:
            shown = {**form, "email": await _address(front, form)}
            return _form(request, front, "sign_in/password", shown, refused)
        return _dead(front, refused)
    return see_other("/login?done=password")


def _form(
    request: Page, front: Front, template: str, form: Form, refused: Refused | None = None
) -> Response[str]:
    pre_session = front.pre_session(request)
    shown = {name: form.get(name, "") for name in ("agent", "token", "name", "email")}
    return front.renderer.page(
        template,
        {**shown, "csrf": csrf_token(pre_session), "refusal": refused.sentence if refused else ""},
        status=status_of(refused) if refused else 200,
        cookies=[set_pre_session(pre_session, front.base_url)],
        hidden=True,
    )


async def _dead_setup(front: Front) -> Response[str]:
    if await front.entrance.links.has_owner():
        sentence = "The account has an owner already. Sign in, or ask the owner to add you."
    else:
        sentence = (
            "This link is too old, or a newer one was made. "
            "Start the server again and it prints a new one."
        )
    return _dead(front, Refused(Code.NOT_FOUND, sentence))


def _dead(front: Front, refused: Refused | None = None) -> Response[str]:
    shown = {
        "title": "This link opens nothing",
        "sentence": (refused or too_old()).sentence,
        "way": "/login",
        "way_name": "Sign in",
    }
    return front.renderer.page("message", shown, status=404, hidden=True)


async def _address(front: Front, form: Form) -> str:
    """Return the address that the agent of this link signs in with; empty where there is none."""
    agent = (await front.services.helpdesk.states.refresh(Ref(AGENT, _agent(form)))).state
    return (agent.email if agent else None) or ""


def _agent(form: Form) -> UUID:
    try:
        return UUID(form.get("agent", ""))
    except ValueError:
        return UUID(int=0)


ENDPOINTS = (setup_page, setup, password_page, password)
