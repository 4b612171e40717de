"""Which stream a command is for."""

from typing import Any, Protocol
from uuid import UUID

from domain.access_tokens import AccessTokensCommand, tokens_of
from domain.agent import AGENT, AgentCommand
from domain.budget import BUDGET, BudgetCommand
from domain.clients import CLIENTS, ClientsCommand
from domain.consent import ConsentCommand, consents_of
from domain.decider import Command, Ref
from domain.department import DEPARTMENT, DepartmentCommand
from domain.password import PasswordCommand, password_of
from domain.role import ROLE, RoleCommand
from domain.session import SESSION, SessionCommand
from domain.setup import SETUP, SetupCommand
from domain.ticket.commands import OnTicket, OpenTicket
from domain.ticket.rules import TICKET, no_ticket


class TicketCodes(Protocol):
    """Where human codes are looked up; a code never changes its ticket."""

    async def find_ticket(self, code: str) -> UUID | None: ...


async def stream_of(command: Command, codes: TicketCodes) -> Ref[Any]:
    """Return the stream of a command; refuse with `not_found` a code that no ticket has."""
    if isinstance(command, OnTicket):
        return Ref(TICKET, await ticket_id(command.ticket_id, codes))
    if isinstance(command, OpenTicket):
        return Ref(TICKET, command.ticket)
    if isinstance(command, AgentCommand):
        return Ref(AGENT, command.agent)
    if isinstance(command, AccessTokensCommand):
        return tokens_of(command.agent)
    if isinstance(command, DepartmentCommand):
        return Ref(DEPARTMENT, command.department)
    if isinstance(command, RoleCommand):
        return Ref(ROLE, command.role)
    if isinstance(command, BudgetCommand):
        return BUDGET
    if isinstance(command, SessionCommand):
        return Ref(SESSION, command.session)
    if isinstance(command, PasswordCommand):
        return password_of(command.agent)
    if isinstance(command, ConsentCommand):
        return consents_of(command.agent)
    if isinstance(command, ClientsCommand):
        return CLIENTS
    if isinstance(command, SetupCommand):
        return SETUP
    raise TypeError(f"{type(command).__name__} has no stream")


async def ticket_id(reference: str, codes: TicketCodes) -> UUID:
    """Return the id that a reference (an id or a code) stands for."""
    reference = reference.strip()
    try:
        return UUID(reference)
    except ValueError:
        found = await codes.find_ticket(reference.upper())
    if found is None:
        raise no_ticket(reference)
    return found
