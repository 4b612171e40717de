"""Departments, for those who manage them: who works in each, added and renamed."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter
from msgspec import UnsetType

from api.pages.admin.forms import as_seen, fitted, once, sentence_of
from api.pages.front import Front, Page, notice_of
from api.pages.panel import ADMIN, ADMINISTRATION, Here, Panel, panel_of
from api.pages.rendering import see_other
from api.pages.wording import explained
from api.problems import status_of
from api.rest.departments import NamedDepartment, alter_department, make_department
from domain.decider import Ref, existing
from domain.department import DEPARTMENT
from domain.permissions import Permission
from domain.refusals import Refused
from projections.directory_queries import AgentDetailsPage

DepartmentId = Annotated[UUID, PathParameter(description="The department's id.")]

DEPARTMENTS = f"{ADMIN}/departments"
ONE = f"{DEPARTMENTS}/{{department_id:uuid}}"
_HERE = Here(bar=ADMIN, section=ADMINISTRATION, path=DEPARTMENTS)
_DONE = {
    "added": "The department is added. Let agents into it on their pages.",
    "saved": "It is saved.",
}


@get(DEPARTMENTS)
async def departments_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    cursor = request.query_params.get("cursor", "")
    return await _list(await panel_of(request, front), cursor)


@post(f"{DEPARTMENTS}/add")
async def add_department(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    panel = await panel_of(request, front)
    form = await panel.form()
    name = form.get("name", "").strip()
    try:
        new = fitted({"name": name}, NamedDepartment)
        made = (await make_department(panel.acting, new, once(form, new))).answer
    except Refused as refused:
        return await _list(panel, "", name, status_of(refused), refusal=explained(refused))
    return see_other(f"{DEPARTMENTS}/{made.id}?done=added")


@get(ONE)
async def department_page(
    request: Page, department_id: DepartmentId, front: NamedDependency[Front]
) -> Response[str]:
    panel = await panel_of(request, front)
    cursor = request.query_params.get("cursor", "")
    return await _show(panel, department_id, cursor, notice=notice_of(request, _DONE))


@post(f"{ONE}/rename")
async def rename_department(
    request: Page, department_id: DepartmentId, front: NamedDependency[Front]
) -> Response[Any]:
    panel = await panel_of(request, front)
    form = await panel.form()
    typed = form.get("name", "").strip()
    try:
        name = fitted({"name": typed}, NamedDepartment)
        await alter_department(panel.acting, department_id, name, as_seen(form))
    except Refused as refused:
        sentence = sentence_of(refused, "department")
        return await _show(
            panel, department_id, typed=typed, status=status_of(refused), refusal=sentence
        )
    return see_other(f"{DEPARTMENTS}/{department_id}?done=saved")


async def _list(
    panel: Panel, cursor: str, typed: str = "", status: int = 200, **said: str
) -> Response[str]:
    panel.acting.reading(Permission.DEPARTMENTS_MANAGE)
    found = await panel.services.views.list_departments(cursor=cursor or None)
    shown: dict[str, object] = {
        "found": found.departments,
        "next": _after(DEPARTMENTS, found.next_cursor),
        "first": DEPARTMENTS if cursor else "",
        "typed": typed,
        "key": str(panel.services.new_id()),
        **said,
    }
    return panel.page("admin/departments", shown, _HERE, status=status)


async def _show(
    panel: Panel,
    department: UUID,
    cursor: str = "",
    *,
    typed: str | None = None,
    status: int = 200,
    **said: str,
) -> Response[str]:
    caller = panel.acting.reading(Permission.DEPARTMENTS_MANAGE)
    services = panel.services
    state, version = await services.helpdesk.states.refresh(Ref(DEPARTMENT, department))
    name = existing(state, "department").name
    may_look = caller.may(Permission.AGENTS_MANAGE)
    base, members = f"{DEPARTMENTS}/{department}", AgentDetailsPage(agents=[])
    if may_list := caller.may_list(Permission.AGENTS_MANAGE):
        members = await services.views.list_agent_details(
            department_id=department, cursor=cursor or None
        )
    shown: dict[str, object] = {
        "name": name,
        "typed": name if typed is None else typed,
        "conflicting": typed is not None and status == HTTPStatus.PRECONDITION_FAILED,
        "version": version,
        "members": members.agents,
        "next": _after(base, members.next_cursor),
        "first": base if cursor else "",
        "may_list": may_list,
        "may_look": may_look,
        "id": department,
        "base": base,
        **said,
    }
    return panel.page("admin/department", shown, _HERE, status=status)


def _after(path: str, cursor: str | UnsetType) -> str:
    return f"{path}?{urlencode({'cursor': cursor})}" if cursor else ""


ENDPOINTS = (departments_page, add_department, department_page, rename_department)
