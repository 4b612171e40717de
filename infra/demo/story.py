"""What happened to a ticket of the demo, as commands."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from uuid import UUID, uuid5

from domain.decider import Command
from domain.ticket.commands import (
    AddMessage,
    AssignTicket,
    OpenTicket,
    PostponeTicket,
    ReopenTicket,
    ResolveTicket,
)
from domain.ticket.contact import contact_id
from domain.ticket.words import Author, AuthorKind, Contact
from infra.demo.content import Agent, Change, Message, Ticket

_DEMO = UUID("0b5c6f1e-37d9-5f43-9c55-3f2f6a0d8e77")
_CHANGES = {"resolved": ResolveTicket, "reopened": ReopenTicket, "postponed": PostponeTicket}


def demo_id(kind: str, name: str) -> UUID:
    """Return the id of something in the demo, the same in every account."""
    return uuid5(_DEMO, f"{kind}:{name}")


class Step(NamedTuple):
    """One command, which makes one fact; `author` is the address of the agent who gave it."""

    minutes_ago: int
    command: Command
    author: str | None = None


class Story:
    """The story of one ticket; `agents` are those of the demo, by their addresses."""

    def __init__(self, ticket: Ticket, agents: Mapping[str, Agent]) -> None:
        self.id = demo_id("ticket", ticket.subject)
        self._ticket = ticket
        self._agents = agents
        asker = ticket.requester
        self._customer = Contact(id=contact_id(asker.email), name=asker.name, email=asker.email)

    def steps(self, code: str) -> Iterator[Step]:
        """Yield what happened, first things first."""
        opened = self._ticket.opened_minutes_ago
        yield Step(opened, self._opening(code))
        assignee = self._ticket.assignee
        for place, entry in enumerate(self._ticket.story):
            minutes_ago = opened - entry.minutes_after
            author = None if entry.kind == "customer" else entry.author
            if assignee and author:
                # Whoever was first to turn to the ticket gave it to its assignee.
                yield Step(minutes_ago, self._assignment(assignee), author)
                assignee = None
            if isinstance(entry, Change):
                change = _CHANGES[entry.kind](ticket_id=str(self.id))
                yield Step(minutes_ago, change, author)
            else:
                yield Step(minutes_ago, self._message(place, entry), author)
        if assignee:
            last = self._ticket.story[-1].minutes_after
            yield Step(opened - last, self._assignment(assignee), assignee)

    def _opening(self, code: str) -> OpenTicket:
        return OpenTicket(
            ticket=self.id,
            code=code,
            subject=self._ticket.subject,
            department=demo_id("department", self._ticket.department),
            requester=self._customer,
            channel=self._ticket.channel,
            priority=self._ticket.priority,
            tags=self._ticket.tags,
        )

    def _assignment(self, email: str) -> AssignTicket:
        return AssignTicket(ticket_id=str(self.id), agent_id=demo_id("agent", email))

    def _message(self, place: int, entry: Message) -> AddMessage:
        if entry.kind == "customer":
            author = Author(
                kind=AuthorKind.CUSTOMER, id=self._customer.id, name=self._customer.name
            )
        else:
            author = Author(
                kind=AuthorKind.AGENT,
                id=demo_id("agent", entry.author),
                name=self._agents[entry.author].name,
            )
        return AddMessage(
            ticket_id=str(self.id),
            message=demo_id("message", f"{self._ticket.subject}:{place}"),
            author=author,
            body=entry.text,
            note=entry.kind == "note",
        )
