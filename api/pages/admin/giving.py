"""What one may give to others, by the rules themselves: roles and departments to choose from."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from api.pages.admin.forms import reason_against
from api.pages.choices import Choice, departments_of
from api.pages.panel import Panel
from domain.agent.reach import counting, require_giving
from domain.decider import Context, Ref
from domain.department import DEPARTMENT
from domain.permissions import Permission
from domain.role import HeldRole, RoleRef
from projections.rights import RoleLine


async def context_for(panel: Panel, role: RoleRef) -> Context:
    """Return what the rules look at when an account of this role is to be changed."""
    states = panel.front.office.helpdesk.states
    held = {ref.id: (await states.refresh(ref)).state for ref in counting(role)}
    return _context(panel, held)


async def roles_to_give(panel: Panel) -> list[Choice]:
    """Return the roles that one may give, the mightiest first; built-in ones have words for ids."""
    roles = await panel.front.office.views.list_roles()
    if not panel.bearer.caller.may(Permission.DIRECTORY_READ):
        roles = [role for role in roles if role.built_in]
    return [Choice(role.id, role.name) for role in roles if may_give(panel, role)]


def may_give(panel: Panel, role: RoleLine) -> bool:
    """Whether one may give a role, as the views have it."""
    as_held = HeldRole(role.name, frozenset(role.permissions), role.holders)
    context = _context(panel, {ref.id: as_held for ref in counting(role.id)})
    return not reason_against(lambda: require_giving(role.id, context))


async def departments_to_give(panel: Panel, held: Iterable[UUID] = ()) -> list[Choice]:
    """Return the departments that one may let somebody into, with those that one is in already."""
    caller, already = panel.bearer.caller, frozenset(held)
    listed = {choice.value: choice for choice in await departments_of(panel)}
    if Permission.TICKETS_ALL_DEPARTMENTS in caller.granted:
        wanted = {UUID(value) for value in listed} | already
    else:
        wanted = caller.departments | already
    states = panel.front.office.helpdesk.states
    found = [choice for choice in listed.values() if UUID(choice.value) in wanted]
    unlisted = [Ref(DEPARTMENT, key) for key in wanted if str(key) not in listed]
    kept = [(ref.id, (await states.refresh(ref)).state) for ref in unlisted]
    found += [Choice(str(key), department.name) for key, department in kept if department]
    return sorted(found, key=lambda choice: choice.name.casefold())


def _context(panel: Panel, states: Mapping[UUID, Any]) -> Context:
    return Context(panel.front.office.now(), panel.bearer.caller, states)
