"""Agents: who works here, in which role and departments."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from api.rest.acting import Acting, Conditions, Outcome, etag
from api.rest.asking import Body, Query, asked, from_query, misfit
from domain.agent import (
    AGENT,
    AddAgent,
    Agent,
    AgentCommand,
    ChangeDepartments,
    ChangeEmail,
    ChangeRole,
    RenameAgent,
)
from domain.agent.commands import AgentName, Email
from domain.application import Wish
from domain.decider import Ref, existing
from domain.permissions import Permission
from mcp_server.tools.read import Cursor
from projections.directory_queries import AgentDetailsPage

AgentId = Annotated[UUID, PathParameter(description="The agent's id.")]
Name = Annotated[AgentName, Meta(description="The name that customers and colleagues see.")]
Address = Annotated[Email, Meta(description="The address to sign in with.")]
RoleId = Annotated[str, Meta(max_length=64, description="A role's id: GET /roles lists them.")]
DepartmentIds = Annotated[
    tuple[UUID, ...], Meta(max_length=500, description="All departments to work in.")
]


class AgentListing(Query, frozen=True):
    """Which agents to list."""

    department_id: Annotated[UUID, Meta(description="Only its members.")] | UnsetType = UNSET
    include_inactive: Annotated[bool, Meta(description="Also those who left.")] = False
    cursor: Cursor | UnsetType = UNSET


class NewAgent(Body, frozen=True):
    """Somebody who joins, with a seat."""

    name: Name
    email: Address
    role: RoleId
    department_ids: DepartmentIds = ()


class AgentChange(Body, frozen=True):
    """What to change of an agent; what is absent stays as it is."""

    name: Name | UnsetType = UNSET
    email: Address | UnsetType = UNSET
    role: RoleId | UnsetType = UNSET
    department_ids: DepartmentIds | UnsetType = UNSET


class AgentAnswer(Struct, frozen=True, kw_only=True):
    """An agent as the log has it, so with the version that the ETag names."""

    id: Annotated[UUID, Meta(description="The agent's id.")]
    name: Annotated[str, Meta(description="The agent's name.")]
    email: Annotated[str, Meta(description="The address to sign in with.")] | UnsetType = UNSET
    role: Annotated[str, Meta(description="The role's id: for built-in roles, their word.")]
    department_ids: Annotated[list[UUID], Meta(description="The departments to work in.")]
    active: Annotated[bool, Meta(description="False: left, takes no tickets.")]
    seat: Annotated[bool, Meta(description="False: cannot sign in (imported).")]


@get(
    "/agents",
    operation_id="list_agents",
    tags=["agents"],
    dependencies={"listing": from_query(AgentListing)},
)
async def list_agents(
    acting: NamedDependency[Acting], listing: NamedDependency[AgentListing]
) -> AgentDetailsPage:
    """List the agents, by name."""
    acting.listing(Permission.AGENTS_MANAGE)
    return await acting.services.views.list_agent_details(
        department_id=listing.department_id or None,
        cursor=listing.cursor or None,
        include_inactive=listing.include_inactive,
    )


@get("/agents/{agent_id:uuid}", operation_id="get_agent", tags=["agents"])
async def get_agent(agent_id: AgentId, acting: NamedDependency[Acting]) -> Response[AgentAnswer]:
    """Read an agent."""
    acting.listing(Permission.AGENTS_MANAGE)
    state, version = await acting.services.helpdesk.states.refresh(Ref(AGENT, agent_id))
    answer = _answer(agent_id, existing(state, "agent"))
    return Response(answer, headers={"ETag": etag(version)})


@post("/agents", operation_id="add_agent", tags=["agents"])
async def add_agent(
    data: JSONBody[NewAgent],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[AgentAnswer]:
    """Add an agent, who takes a seat."""
    done = await hire_agent(acting, data, conditions)
    return done.response(201, f"/api/v1/agents/{done.answer.id}")


async def hire_agent(
    acting: Acting, data: NewAgent, conditions: Conditions
) -> Outcome[AgentAnswer]:
    """Add an agent as the rules let one."""
    command = AddAgent(
        agent=acting.services.new_id(),
        name=data.name,
        role=data.role,
        departments=data.department_ids,
        email=data.email,
    )
    return await act_on_agent(acting, "add_agent", asked(data), [command], conditions)


@patch("/agents/{agent_id:uuid}", operation_id="change_agent", tags=["agents"])
async def change_agent(
    agent_id: AgentId,
    data: JSONBody[AgentChange],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[AgentAnswer]:
    """Change an agent's name, address, role or departments: all that is named, or nothing."""
    return (await alter_agent(acting, agent_id, data, conditions)).response()


async def alter_agent(
    acting: Acting, agent_id: UUID, data: AgentChange, conditions: Conditions
) -> Outcome[AgentAnswer]:
    """Change an agent as the rules let one. Refuses with `invalid_arguments` to change nothing."""
    commands: list[AgentCommand] = []
    if data.name is not UNSET:
        commands.append(RenameAgent(agent=agent_id, name=data.name))
    if data.email is not UNSET:
        commands.append(ChangeEmail(agent=agent_id, email=data.email))
    if data.department_ids is not UNSET:
        commands.append(ChangeDepartments(agent=agent_id, departments=data.department_ids))
    if data.role is not UNSET:
        commands.append(ChangeRole(agent=agent_id, role=data.role))
    if not commands:
        raise misfit("it names nothing to change")
    arguments = asked(data, agent_id=agent_id)
    return await act_on_agent(acting, "change_agent", arguments, commands, conditions)


async def act_on_agent(
    acting: Acting,
    operation: str,
    arguments: dict[str, Any],
    commands: list[AgentCommand],
    conditions: Conditions,
) -> Outcome[AgentAnswer]:
    """Carry out commands for one agent, all or none; answer with the agent as it is then."""
    return await acting.act(
        operation,
        arguments,
        [Wish(command) for command in commands],
        lambda done: _answer(done.id, done.state),
        AgentAnswer,
        conditions=conditions,
    )


def _answer(agent_id: UUID, agent: Agent) -> AgentAnswer:
    return AgentAnswer(
        id=agent_id,
        name=agent.name,
        email=agent.email or UNSET,
        role=agent.role,
        department_ids=sorted(agent.departments),
        active=agent.active,
        seat=agent.seat,
    )


ENDPOINTS = (list_agents, get_agent, add_agent, change_agent)
