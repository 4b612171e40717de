"""Agents as they sign in: found by address or id, together with the hash of their password."""

from typing import NamedTuple
from uuid import UUID

from domain.agent.rules import AGENT
from domain.application import Helpdesk
from domain.claim import AGENT_EMAIL, claim_of
from domain.decider import Ref
from domain.fact import Attribution, Client
from domain.role import counted, rights_of

_NOBODY = UUID(int=0)


class Visitor(NamedTuple):
    """Through what, and from where, somebody comes who has not yet proved to be anybody."""

    client: Client | None = None
    ip: str | None = None


class Person(NamedTuple):
    """An agent with an address; `hash` is of the password, where one was ever set."""

    id: UUID
    name: str
    email: str
    role: str
    hash: str | None


class People:
    """Finds people in the log itself: what is found is as new as the call."""

    def __init__(self, helpdesk: Helpdesk) -> None:
        self._ledger = helpdesk.ledger
        self._states = helpdesk.states

    async def by_address(self, email: str) -> Person | None:
        """Find the agent who has an address; it takes as many reads to find that there is none."""
        claim = await self._states.refresh(claim_of(AGENT_EMAIL, email))
        return await self.by_id(claim.state or _NOBODY)

    async def by_id(self, agent: UUID) -> Person | None:
        state = (await self._states.refresh(Ref(AGENT, agent))).state
        made = await self._ledger.find_password(agent)
        if state is None or state.email is None:
            return None
        return Person(agent, state.name, state.email, state.role, made)

    async def attributed(self, person: Person, visitor: Visitor) -> Attribution:
        """Return the attribution of what a person does on the pages."""
        ref = counted(person.role)
        role = rights_of(person.role, (await self._states.refresh(ref)).state if ref else None)
        return Attribution(
            via="panel", agent=person.id, role=role.name, client=visitor.client, ip=visitor.ip
        )
