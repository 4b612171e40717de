"""What one may give to others, by the rules themselves: roles and departments to choose from."""

from collections.abc import Iterable
from uuid import UUID

from api.pages.admin.forms import reason_against
from api.pages.choices import Choice, departments_of
from api.pages.panel import Panel
from domain.agent.reach import counting, require_giving
from domain.decider import Context, Ref
from domain.department import DEPARTMENT
from domain.permissions import Permission
from domain.role import HeldRole
from projections.role_queries import RoleLine


async def roles_to_give(panel: Panel) -> list[Choice]:
    """Return the roles that one may give, the mightiest first; built-in ones have words for ids."""
    roles = await panel.services.views.list_roles()
    if not panel.caller.may(Permission.DIRECTORY_READ):
        roles = [role for role in roles if role.built_in]
    return [Choice(role.id, role.name) for role in roles if may_give(panel, role)]


def may_give(panel: Panel, role: RoleLine) -> bool:
    """Whether one may give a role, as the views have it."""
    as_held = HeldRole(role.name, frozenset(role.permissions), role.holders)
    held = {ref.id: as_held for ref in counting(role.id)}
    context = Context(panel.services.now(), panel.caller, held)
    return not reason_against(lambda: require_giving(role.id, context))


async def departments_to_give(panel: Panel, held: Iterable[UUID] = ()) -> list[Choice]:
    """Return the departments that one may let an agent into, and those that it is in already."""
    caller, already = panel.caller, frozenset(held)
    listed = {choice.value: choice for choice in await departments_of(panel)}
    if Permission.TICKETS_ALL_DEPARTMENTS in caller.granted:
        wanted = {UUID(value) for value in listed} | already
    else:
        wanted = caller.departments | already
    states = panel.services.helpdesk.states
    found = [choice for choice in listed.values() if UUID(choice.value) in wanted]
    unlisted = [Ref(DEPARTMENT, key) for key in wanted if str(key) not in listed]
    kept = [(ref.id, (await states.refresh(ref)).state) for ref in unlisted]
    found += [Choice(str(key), department.name) for key, department in kept if department]
    return sorted(found, key=lambda choice: choice.name.casefold())
