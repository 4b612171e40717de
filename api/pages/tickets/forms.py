"""The forms of a ticket's page: what each asks of the ticket, and which facts outdate what was typed."""

from collections.abc import Callable, Mapping
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET

from api.pages.form import Form
from api.rest.acting import Acting, Conditions, Outcome
from api.rest.ticket_actions import act_on_ticket
from api.rest.ticket_messages import NewMessage, Written, write_on_ticket
from api.rest.tickets import TicketChange, TicketState, change_by_hand
from domain.refusals import Code, Refused
from domain.ticket.commands import (
    Action,
    AddTags,
    AssignTicket,
    RemoveTags,
    ReopenTicket,
    ResolveTicket,
    TransferTicket,
)
from domain.ticket.words import Priority
from mcp_server.outcome import TicketOutcome
from projections.metadata import TicketMetadata

Asked = Action | NewMessage | TicketChange
Carried = Outcome[TicketOutcome] | Outcome[TicketState] | Outcome[Written]

LONGEST = 80_000
"""Characters of a text that a form takes; whatever they are, they fit into `BODY_LIMIT` bytes."""
BODY_LIMIT = 1 << 20
_LONGEST_SUBJECT = 500


class ActionForm(NamedTuple):
    """A form: what it asks of a ticket, and which facts make people think again before they send it.

    Nothing is asked where it was filled in with what the ticket has already.
    """

    read: Callable[[TicketMetadata, Form], Asked | None]
    outdated_by: frozenset[str] = frozenset()


async def carry_out(acting: Acting, conditions: Conditions, ticket: UUID, asked: Asked) -> Carried:
    """Do what a form asks for as REST does it, recorded under the same names."""
    match asked:
        case NewMessage():
            return await write_on_ticket(acting, conditions, str(ticket), asked)
        case TicketChange():
            return await change_by_hand(acting, conditions, str(ticket), asked)
        case _:
            return await act_on_ticket(acting, conditions, asked)


def text_of(form: Form, name: str, what: str, longest: int = LONGEST) -> str:
    """Return what was written; refuse with `invalid_arguments` nothing at all, or too much."""
    text = form.get(name, "").replace("\r\n", "\n").strip()
    if not text:
        raise misfit(f"Write {what} first.")
    if len(text) > longest:
        raise misfit(f"That is too long: {what} takes up to {longest:,} characters here.")
    if "\0" in text:
        raise misfit(f"There is a character in {what} that no text has. Type it anew.")
    return text


def chosen(form: Form, name: str, what: str) -> UUID:
    """Return what was chosen from a list; refuse with `invalid_arguments` anything else."""
    try:
        return UUID(form.get(name, ""))
    except ValueError:
        raise misfit(f"Choose {what} from the list.") from None


def priority_of(form: Form) -> Priority:
    try:
        return Priority(form.get("priority", ""))
    except ValueError:
        raise misfit("Choose a priority from the list.") from None


def subject_of(form: Form) -> str:
    return text_of(form, "subject", "a subject", _LONGEST_SUBJECT)


def tags_of(form: Form) -> tuple[str, ...]:
    """Return the tags that were typed, with commas between them."""
    return tuple(tag for tag in map(str.strip, form.get("tags", "").split(",")) if tag)


def misfit(sentence: str) -> Refused:
    return Refused(Code.INVALID_ARGUMENTS, sentence)


def _reply(_ticket: TicketMetadata, form: Form) -> Asked:
    return NewMessage(body=text_of(form, "body", "the reply"))


def _note(_ticket: TicketMetadata, form: Form) -> Asked:
    return NewMessage(body=text_of(form, "body", "the note"), note=True)


def _change(ticket: TicketMetadata, form: Form) -> Asked | None:
    subject, priority = subject_of(form), priority_of(form)
    change = TicketChange(
        # As it is shown, which it need not be in the log.
        subject=UNSET if subject == ticket.subject.strip() else subject,
        priority=UNSET if priority is ticket.priority else priority,
    )
    return None if change == TicketChange() else change


def _add_tags(ticket: TicketMetadata, form: Form) -> Asked:
    tags = tags_of(form)
    if not tags:
        raise misfit("Type the tags to add, with commas between them.")
    return AddTags(ticket_id=str(ticket.id), tags=tags)


def _remove_tags(ticket: TicketMetadata, form: Form) -> Asked:
    # As one: unlike those that are typed, a tag that is there may have a comma in it.
    return RemoveTags(ticket_id=str(ticket.id), tags=(form.get("tag", ""),))


def _resolve(ticket: TicketMetadata, _form: Form) -> Asked:
    return ResolveTicket(ticket_id=str(ticket.id))


def _reopen(ticket: TicketMetadata, _form: Form) -> Asked:
    return ReopenTicket(ticket_id=str(ticket.id))


def _assign(ticket: TicketMetadata, form: Form) -> Asked:
    return AssignTicket(ticket_id=str(ticket.id), agent_id=chosen(form, "agent_id", "an agent"))


def _transfer(ticket: TicketMetadata, form: Form) -> Asked:
    return TransferTicket(
        ticket_id=str(ticket.id),
        department_id=chosen(form, "department_id", "a department"),
        agent_id=chosen(form, "agent_id", "an agent") if form.get("agent_id") else UNSET,
    )


_WRITTEN = frozenset({"ticket.message_added"})
_TURNED = frozenset({"ticket.resolved", "ticket.reopened", "ticket.postponed"})
_PLACED = frozenset({"ticket.assigned", "ticket.unassigned", "ticket.transferred"})
_LABELLED = frozenset({"ticket.subject_changed", "ticket.priority_set"})
ACTION_FORMS: Mapping[str, ActionForm] = {
    "reply": ActionForm(_reply, _WRITTEN | _TURNED | _PLACED),
    "note": ActionForm(_note),
    "change_ticket": ActionForm(_change, _LABELLED),
    "add_tags": ActionForm(_add_tags),
    "remove_tags": ActionForm(_remove_tags),
    "resolve_ticket": ActionForm(_resolve, _WRITTEN | _TURNED | _PLACED),
    "reopen_ticket": ActionForm(_reopen, _WRITTEN | _TURNED | _PLACED),
    "assign_ticket": ActionForm(_assign, _TURNED | _PLACED),
    "transfer_ticket": ActionForm(_transfer, _TURNED | _PLACED),
}
