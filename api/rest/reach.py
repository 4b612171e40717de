"""Whose credentials a request may look at: one's own, and those of agents whom one manages."""

from uuid import UUID

from api.rest.acting import Acting
from domain.access_tokens import require_own_or_managed
from domain.agent.reach import counting
from domain.agent.rules import AGENT
from domain.decider import Context, Ref, existing
from domain.permissions import Permission


async def within_reach(acting: Acting, agent_id: UUID | None) -> UUID:
    """Return the agent whose credentials are asked for, oneself where nobody is named.

    Refuses like the rules for ending them: with `permission_denied` where the caller neither is
    nor manages the agent, with `not_found` where there is none. Raises `Unauthorized`.
    """
    caller = acting.reading()
    wanted = agent_id or acting.agent
    own = wanted == acting.agent
    if not own:  # who may ask at all, before whom there is
        caller.require(Permission.AGENTS_MANAGE)
    helpdesk = acting.office.helpdesk
    agent = existing((await helpdesk.states.refresh(Ref(AGENT, wanted))).state, "agent")
    roles = list(counting(agent.role))
    states = {role.id: (await helpdesk.states.refresh(role)).state for role in roles}
    context = Context(helpdesk.now(), caller, states)
    require_own_or_managed(own=own, role=agent.role, context=context)
    return wanted
