"""Agents, departments and roles by the words that people know them by."""

from collections.abc import AsyncGenerator
from uuid import UUID

from msgspec import UNSET

from domain.claim import AGENT_EMAIL, DEPARTMENT_NAME, ROLE_NAME, claim_of
from domain.permissions import Role
from domain.refusals import Code, Refused
from domain.role import RoleRef
from domain.spelling import spelled
from infra.desk import Desk
from projections.cursors import every_page
from projections.directory_queries import AgentLine, DepartmentLine


async def agent_of(desk: Desk, reference: str) -> UUID:
    """Return the id of an agent by e-mail address or id; refuse with `not_found`."""
    return await _meant(
        desk,
        reference,
        AGENT_EMAIL,
        f"There is no agent with the address {reference}. `deskledger agents list` shows all.",
    )


async def department_of(desk: Desk, reference: str) -> UUID:
    """Return the id of a department by its name or id; refuse with `not_found`."""
    return await _meant(
        desk,
        reference,
        DEPARTMENT_NAME,
        f"There is no department named {reference}. `deskledger departments list` shows all.",
    )


async def role_of(desk: Desk, reference: str) -> RoleRef:
    """Return a built-in role's word, or the id of another by its name or id.

    Refuses with `not_found` a name that no role has; whether there is an id, the rules say.
    """
    if (word := reference.strip().casefold()) in set(Role):
        return word
    return str(await made_role_of(desk, reference))


async def made_role_of(desk: Desk, reference: str) -> UUID:
    """Return the id of a role that people made by its name or id; refuse with `not_found`."""
    name = spelled(reference)
    return await _meant(
        desk,
        name,
        ROLE_NAME,
        f"Nobody made a role named {name}. `deskledger roles list` shows all.",
    )


async def _meant(desk: Desk, reference: str, kind: str, nobody: str) -> UUID:
    """Return the id that a reference is, or whose holder claimed it as a word."""
    try:
        return UUID(reference)
    except ValueError:
        found = await desk.helpdesk.states.refresh(claim_of(kind, reference))
    if found.state is None:
        raise Refused(Code.NOT_FOUND, nobody)
    return found.state


async def agents(desk: Desk, *, include_inactive: bool = False) -> AsyncGenerator[AgentLine]:
    """Yield all agents by name, from the views as they are."""
    async for page in every_page(
        lambda cursor: desk.views.list_agents(cursor=cursor, include_inactive=include_inactive)
    ):
        for agent in page.agents:
            yield agent


async def departments(desk: Desk) -> AsyncGenerator[DepartmentLine]:
    """Yield all departments by name, from the views as they are."""
    async for page in every_page(lambda cursor: desk.views.list_departments(cursor=cursor)):
        for department in page.departments:
            yield department


async def find_owner(desk: Desk) -> AgentLine | None:
    """Return the first owner by name who can sign in; None while there is none."""
    async for agent in agents(desk):
        if agent.role == Role.OWNER and agent.seat and agent.email is not UNSET:
            return agent
    return None
