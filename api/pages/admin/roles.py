"""Roles, for those who manage them: what each allows, in words, made and changed as one may."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter

from api.pages.admin.forms import as_seen, fitted, once, pageless, sentence_of
from api.pages.form import Sent
from api.pages.front import Front, Page, notice_of
from api.pages.panel import ADMIN, ADMINISTRATION, Here, Panel, panel_of
from api.pages.rendering import see_other
from api.pages.wording import explained
from api.problems import status_of
from api.rest.acting import Conditions
from api.rest.roles import NewRole, RoleChange, alter_role, end_role, make_role
from domain.decider import Ref
from domain.permissions import PRIVILEGES, Permission, Role, Scope
from domain.refusals import Code, Refused
from domain.role import ROLE, counted, rights_of
from projections.directory_queries import AgentDetails

RoleId = Annotated[str, PathParameter(description="The role's id: for built-in roles, their word.")]

ROLES = f"{ADMIN}/roles"
ONE = f"{ROLES}/{{role_id:str}}"
_HERE = Here(bar=ADMIN, section=ADMINISTRATION, path=ROLES)
_DONE = {
    "added": "The role is made. Give it to agents on their pages.",
    "saved": "It is saved, and holds at once for everybody who has the role.",
    "nothing": "It was so already: nothing was changed.",
    "removed": "The role is removed.",
}


class Line(NamedTuple):
    """A permission in a form or a list."""

    value: str
    sentence: str
    ticked: bool = False


class Group(NamedTuple):
    """The permissions of a scope."""

    sentence: str
    permissions: Sequence[Line]


class Shown(NamedTuple):
    """A role, as the page tells of it; `version` is 0 for a built-in one."""

    id: str
    name: str
    built_in: bool
    permissions: frozenset[Permission]
    version: int = 0


class Typed(NamedTuple):
    """What stands in the form of a role."""

    name: str = ""
    permissions: Sequence[str] = ()


@get(ROLES)
async def roles_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    panel = await panel_of(request, front)
    panel.acting.reading(Permission.ROLES_MANAGE)
    roles = await panel.services.views.list_roles()
    shown: dict[str, object] = {
        "roles": [(role, groups_of(frozenset(role.permissions))) for role in roles],
        "count": len(Permission),
        "may_look": panel.caller.may(Permission.AGENTS_MANAGE),
        "notice": notice_of(request, _DONE),
    }
    return panel.page("admin/roles", shown, _HERE)


@get(f"{ROLES}/new")
async def new_role_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    return await _new(await panel_of(request, front), Typed())


@post(f"{ROLES}/add")
async def add_role(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    panel = await panel_of(request, front)
    form = await panel.form()
    typed = _typed_in(form)
    try:
        new = fitted(typed._asdict(), NewRole)
        made = (await make_role(panel.acting, new, once(form, new))).answer
    except Refused as refused:
        return await _new(panel, typed, status_of(refused), refusal=explained(refused))
    return see_other(f"{ROLES}/{made.id}?done=added")


@get(ONE)
async def role_page(request: Page, role_id: RoleId, front: NamedDependency[Front]) -> Response[str]:
    notice = notice_of(request, _DONE)
    return await _show(await panel_of(request, front), role_id, notice=notice)


@post(f"{ONE}/change")
async def change_role(
    request: Page, role_id: RoleId, front: NamedDependency[Front]
) -> Response[Any]:
    """Set the name, and the permissions to those that are ticked: one gives only what one has."""
    panel = await panel_of(request, front)
    form = await panel.form()
    typed = _typed_in(form)
    try:
        role = await _read(panel, role_id)
        conditions = as_seen(form)
        change = _change(role, typed)
        if change == RoleChange():
            return see_other(f"{ROLES}/{role_id}?done=nothing")
        await alter_role(panel.acting, role_id, change, conditions)
    except Refused as refused:
        sentence = sentence_of(refused, "role")
        return await _show(panel, role_id, status_of(refused), typed, refusal=sentence)
    return see_other(f"{ROLES}/{role_id}?done=saved")


@post(f"{ONE}/remove")
async def remove_role(
    request: Page, role_id: RoleId, front: NamedDependency[Front]
) -> Response[Any]:
    panel = await panel_of(request, front)
    await panel.form()
    try:
        await end_role(panel.acting, (await _read(panel, role_id)).id, Conditions())
    except Refused as refused:
        if pageless(refused):
            raise
        return await _show(panel, role_id, status_of(refused), refusal=explained(refused))
    return see_other(f"{ROLES}?done=removed")


def groups_of(permissions: frozenset[Permission], ticked: Sequence[str] = ()) -> list[Group]:
    """Return permissions in words, by scope; scopes without any are left out."""
    groups = [
        Group(
            scope.sentence,
            [
                Line(one.value, one.sentence, one.value in ticked)
                for one in Permission
                if one.scope is scope and one in permissions
            ],
        )
        for scope in Scope
    ]
    return [group for group in groups if group.permissions]


def _typed_in(form: Sent) -> Typed:
    return Typed(form.get("name", "").strip(), form.all("permissions"))


def _change(role: Shown, typed: Typed) -> RoleChange:
    changes: dict[str, Any] = {}
    if typed.name != role.name:
        changes["name"] = typed.name
    if set(typed.permissions) != set(role.permissions):
        changes["permissions"] = typed.permissions
    return fitted(changes, RoleChange)


async def _read(panel: Panel, role_id: str) -> Shown:
    """Return a role. Refuses with `not_found` one that there is not."""
    panel.acting.reading(Permission.ROLES_MANAGE)
    if role_id in set(Role):
        return Shown(role_id, role_id, True, rights_of(role_id, None).permissions)
    try:
        ref = counted(role_id)
    except Refused:
        ref = None
    read = await panel.services.helpdesk.states.refresh(Ref(ROLE, ref.id)) if ref else None
    if read is None or read.state is None or read.state.removed:
        raise Refused(Code.NOT_FOUND, "There is no such role. Perhaps somebody removed it.")
    return Shown(role_id, read.state.name, False, read.state.permissions, read.version)


async def _new(panel: Panel, typed: Typed, status: int = 200, **said: str) -> Response[str]:
    panel.acting.reading(Permission.ROLES_MANAGE)
    shown: dict[str, object] = {
        "typed": typed,
        "withheld": bool(PRIVILEGES - _own(panel)),
        "groups": groups_of(_own(panel), typed.permissions),
        "key": str(panel.services.new_id()),
        **said,
    }
    return panel.page("admin/role_new", shown, _HERE, status=status)


async def _show(
    panel: Panel, role_id: str, status: int = 200, typed: Typed | None = None, **said: str
) -> Response[str]:
    role = await _read(panel, role_id)
    own = _own(panel)
    as_it_is = Typed(role.name, [one.value for one in role.permissions])
    holders = await _holders(panel, role_id)
    shown: dict[str, object] = {
        "role": role,
        "typed": typed or as_it_is,
        "conflicting": typed is not None and status == HTTPStatus.PRECONDITION_FAILED,
        "withheld": bool(PRIVILEGES - own),
        "groups": groups_of(own, (typed or as_it_is).permissions),
        "allowed": groups_of(role.permissions),
        "beyond": [one.sentence for one in Permission if one in role.permissions - own],
        "holders": holders,
        "may_look": panel.caller.may(Permission.AGENTS_MANAGE),
        "base": f"{ROLES}/{role_id}",
        **said,
    }
    return panel.page("admin/role", shown, _HERE, status=status)


async def _holders(panel: Panel, role_id: str) -> list[AgentDetails]:
    """Return who has a role, the first hundred by name; nobody to those who may not list agents."""
    if not panel.caller.may_list(Permission.AGENTS_MANAGE):
        return []
    views = panel.services.views
    return (await views.list_agent_details(role=role_id)).agents


def _own(panel: Panel) -> frozenset[Permission]:
    """Return what one may give: what one's own role allows, and is not owners' alone."""
    return panel.caller.granted & PRIVILEGES


ENDPOINTS = (roles_page, new_role_page, add_role, role_page, change_role, remove_role)
