"""Agents, for those who manage them: who works here, and who joins."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency

from api.pages.admin.forms import fitted, once
from api.pages.admin.giving import departments_to_give, roles_to_give
from api.pages.choices import Choice, departments_of
from api.pages.form import Sent
from api.pages.front import Front, Page
from api.pages.panel import ADMIN, ADMINISTRATION, Here, Panel, panel_of
from api.pages.wording import explained, tried
from api.problems import status_of
from api.rest.agents import NewAgent, hire_agent
from api.rest.password_links import PasswordLink, issue_password_link
from domain.permissions import Permission, Role
from domain.refusals import Code, Refused
from projections.directory_queries import AgentDetailsPage

AGENTS = f"{ADMIN}/agents"
HERE = Here(bar=ADMIN, section=ADMINISTRATION, path=AGENTS)
_LONGEST_SEARCH = 200


class Filters(NamedTuple):
    """Whom the address asks for."""

    find: str = ""
    department: str = ""
    role: str = ""
    all: str = ""

    @property
    def kept(self) -> dict[str, str]:
        return {name: value for name, value in self._asdict().items() if value}

    def path(self, **more: str) -> str:
        query = urlencode({**self.kept, **more})
        return f"{AGENTS}?{query}" if query else AGENTS

    @property
    def narrows(self) -> bool:
        return bool(self.find or self.department or self.role)


class Typed(NamedTuple):
    """What stands in the form of an agent."""

    name: str = ""
    email: str = ""
    role: str = ""
    departments: Sequence[str] = ()


@get(AGENTS)
async def agents_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    panel = await panel_of(request, front)
    panel.acting.reading(Permission.AGENTS_MANAGE)
    asked = request.query_params
    filters = Filters(**{name: asked.get(name, "").strip() for name in Filters._fields})
    cursor = asked.get("cursor", "")
    found, refusal, status = await tried(lambda: _find(panel, filters, cursor))
    roles = await panel.services.views.list_roles()
    shown: dict[str, object] = {
        "agents": found.agents if found else [],
        "filters": filters,
        "departments": await departments_of(panel),
        "roles": [Choice(role.id, role.name) for role in roles],
        "first": filters.path() if cursor else "",
        "next": filters.path(cursor=found.next_cursor) if found and found.next_cursor else "",
        "refusal": refusal,
    }
    return panel.page("admin/agents", shown, HERE, status=status)


async def _find(panel: Panel, filters: Filters, cursor: str) -> AgentDetailsPage:
    if "\0" in "".join(filters) or len(filters.find) > _LONGEST_SEARCH:
        raise Refused(Code.INVALID_ARGUMENTS, "This cannot be looked for. Change it below.")
    try:
        department = UUID(filters.department) if filters.department else None
        return await panel.services.views.list_agent_details(
            department_id=department,
            cursor=cursor or None,
            include_inactive=bool(filters.all),
            role=filters.role or None,
            letters=filters.find,
        )
    except (ValueError, Refused) as error:
        if isinstance(error, Refused) and error.code is not Code.NOT_FOUND:
            raise
        raise Refused(
            Code.NOT_FOUND, "There is no such department. Choose another one below."
        ) from None


@get(f"{AGENTS}/new")
async def new_agent_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    asked = request.query_params
    typed = Typed(role=Role.AGENT.value, departments=[asked.get("department", "")])
    return await _new(await panel_of(request, front), typed)


@post(f"{AGENTS}/add")
async def add_agent(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    """Add an agent, and show the link by which the newcomer sets a password."""
    panel = await panel_of(request, front)
    form = await panel.form()
    typed = typed_in(form)
    try:
        new = fitted(
            {
                "name": typed.name,
                "email": typed.email,
                "role": typed.role,
                "department_ids": typed.departments,
            },
            NewAgent,
        )
        hired = (await hire_agent(panel.acting, new, once(form, new))).answer
    except Refused as refused:
        return await _new(panel, typed, status_of(refused), refusal=explained(refused))
    return show_link(panel, hired.name, await issue_password_link(panel.acting, hired.id))


async def _new(panel: Panel, typed: Typed, status: int = 200, **said: str) -> Response[str]:
    panel.acting.reading(Permission.AGENTS_MANAGE)
    shown: dict[str, object] = {
        "typed": typed,
        "roles": await roles_to_give(panel),
        "withheld": Permission.ADMINS_MANAGE not in panel.caller.granted,
        "departments": await departments_to_give(panel),
        "key": str(panel.services.new_id()),
        **said,
    }
    return panel.page("admin/agent_new", shown, HERE, status=status)


def typed_in(form: Sent) -> Typed:
    """Return what stands in the form of an agent."""
    name, email, role = (form.get(each, "").strip() for each in ("name", "email", "role"))
    return Typed(name, email, role, form.all("department"))


def show_link(panel: Panel, name: str, link: PasswordLink) -> Response[str]:
    """Show a link to set a password, this once."""
    shown: dict[str, object] = {
        "link": link,
        "name": name,
        "base": f"{AGENTS}/{link.agent_id}",
    }
    return panel.page("admin/password_link", shown, HERE)


ENDPOINTS = (agents_page, new_agent_page, add_agent)
