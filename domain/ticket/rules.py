"""The rules of a ticket: which steps are allowed, and what follows from them."""

from collections.abc import Iterable
from typing import Any, assert_never
from uuid import UUID

from msgspec import UNSET, Struct
from msgspec.structs import replace

from domain.agent import AGENT
from domain.caller import Caller
from domain.decider import Context, Decider, Ref, existing
from domain.department import DEPARTMENT
from domain.fact import Fact
from domain.refusals import Code, Refused
from domain.ticket import commands as ask
from domain.ticket import facts as fact
from domain.ticket.tagging import held_tags, new_tags
from domain.ticket.words import (
    POSTPONABLE,
    RESOLVABLE,
    WAITING,
    AuthorKind,
    Priority,
    Status,
)


class Ticket(Struct, frozen=True):
    """A ticket's state, as rules see it and as write tools answer with it."""

    code: str
    subject: str
    department: UUID
    status: Status
    priority: Priority
    tags: tuple[str, ...]
    agent: UUID | None = None
    messages: tuple[UUID, ...] = ()


def needs(ticket: Ticket | None, command: ask.TicketCommand) -> Iterable[Ref[Any]]:
    match command:
        case ask.OpenTicket():
            yield Ref(DEPARTMENT, command.department)
        case ask.AssignTicket():
            yield Ref(AGENT, command.agent_id)
        case ask.TransferTicket():
            yield Ref(DEPARTMENT, command.department_id)
            if command.agent_id is not UNSET:
                yield Ref(AGENT, command.agent_id)
            elif ticket and ticket.agent:
                yield Ref(AGENT, ticket.agent)
        case _:
            pass


def decide(ticket: Ticket | None, command: ask.TicketCommand, context: Context) -> Iterable[Fact]:
    if isinstance(command, ask.OpenTicket):
        return _open(ticket, command, context)
    if ticket is None or not context.caller.sees(ticket.department):
        # To those who may not see it, a ticket does not exist.
        raise no_ticket(command.ticket_id)
    match command:
        case ask.AddMessage():
            return _add_message(ticket, command, context.caller)
        case ask.ChangeTicket():
            return _change(ticket, command)
        case ask.PostponeTicket():
            return _postpone(ticket)
        case ask.AddTags(tags=wanted):
            new = new_tags(ticket.tags, wanted)
            return (fact.TagsAdded(tags=new),) if new else ()
        case ask.RemoveTags(tags=unwanted):
            gone = held_tags(ticket.tags, unwanted)
            return (fact.TagsRemoved(tags=gone),) if gone else ()
        case ask.ResolveTicket():
            return _resolve(ticket)
        case ask.ReopenTicket():
            return _reopen(ticket)
        case ask.AssignTicket():
            _require_member(command.agent_id, ticket.department, context)
            return _assign(ticket, command.agent_id)
        case ask.TransferTicket():
            return _transfer(ticket, command, context)
        case _:
            assert_never(command)


def _open(ticket: Ticket | None, command: ask.OpenTicket, context: Context) -> Iterable[Fact]:
    if ticket is not None:
        return  # the same id again, as a repeated import does
    department = command.department
    if context.state(Ref(DEPARTMENT, department)) is None or not context.caller.sees(department):
        raise _no_department()
    yield fact.Opened(
        code=command.code,
        subject=command.subject.strip() or "(no subject)",
        department=department,
        requester=command.requester,
        channel=command.channel,
        priority=command.priority,
        tags=new_tags((), command.tags),
    )


def _add_message(ticket: Ticket, command: ask.AddMessage, caller: Caller) -> Iterable[Fact]:
    _require_authorship(command, caller)
    if command.message in ticket.messages:
        return  # the same id again, as a repeated import does
    status = command.status
    if status is None and not command.note:
        if command.author.kind is AuthorKind.CUSTOMER and ticket.status in WAITING:
            status = Status.OPEN
        elif command.author.kind is AuthorKind.AGENT and ticket.status in POSTPONABLE:
            status = Status.ANSWERED
    yield fact.MessageAdded(
        message=command.message,
        author=command.author,
        body=command.body,
        note=command.note,
        status=None if status is ticket.status else status,
    )


def _require_authorship(command: ask.AddMessage, caller: Caller) -> None:
    """Refuse words put into another agent's mouth, and what only agents or imports may say."""
    author = command.author
    importing = caller.by.via == "import"
    if command.status is not None and not importing:
        raise Refused(
            Code.PERMISSION_DENIED,
            "Only an import knows where a ticket stood. Leave the status out: it follows from "
            "the message.",
        )
    if author.kind is AuthorKind.AGENT:
        house = importing or (caller.inside and caller.agent is None)
        if not house and author.id != caller.agent:
            raise Refused(
                Code.PERMISSION_DENIED,
                "You write in your own name only: the author is another agent.",
            )
    elif command.note:
        raise Refused(Code.INVALID_ARGUMENTS, "Only agents write notes: customers never see them.")


