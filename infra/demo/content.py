"""The shape of the demo's content, and how it is read from the files beside this module."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from domain.permissions import Role
from domain.ticket.words import Channel, Priority, Tag
from infra.demo.controller_log import MARK, controller_log

Minutes = Annotated[int, Meta(ge=0)]


class Department(Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class Agent(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who works here; `departments` are names."""

    name: str
    email: str
    role: Role
    departments: tuple[str, ...]


class Requester(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    email: str


class Message(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody wrote; `author` is an e-mail address, the requester's or an agent's."""

    kind: Literal["customer", "agent", "note"]
    author: str
    minutes_after: Minutes
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        text = "\n".join(self.lines)
        return text.replace(MARK, controller_log()) if MARK in self.lines else text


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """A step in a ticket's status that an agent took by hand; answers take theirs themselves."""

    kind: Literal["resolved", "reopened", "postponed"]
    author: str
    minutes_after: Minutes


class Ticket(Struct, frozen=True, forbid_unknown_fields=True):
    """A conversation; `minutes_after` counts from its opening, `language` is a BCP 47 tag."""

    subject: str
    requester: Requester
    language: str
    department: str
    channel: Channel
    priority: Priority
    tags: tuple[Tag, ...]
    assignee: str | None
    status: Literal["new", "open", "answered", "postponed", "resolved"]
    opened_minutes_ago: Minutes
    messages: Annotated[tuple[Message, ...], Meta(min_length=1)]
    changes: tuple[Change, ...]

    @property
    def story(self) -> tuple[Message | Change, ...]:
        """Messages and changes together, first things first."""
        return tuple(sorted((*self.messages, *self.changes), key=lambda step: step.minutes_after))


class Company(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    sells: str
    departments: tuple[Department, ...]
    agents: tuple[Agent, ...]


class Demo(Struct, frozen=True):
    """The whole demo account; tickets stand in the order in which they were opened."""

    company: str
    sells: str
    departments: tuple[Department, ...]
    agents: tuple[Agent, ...]
    tickets: tuple[Ticket, ...]


def load_demo() -> Demo:
    """Read the demo's content. Raises ValueError where a file is malformed or names nobody."""
    folder = files("infra.demo")
    company = msgspec.json.decode(folder.joinpath("company.json").read_bytes(), type=Company)
    tickets = [
        ticket
        for file in folder.joinpath("tickets").iterdir()
        if file.name.endswith(".json")
        for ticket in msgspec.json.decode(file.read_bytes(), type=tuple[Ticket, ...])
    ]
    # The subject settles ties, so that every file system gives the same order.
    tickets.sort(key=lambda ticket: (-ticket.opened_minutes_ago, ticket.subject))
    demo = Demo(company.name, company.sells, company.departments, company.agents, tuple(tickets))
    for fault in faults(demo):
        raise ValueError(f"The demo's content is wrong: {fault}")
    return demo


def faults(demo: Demo) -> Iterator[str]:
    """Yield a sentence for each name that does not resolve or may not stand where it does."""
    departments = {department.name for department in demo.departments}
    agents = {agent.email: agent for agent in demo.agents}
    for agent in demo.agents:
        if unknown := set(agent.departments) - departments:
            yield f"{agent.email} works in {unknown}, which is no department."
    for ticket in demo.tickets:
        if ticket.department not in departments:
            yield f"“{ticket.subject}” is in {ticket.department}, which is no department."
        if ticket.assignee is not None:
            assignee = agents.get(ticket.assignee)
            if assignee is None or ticket.department not in assignee.departments:
                yield f"“{ticket.subject}”: {ticket.assignee} does not work in its department."
        for step in ticket.story:
            if step.kind == "customer":
                if step.author != ticket.requester.email:
                    yield f"“{ticket.subject}”: {step.author} is not its customer."
            elif not _sees(agents.get(step.author), ticket):
                yield f"“{ticket.subject}”: {step.author} may not work on it."


def _sees(agent: Agent | None, ticket: Ticket) -> bool:
    return agent is not None and (
        agent.role is not Role.AGENT or ticket.department in agent.departments
    )
