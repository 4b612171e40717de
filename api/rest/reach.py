"""Whose credentials a request may look at: one's own, and those of agents whom one manages."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.rest.acting import Acting
from api.rest.asking import Query
from domain.access_tokens import require_own_or_managed
from domain.agent.reach import counting
from domain.agent.rules import AGENT
from domain.decider import Context, Ref, existing
from domain.permissions import Permission
from domain.role import RoleRef


class CredentialListing(Query, frozen=True):
    """Whose credentials to list: one's own where nobody is named."""

    agent_id: (
        Annotated[UUID, Meta(description="Another agent's, for those who manage agents.")]
        | UnsetType
    ) = UNSET


class RevocableListing(CredentialListing, frozen=True):
    """Whose to list of those that stay on record when they are revoked."""

    include_revoked: Annotated[bool, Meta(description="Also those that were revoked.")] = False


async def within_reach(acting: Acting, listing: CredentialListing) -> UUID:
    """Return the agent whose credentials are asked for.

    Refuses like the rules for ending them: with `permission_denied` where the caller neither is
    nor manages the agent, with `not_found` where there is none. Raises `Unauthorized`.
    """
    caller = acting.reading()
    wanted = listing.agent_id or acting.agent
    own = wanted == acting.agent
    if not own:  # who may ask at all, before whom there is
        caller.require(Permission.AGENTS_MANAGE)
    states = acting.services.helpdesk.states
    agent = existing((await states.refresh(Ref(AGENT, wanted))).state, "agent")
    context = await context_for(acting, agent.role)
    require_own_or_managed(own=own, role=agent.role, context=context)
    return wanted


async def context_for(acting: Acting, role: RoleRef) -> Context:
    """Return what the rules look at of whoever reaches for an account of this role."""
    states = acting.services.helpdesk.states
    held = {ref.id: (await states.refresh(ref)).state for ref in counting(role)}
    return Context(acting.services.now(), acting.caller, held)
