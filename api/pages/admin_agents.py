"""Agents, for those who manage them: who works here, and what each let in; both may be ended."""

from typing import Any, NamedTuple
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency

from api import problems
from api.pages.front import Front, Page
from api.pages.panel import ADMIN, ADMIN_PLACES, ADMINISTRATION, Here, Panel, panel_of
from api.pages.revoking import READING, end_app, end_token
from api.pages.showing import see_other
from api.rest.acting import Conditions
from api.rest.agents import AgentId, act_on_agent
from api.rest.apps import apps_of
from api.rest.asking import asked
from api.rest.reach import within_reach
from api.rest.tokens import tokens_held_by
from domain.agent import AGENT, AgentCommand, DeactivateAgent, ReactivateAgent
from domain.decider import Ref, existing
from domain.department import DEPARTMENT
from domain.permissions import Permission
from domain.refusals import Code, Refused
from domain.role import counted, rights_of

AGENTS = f"{ADMIN}/agents"
_HERE = Here(bar=ADMIN, section=ADMINISTRATION, path=AGENTS)
_DONE = {
    "token": "The token is revoked: it opens nothing any more.",
    "app": "The app is revoked: it has to ask again.",
    "deactivated": "All access is ended, and the seat is free.",
    "reactivated": "The account is open again. Access tokens are to be generated anew.",
}


class Shown(NamedTuple):
    """An agent, as far as the page tells."""

    id: UUID
    name: str
    email: str
    role: str
    departments: list[str]
    active: bool
    seat: bool


@get(ADMIN)
async def admin_page(request: Page, front: NamedDependency[Front]) -> Response[None]:
    """Lead to the first place of the section that one may go to."""
    panel = await panel_of(request, front)
    for place in panel.open(ADMIN_PLACES):
        return see_other(place.path)
    raise Refused(Code.PERMISSION_DENIED, "Your role does not allow you to manage anything here.")


@get(AGENTS)
async def agents_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    panel = await panel_of(request, front)
    panel.acting.reading(Permission.AGENTS_MANAGE)
    everybody = "all" in request.query_params
    found = await front.office.views.list_agent_details(
        cursor=request.query_params.get("cursor") or None, include_inactive=everybody
    )
    shown = {
        "agents": found.agents,
        "next": found.next_cursor or "",
        "everybody": everybody,
        "agents_path": AGENTS,
    }
    return panel.page("admin_agents", shown, _HERE)


@get(AGENTS + "/{agent_id:uuid}")
async def agent_page(
    request: Page, agent_id: AgentId, front: NamedDependency[Front]
) -> Response[str]:
    notice = _DONE.get(request.query_params.get("done", ""), "")
    return await _agent(await panel_of(request, front), agent_id, notice=notice)


@post(AGENTS + "/{agent_id:uuid}/tokens/revoke")
async def revoke_agents_token(
    request: Page, agent_id: AgentId, front: NamedDependency[Front]
) -> Response[None]:
    panel = await panel_of(request, front)
    await end_token(panel.acting, await panel.form())
    return see_other(f"{AGENTS}/{agent_id}?done=token")


@post(AGENTS + "/{agent_id:uuid}/apps/revoke")
async def revoke_agents_app(
    request: Page, agent_id: AgentId, front: NamedDependency[Front]
) -> Response[None]:
    panel = await panel_of(request, front)
    await end_app(panel.acting, await panel.form())
    return see_other(f"{AGENTS}/{agent_id}?done=app")


@post(AGENTS + "/{agent_id:uuid}/deactivate")
async def deactivate(
    request: Page, agent_id: AgentId, front: NamedDependency[Front]
) -> Response[Any]:
    panel = await panel_of(request, front)
    return await _change(panel, agent_id, "deactivate", DeactivateAgent(agent=agent_id))


@post(AGENTS + "/{agent_id:uuid}/reactivate")
async def reactivate(
    request: Page, agent_id: AgentId, front: NamedDependency[Front]
) -> Response[Any]:
    panel = await panel_of(request, front)
    return await _change(panel, agent_id, "reactivate", ReactivateAgent(agent=agent_id))


async def _change(panel: Panel, agent: UUID, deed: str, command: AgentCommand) -> Response[Any]:
    await panel.form()
    try:
        arguments = asked(agent_id=agent)
        await act_on_agent(panel.acting, f"{deed}_agent", arguments, [command], Conditions())
    except Refused as refused:
        if refused.code in {Code.PERMISSION_DENIED, Code.NOT_FOUND}:
            raise  # for there is no page to say so on
        status = problems.OF_REFUSALS[refused.code].status
        return await _agent(panel, agent, status, refusal=refused.sentence)
    if agent == panel.acting.agent:
        return see_other("/login")
    return see_other(f"{AGENTS}/{agent}?done={deed}d")


async def _agent(panel: Panel, agent: UUID, status: int = 200, **said: str) -> Response[str]:
    panel.acting.reading(Permission.AGENTS_MANAGE)
    await within_reach(panel.acting, agent)
    office = panel.front.office
    shown = {
        "agent": await _shown(panel, agent),
        "is_me": agent == panel.acting.agent,
        "tokens": await tokens_held_by(office, agent),
        "apps": await apps_of(office, agent),
        "reading": READING,
        "agents_path": AGENTS,
        "base": f"{AGENTS}/{agent}",
    }
    return panel.page("admin_agent", {**shown, **said}, _HERE, status=status)


async def _shown(panel: Panel, key: UUID) -> Shown:
    states = panel.front.office.helpdesk.states
    agent = existing((await states.refresh(Ref(AGENT, key))).state, "agent")
    stream = counted(agent.role)
    role = rights_of(agent.role, (await states.refresh(stream)).state if stream else None)
    places = [(await states.refresh(Ref(DEPARTMENT, place))).state for place in agent.departments]
    return Shown(
        key,
        agent.name,
        agent.email or "",
        role.name,
        sorted(place.name for place in places if place),
        agent.active,
        agent.seat,
    )


ENDPOINTS = (
    admin_page,
    agents_page,
    agent_page,
    revoke_agents_token,
    revoke_agents_app,
    deactivate,
    reactivate,
)
