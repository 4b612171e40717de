"""What happened to a ticket, told in a sentence: the same in every transport."""

from collections.abc import Mapping, Sequence
from typing import assert_never
from uuid import UUID

from domain.fact import Via
from domain.ticket import facts as ticket
from domain.ticket.words import Author, AuthorKind
from projections.text import clean, named

Names = Mapping[UUID, str]

# Who did what no agent did.
HOUSE: dict[Via, str] = {"import": "The import", "cli": "The command line", "system": "The system"}
_WRITERS: dict[AuthorKind, str] = {
    AuthorKind.CUSTOMER: "The customer",
    AuthorKind.AGENT: "An agent",
    AuthorKind.SYSTEM: "A machine",
}
_WAYS: dict[Via, str] = {
    "panel": "in the panel",
    "cli": "on the command line",
    "import": "by an import",
    "system": "by the system",
}


_Deed = (
    ticket.SubjectChanged
    | ticket.PrioritySet
    | ticket.TagsAdded
    | ticket.TagsRemoved
    | ticket.Postponed
    | ticket.Resolved
    | ticket.Reopened
    | ticket.Assigned
    | ticket.Unassigned
    | ticket.Transferred
)


def sentence(fact: ticket.TicketFact, agent: UUID | None, via: Via, names: Names) -> str:
    """Tell what an agent did, or nobody but the house; `names` are of agents and departments.

    Customers' words stand in quotes, their names do not.
    """
    who = _name(agent, names) if agent else None
    match fact:
        case ticket.Opened(requester=requester):
            customer = named(requester.name) or _WRITERS[AuthorKind.CUSTOMER]
            opened = "opened this ticket"
            return f"{who} {opened} for {customer}" if who else f"{customer} {opened}"
        case ticket.MessageAdded(author=author):
            return _message(fact, None if author.id == agent else who, names)
        case _:
            return f"{who or HOUSE.get(via, 'Somebody')} {_deed(fact, agent, names)}"


def through(via: Via, client: str | None, mask: str | None) -> str:
    """Tell by which way it came, such as `via Claude (token …Ab3x)`; `mask` is of a token."""
    token = f"token …{mask.rpartition('…')[2]}" if mask else ""
    if via == "rest":
        return _with("via REST", client, token)
    if way := _WAYS.get(via):
        return way
    return _with(f"via {client}", token) if client else f"via {token or 'an unnamed client'}"


def _with(way: str, *details: str | None) -> str:
    told = ", ".join(detail for detail in details if detail)
    return f"{way} ({told})" if told else way


def _name(key: UUID, names: Names) -> str:
    return names.get(key) or "somebody unknown"


def _deed(fact: _Deed, agent: UUID | None, names: Names) -> str:
    match fact:
        case ticket.SubjectChanged(subject=subject, was=was):
            return f"changed the subject from “{clean(was)}” to “{clean(subject)}”"
        case ticket.PrioritySet(priority=priority, was=was):
            return f"set the priority to {priority.value} (before: {was.value})"
        case ticket.TagsAdded(tags=tags):
            return f"added {_tags(tags)}"
        case ticket.TagsRemoved(tags=tags):
            return f"removed {_tags(tags)}"
        case ticket.Postponed():
            return "postponed this ticket"
        case ticket.Resolved():
            return "resolved this ticket"
        case ticket.Reopened():
            return "reopened this ticket"
        case ticket.Assigned(agent=taker, was=was):
            own = taker == agent
            told = "took this ticket" if own else f"assigned this ticket to {_name(taker, names)}"
            return f"{told} (before: {_name(was, names)})" if was else told
        case ticket.Unassigned(was=was):
            return f"unassigned {_name(was, names)}"
        case ticket.Transferred(department=target, was=was):
            return f"moved this ticket from {_name(was, names)} to {_name(target, names)}"
        case _:
            assert_never(fact)


def _message(fact: ticket.MessageAdded, other: str | None, names: Names) -> str:
    """Tell who wrote, or which other agent passed it on."""
    writer, written = _writer(fact.author, names), "a note" if fact.note else "a message"
    told = f"{other} added {written} of {writer}" if other else f"{writer} wrote {written}"
    return f"{told}: the ticket is {fact.status.word} now" if fact.status else told


def _writer(author: Author, names: Names) -> str:
    known = named(author.name) if author.name else names.get(author.id) if author.id else None
    return known or _WRITERS[author.kind]


def _tags(tags: Sequence[str]) -> str:
    words = [f"“{clean(tag)}”" for tag in tags]
    *others, last = words or ["no name"]
    return f"the tags {', '.join(others)} and {last}" if others else f"the tag {last}"
