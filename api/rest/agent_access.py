"""Agents' access: ended when they leave, given again, and given to those from an import."""

from uuid import UUID

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.rest.acting import Acting, Conditions, Outcome
from api.rest.agents import Address, AgentAnswer, AgentId, act_on_agent
from api.rest.asking import Body, asked
from domain.agent import DeactivateAgent, GiveSeat, ReactivateAgent


class Seat(Body, frozen=True):
    """The seat of somebody who was imported."""

    email: Address


@post(
    "/agents/{agent_id:uuid}/deactivate",
    operation_id="deactivate_agent",
    tags=["agents"],
    status_code=200,
)
async def deactivate_agent(
    agent_id: AgentId, acting: NamedDependency[Acting], conditions: NamedDependency[Conditions]
) -> Response[AgentAnswer]:
    """End all of an agent's access at once, and free the seat."""
    return (await end_access(acting, agent_id, conditions)).response()


async def end_access(
    acting: Acting, agent_id: UUID, conditions: Conditions
) -> Outcome[AgentAnswer]:
    """Deactivate an agent as the rules let one."""
    command = DeactivateAgent(agent=agent_id)
    arguments = asked(agent_id=agent_id)
    return await act_on_agent(acting, "deactivate_agent", arguments, [command], conditions)


@post(
    "/agents/{agent_id:uuid}/reactivate",
    operation_id="reactivate_agent",
    tags=["agents"],
    status_code=200,
)
async def reactivate_agent(
    agent_id: AgentId, acting: NamedDependency[Acting], conditions: NamedDependency[Conditions]
) -> Response[AgentAnswer]:
    """Take an agent back, with the seat; access tokens are to be generated anew."""
    return (await give_access(acting, agent_id, conditions)).response()


async def give_access(
    acting: Acting, agent_id: UUID, conditions: Conditions
) -> Outcome[AgentAnswer]:
    """Reactivate an agent as the rules let one."""
    command = ReactivateAgent(agent=agent_id)
    arguments = asked(agent_id=agent_id)
    return await act_on_agent(acting, "reactivate_agent", arguments, [command], conditions)


@post("/agents/{agent_id:uuid}/seat", operation_id="give_seat", tags=["agents"], status_code=200)
async def give_seat(
    agent_id: AgentId,
    data: JSONBody[Seat],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[AgentAnswer]:
    """Give an imported agent a seat, to sign in and act from now on."""
    return (await seat_agent(acting, agent_id, data, conditions)).response()


async def seat_agent(
    acting: Acting, agent_id: UUID, data: Seat, conditions: Conditions
) -> Outcome[AgentAnswer]:
    """Give an imported agent a seat as the rules let one."""
    command = GiveSeat(agent=agent_id, email=data.email)
    arguments = asked(data, agent_id=agent_id)
    return await act_on_agent(acting, "give_seat", arguments, [command], conditions)


ENDPOINTS = (deactivate_agent, reactivate_agent, give_seat)
