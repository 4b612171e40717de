"""The departments and agents that imported tickets need, made where they are missing."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from domain.agent import AGENT, AddAgent, ChangeDepartments
from domain.application import Wish
from domain.claim import DEPARTMENT_NAME, claim_of
from domain.decider import Ref
from domain.department import AddDepartment
from domain.permissions import Role
from infra.desk import Desk
from infra.importer.census import Census
from infra.importer.identity import agent_id, department_id


class Directory(NamedTuple):
    """Departments by name, and agents by login with the departments where tickets can be theirs."""

    departments: Mapping[str, UUID]
    agents: Mapping[str, UUID]
    works_in: Mapping[UUID, frozenset[UUID]]


async def make_directory(desk: Desk, census: Census) -> Directory:
    """Add what is missing. Agents have no seat and no address; who has left stays away."""
    departments = {name: await _department(desk, name) for name in census.departments}
    agents: dict[str, UUID] = {}
    works_in: dict[UUID, frozenset[UUID]] = {}
    for login, names in census.agents.items():
        agents[login] = agent_id(login)
        wanted = frozenset(departments[name] for name in names)
        works_in[agents[login]] = await _agent(desk, login, wanted)
    return Directory(departments, agents, works_in)


async def _department(desk: Desk, name: str) -> UUID:
    """Return the department of this name, whoever made it."""
    holder = (await desk.helpdesk.states.refresh(claim_of(DEPARTMENT_NAME, name))).state
    if holder is not None:
        return holder
    command = AddDepartment(department=department_id(name), name=name)
    await desk.execute(Wish(command), via="import")
    return command.department


async def _agent(desk: Desk, login: str, wanted: frozenset[UUID]) -> frozenset[UUID]:
    """See to it that an agent works where wanted; return where the agent can be given tickets."""
    ref = Ref(AGENT, agent_id(login))
    state = (await desk.helpdesk.states.refresh(ref)).state
    if state is None:
        command = AddAgent(
            agent=ref.id, name=login, role=Role.AGENT, departments=_sorted(wanted), seat=False
        )
        await desk.execute(Wish(command), via="import")
        return wanted
    if not state.active:
        return frozenset()
    all_of_them = state.departments | wanted
    if all_of_them != state.departments:
        change = ChangeDepartments(agent=ref.id, departments=_sorted(all_of_them))
        await desk.execute(Wish(change), via="import")
    return all_of_them


def _sorted(departments: frozenset[UUID]) -> tuple[UUID, ...]:
    return tuple(sorted(departments))