def _change(ticket: Ticket, command: ask.ChangeTicket) -> Iterable[Fact]:
    if command.subject is not UNSET:
        subject = command.subject.strip()
        if not subject:
            raise Refused(Code.INVALID_ARGUMENTS, "A ticket needs a subject.")
        if subject != ticket.subject:
            yield fact.SubjectChanged(subject=subject, was=ticket.subject)
    if command.priority is not UNSET and command.priority is not ticket.priority:
        yield fact.PrioritySet(priority=command.priority, was=ticket.priority)


def _postpone(ticket: Ticket) -> Iterable[Fact]:
    if ticket.status is Status.POSTPONED:
        return
    if ticket.status not in POSTPONABLE:
        raise _no_step(ticket, "postponed", Status.POSTPONED, POSTPONABLE)
    yield fact.Postponed(was=ticket.status)


def _resolve(ticket: Ticket) -> Iterable[Fact]:
    if ticket.status not in RESOLVABLE:
        raise _no_step(ticket, "resolved", Status.RESOLVED, RESOLVABLE)
    yield fact.Resolved(was=ticket.status)


def _reopen(ticket: Ticket) -> Iterable[Fact]:
    if ticket.status is not Status.RESOLVED:
        raise _no_step(ticket, "reopened", Status.OPEN, {Status.RESOLVED})
    yield fact.Reopened()


def _no_step(ticket: Ticket, step: str, goal: Status, sources: Iterable[Status]) -> Refused:
    words = " or ".join(sorted(status.word for status in sources))
    why = (
        " already, so nothing is left to do"
        if ticket.status is goal
        else f", and only a ticket that is {words} can be {step}; leave it or ask the user"
    )
    return Refused(
        Code.INVALID_TRANSITION,
        f"Ticket {ticket.code} is {ticket.status.word}{why}.",
        {"status": ticket.status.value, "status_name": ticket.status.word},
    )


def _assign(ticket: Ticket, agent: UUID) -> Iterable[Fact]:
    if ticket.agent != agent:
        yield fact.Assigned(agent=agent, was=ticket.agent)


def _transfer(ticket: Ticket, command: ask.TransferTicket, context: Context) -> Iterable[Fact]:
    target = command.department_id
    if context.state(Ref(DEPARTMENT, target)) is None:
        raise _no_department()
    if command.agent_id is not UNSET:
        _require_member(command.agent_id, target, context)
    if target != ticket.department:
        yield fact.Transferred(department=target, was=ticket.department)
    if command.agent_id is not UNSET:
        yield from _assign(ticket, command.agent_id)
    elif ticket.agent and target != ticket.department:
        agent = context.state(Ref(AGENT, ticket.agent))
        if agent is None or not agent.active or target not in agent.departments:
            yield fact.Unassigned(was=ticket.agent)


def _require_member(agent_id: UUID, department: UUID, context: Context) -> None:
    agent = context.state(Ref(AGENT, agent_id))
    if agent is None:
        raise Refused(
            Code.NOT_FOUND,
            "There is no agent with this id.",
            hint="See list_agents for who there is.",
        )
    if not agent.active or department not in agent.departments:
        why = "is no longer active" if not agent.active else "is not a member of the department"
        raise Refused(
            Code.AGENT_UNAVAILABLE,
            f"{agent.name} {why}.",
            hint="See list_agents with department_id for those who can take it.",
        )


def no_ticket(reference: str) -> Refused:
    """Make the refusal for a ticket that does not exist, or not for this caller."""
    return Refused(
        Code.NOT_FOUND,
        f"There is no ticket {reference[:64]!r} that you may see.",
        hint="Find the right one with search_tickets.",
    )


def _no_department() -> Refused:
    return Refused(
        Code.NOT_FOUND,
        "There is no department with this id.",
        hint="See list_departments for which there are.",
    )


def evolve(ticket: Ticket | None, happened: fact.TicketFact) -> Ticket:
    if isinstance(happened, fact.Opened):
        return Ticket(
            code=happened.code,
            subject=happened.subject,
            department=happened.department,
            status=Status.NEW,
            priority=happened.priority,
            tags=happened.tags,
        )
    ticket = existing(ticket, "ticket")
    match happened:
        case fact.MessageAdded(status=status):
            messages = (*ticket.messages, happened.message)
            return replace(ticket, status=status or ticket.status, messages=messages)
        case fact.SubjectChanged(subject=subject):
            return replace(ticket, subject=subject)
        case fact.PrioritySet(priority=priority):
            return replace(ticket, priority=priority)
        case fact.TagsAdded(tags=new):
            return replace(ticket, tags=ticket.tags + new)
        case fact.TagsRemoved(tags=gone):
            return replace(ticket, tags=tuple(tag for tag in ticket.tags if tag not in gone))
        case fact.Postponed():
            return replace(ticket, status=Status.POSTPONED)
        case fact.Resolved():
            return replace(ticket, status=Status.RESOLVED)
        case fact.Reopened():
            return replace(ticket, status=Status.OPEN)
        case fact.Assigned(agent=agent):
            return replace(ticket, agent=agent)
        case fact.Unassigned():
            return replace(ticket, agent=None)
        case fact.Transferred(department=department):
            return replace(ticket, department=department)
        case _:
            assert_never(happened)


TICKET: Decider[Ticket] = Decider("ticket", decide, evolve, needs)
