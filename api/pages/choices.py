"""What a form lets one choose from: agents and departments, as far as one may list them."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from api.pages.panel import Panel
from domain.permissions import Permission
from domain.refusals import Code, Refused
from domain.ticket.words import Channel, Priority
from projections.cursors import every_page
from projections.text import clean

# Nobody reads a longer list; whoever has more agents narrows by department.
_MOST = 500


class Choice(NamedTuple):
    """What is sent when it is chosen, and what people read."""

    value: str
    name: str


PRIORITIES = tuple(Choice(one.value, one.value.capitalize()) for one in Priority)
CHANNELS = {one: one.value.replace("_", " ").capitalize() for one in Channel} | {
    Channel.API: "API",
    Channel.WHATSAPP: "WhatsApp",
}


async def departments_of(panel: Panel) -> list[Choice]:
    """Return the departments by name; none to those who may not list them."""
    if not panel.caller.may(Permission.DIRECTORY_READ):
        return []
    return await _departments(panel)


async def departments_seen(panel: Panel) -> list[Choice]:
    """Return the departments whose tickets one sees, by name: who works there knows its name."""
    sees = panel.caller.sees
    return [one for one in await _departments(panel) if sees(UUID(one.value))]


def sees_any(panel: Panel) -> bool:
    """Whether there is a department whose tickets one could see."""
    caller = panel.caller
    return caller.may(Permission.TICKETS_ALL_DEPARTMENTS) or bool(caller.departments)


async def _departments(panel: Panel) -> list[Choice]:
    views = panel.services.views
    found: list[Choice] = []
    async for page in every_page(lambda cursor: views.list_departments(cursor=cursor)):
        found += [Choice(str(line.id), line.name) for line in page.departments]
        if len(found) >= _MOST:
            break
    return found


async def agents_of(
    panel: Panel, department: UUID | None = None, *, tell_departments: bool = False
) -> list[Choice]:
    """Return the active agents by name, a department's or all; oneself to who may not list them."""
    caller = panel.caller
    if not caller.may(Permission.DIRECTORY_READ):
        own = department is None or department in panel.agent.departments
        return [Choice(str(caller.agent), panel.agent.name)] if own else []
    return await agents_on_record(panel, department, tell_departments=tell_departments)


async def agents_on_record(
    panel: Panel, department: UUID | None = None, *, tell_departments: bool = False
) -> list[Choice]:
    """Return the same to those who may read of all agents, as the audit trail's readers do."""
    views = panel.services.views
    found: list[Choice] = []
    async for page in every_page(
        lambda cursor: views.list_agents(department_id=department, cursor=cursor)
    ):
        for line in page.agents:
            if tell_departments and not line.departments:
                continue  # nobody can be chosen for a department without being in one
            places = [place.name for place in line.departments] if tell_departments else []
            more = ["…"] if places and line.more_departments else []
            where = f" ({', '.join(places + more)})" if places else ""
            found.append(Choice(str(line.id), f"{line.name}{where}"))
        if len(found) >= _MOST:
            break
    return found


def no_choice(given: str, what: str) -> Refused:
    """Make the refusal of a value that no form offers as `what`."""
    return Refused(
        Code.INVALID_ARGUMENTS,
        f"“{clean(given[:64])}” cannot be taken as {what}. Choose again below.",
    )


def besides(choices: Collection[Choice], *values: UUID | None) -> list[Choice]:
    """Return the choices but for those that change nothing."""
    left_out = {str(value) for value in values}
    return [choice for choice in choices if choice.value not in left_out]


def kept_among(choices: list[Choice], chosen: str) -> list[Choice]:
    """Keep what was chosen among the choices, such as an agent who left."""
    known = not chosen or any(choice.value == chosen for choice in choices)
    return choices if known else [*choices, Choice(chosen, "Another one")]
