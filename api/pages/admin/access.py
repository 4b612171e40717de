"""An agent's access, for those who manage agents: links and seats given, tokens and apps ended."""

from http import HTTPStatus
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency

from api.pages.account.credentials import after_ending
from api.pages.admin.agent import ONE, carried_out, show_agent
from api.pages.admin.agents import AGENTS, show_link
from api.pages.admin.forms import fitted, pageless
from api.pages.form import id_in
from api.pages.front import Front, Page
from api.pages.panel import panel_of
from api.pages.rendering import see_other
from api.pages.wording import explained
from api.problems import status_of
from api.rest.acting import Conditions
from api.rest.agent_access import Seat, end_access, give_access, seat_agent
from api.rest.agents import AgentId
from api.rest.apps import end_app
from api.rest.password_links import issue_password_link
from api.rest.tokens import end_token
from domain.agent import AGENT
from domain.decider import Ref, existing
from domain.refusals import Refused


@post(f"{ONE}/tokens/revoke")
async def revoke_agents_token(
    request: Page, agent_id: AgentId, front: NamedDependency[Front]
) -> Response[None]:
    panel = await panel_of(request, front)
    token = id_in(await panel.form(), "token")
    ended = (await end_token(panel.acting, token, Conditions())).answer
    return see_other(after_ending(ended, f"{AGENTS}/{agent_id}?done=token"))


@post(f"{ONE}/apps/revoke")
async def revoke_agents_app(
    request: Page, agent_id: AgentId, front: NamedDependency[Front]
) -> Response[None]:
    panel = await panel_of(request, front)
    await end_app(panel.acting, id_in(await panel.form(), "app"), Conditions())
    return see_other(f"{AGENTS}/{agent_id}?done=app")


@post(f"{ONE}/deactivate")
async def deactivate(
    request: Page, agent_id: AgentId, front: NamedDependency[Front]
) -> Response[Any]:
    panel = await panel_of(request, front)
    await panel.form()

    async def deactivated() -> str:
        await end_access(panel.acting, agent_id, Conditions())
        return "deactivated"

    answer = await carried_out(panel, agent_id, deactivated)
    own = agent_id == panel.acting.agent
    return see_other("/login") if own and answer.status_code == HTTPStatus.SEE_OTHER else answer


@post(f"{ONE}/reactivate")
async def reactivate(
    request: Page, agent_id: AgentId, front: NamedDependency[Front]
) -> Response[Any]:
    panel = await panel_of(request, front)
    await panel.form()

    async def reactivated() -> str:
        await give_access(panel.acting, agent_id, Conditions())
        return "reactivated"

    return await carried_out(panel, agent_id, reactivated)


@post(f"{ONE}/seat")
async def give_seat(
    request: Page, agent_id: AgentId, front: NamedDependency[Front]
) -> Response[Any]:
    """Give an imported agent a seat, with the address to sign in with."""
    panel = await panel_of(request, front)
    form = await panel.form()

    async def given() -> str:
        seat = fitted({"email": form.get("email", "").strip()}, Seat)
        await seat_agent(panel.acting, agent_id, seat, Conditions())
        return "seat"

    return await carried_out(panel, agent_id, given)


@post(f"{ONE}/password-link")
async def new_password_link(
    request: Page, agent_id: AgentId, front: NamedDependency[Front]
) -> Response[str]:
    """Make another link to set the password, and show it, this once."""
    panel = await panel_of(request, front)
    await panel.form()
    try:
        link = await issue_password_link(panel.acting, agent_id)
    except Refused as refused:
        if pageless(refused):
            raise
        return await show_agent(panel, agent_id, status_of(refused), refusal=explained(refused))
    states = panel.services.helpdesk.states
    agent = existing((await states.refresh(Ref(AGENT, agent_id))).state, "agent")
    return show_link(panel, agent.name, link)


ENDPOINTS = (
    revoke_agents_token,
    revoke_agents_app,
    deactivate,
    reactivate,
    give_seat,
    new_password_link,
)
