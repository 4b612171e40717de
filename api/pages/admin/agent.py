"""One agent, for those who manage agents: who it is, changed as far as one's own role goes."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import UNSET

from api.pages.account.credentials import apps_in_words, tokens_in_words, warning_at
from api.pages.admin.agents import AGENTS, HERE, Typed, typed_in
from api.pages.admin.forms import as_seen, fitted, pageless, reason_against, sentence_of
from api.pages.admin.giving import departments_to_give, roles_to_give
from api.pages.choices import Choice
from api.pages.front import Front, Page, notice_of
from api.pages.panel import Panel, panel_of
from api.pages.rendering import see_other
from api.problems import status_of
from api.rest.agents import AgentChange, AgentId, alter_agent
from api.rest.reach import context_for
from api.rest.sessions import living_sessions
from domain.agent import AGENT, Agent
from domain.agent.reach import require_giving, require_reach
from domain.decider import Context, Ref, existing
from domain.department import DEPARTMENT
from domain.password import require_linking
from domain.permissions import Permission
from domain.refusals import Refused
from domain.role import ranks_above_agents, rights_of

ONE = f"{AGENTS}/{{agent_id:uuid}}"
_DONE = {
    "saved": "It is saved.",
    "nothing": "It was so already: nothing was changed.",
    "token": "The token is revoked: it opens nothing any more.",
    "app": "The app is revoked: it has to ask again.",
    "deactivated": "All access is ended, and the seat is free.",
    "reactivated": "The account is open again. Access tokens are to be generated anew.",
    "seat": "The seat is given. A password link lets the agent sign in.",
}


class Shown(NamedTuple):
    """An agent, as the page tells of it."""

    id: UUID
    name: str
    email: str
    role: str
    role_name: str
    departments: Mapping[UUID, str]
    active: bool
    seat: bool
    version: int


class Reasons(NamedTuple):
    """Why the rules refuse what one might want; empty where they let one."""

    change: str
    link: str
    back: str  # to take the agent back, or to give a seat


@get(ONE)
async def agent_page(
    request: Page, agent_id: AgentId, front: NamedDependency[Front]
) -> Response[str]:
    panel = await panel_of(request, front)
    warning = await warning_at(request, front.services, agent_id)
    return await show_agent(panel, agent_id, notice=notice_of(request, _DONE), warning=warning)


@post(f"{ONE}/change")
async def change_agent(
    request: Page, agent_id: AgentId, front: NamedDependency[Front]
) -> Response[Any]:
    """Change what was typed otherwise than it is; what was not offered stays as it is."""
    panel = await panel_of(request, front)
    form = await panel.form()
    typed = typed_in(form)

    async def changed() -> str:
        states = panel.services.helpdesk.states
        agent = existing((await states.refresh(Ref(AGENT, agent_id))).state, "agent")
        conditions = as_seen(form)
        change = await _change(panel, agent, typed)
        if change == AgentChange():
            return "nothing"
        await alter_agent(panel.acting, agent_id, change, conditions)
        return "saved"

    return await carried_out(panel, agent_id, changed, typed)


async def carried_out(
    panel: Panel, agent: UUID, deed: Callable[[], Awaitable[str]], typed: Typed | None = None
) -> Response[Any]:
    """Do something to an agent, then lead back to its page, or say there why it was refused."""
    panel.acting.reading(Permission.AGENTS_MANAGE)
    try:
        done = await deed()
    except Refused as refused:
        if pageless(refused) and typed is None:
            raise
        sentence = sentence_of(refused, "account")
        return await show_agent(panel, agent, status_of(refused), typed, refusal=sentence)
    return see_other(f"{AGENTS}/{agent}?done={done}")


async def _change(panel: Panel, agent: Agent, typed: Typed) -> AgentChange:
    offered = await departments_to_give(panel, agent.departments)
    hidden = {str(key) for key in agent.departments} - {choice.value for choice in offered}
    wanted = {*typed.departments, *hidden}
    changes: dict[str, Any] = {}
    if typed.name != agent.name:
        changes["name"] = typed.name
    if agent.seat and typed.email != (agent.email or ""):
        changes["email"] = typed.email
    if typed.role != agent.role:
        changes["role"] = typed.role
    if wanted != set(map(str, agent.departments)):
        changes["department_ids"] = sorted(wanted)
    return fitted(changes, AgentChange)


async def show_agent(
    panel: Panel, agent: UUID, status: int = 200, typed: Typed | None = None, **said: str
) -> Response[str]:
    """Show an agent; a form that was refused is as it was `typed`."""
    panel.acting.reading(Permission.AGENTS_MANAGE)
    services = panel.services
    read = await services.helpdesk.states.refresh(Ref(AGENT, agent))
    state = existing(read.state, "agent")
    context = await context_for(panel.acting, state.role)
    reasons = _reasons(agent, state, context)
    it = await _shown(panel, agent, state, read.version, context)
    is_me = agent == panel.acting.agent
    may_look = is_me or not reasons.change
    tokens = await tokens_in_words(services, agent) if may_look else []
    apps = await apps_in_words(services, agent) if may_look else []
    used = [one.line.last_used_at for one in (*tokens, *apps)]
    roles = await roles_to_give(panel)
    if state.role not in {role.value for role in roles}:
        roles.append(Choice(state.role, it.role_name))
    as_it_is = Typed(it.name, it.email, it.role, [str(key) for key in it.departments])
    shown: dict[str, object] = {
        "agent": it,
        "is_me": is_me,
        "may_look": may_look,
        "reasons": reasons,
        "typed": typed or as_it_is,
        "conflicting": typed is not None and status == HTTPStatus.PRECONDITION_FAILED,
        "roles": roles,
        "withheld": Permission.ADMINS_MANAGE not in panel.caller.granted,
        "departments": await departments_to_give(panel, state.departments),
        "seen": await _last_seen(panel, agent, used) if may_look else None,
        "tokens": tokens,
        "apps": apps,
        "may_audit": panel.caller.may(Permission.AUDIT_READ),
        "base": f"{AGENTS}/{agent}",
        **said,
    }
    return panel.page("admin/agent", shown, HERE, status=status)


def _reasons(key: UUID, agent: Agent, context: Context) -> Reasons:
    change = reason_against(lambda: require_reach(agent.role, context))
    if change and ranks_above_agents(agent.role):
        change = "Only owners change the accounts of admins and owners. Ask one of them."
    link = reason_against(lambda: require_linking(key, agent, context))
    back = reason_against(lambda: require_giving(agent.role, context))
    return Reasons(change, link, back)


async def _shown(panel: Panel, key: UUID, agent: Agent, version: int, context: Context) -> Shown:
    states = panel.services.helpdesk.states
    held = next(iter(context.states.values()), None)
    places = {
        place: (await states.refresh(Ref(DEPARTMENT, place))).state for place in agent.departments
    }
    named = sorted((place.name, each) for each, place in places.items() if place)
    return Shown(
        key,
        agent.name,
        agent.email or "",
        agent.role,
        rights_of(agent.role, held).name,
        {each: name for name, each in named},
        agent.active,
        agent.seat,
        version,
    )


async def _last_seen(panel: Panel, agent: UUID, used: list[Any]) -> datetime | None:
    """Return when the agent last did anything, by whatever way, about a minute late."""
    sessions = await living_sessions(panel.services, agent, None)
    moments = [*used, *(one.last_used_at for one in sessions), *(one.opened_at for one in sessions)]
    return max((moment for moment in moments if moment is not UNSET), default=None)


ENDPOINTS = (agent_page, change_agent)
