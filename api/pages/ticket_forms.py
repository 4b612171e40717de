"""The forms of a ticket's page: which action each asks for, and when it is the same again."""

import hashlib
from collections.abc import Callable, Mapping
from uuid import UUID

import msgspec
from msgspec import UNSET

from api.pages.front import Form
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


def key_of(form: Form, command: Action) -> str | None:
    """Return the key under which a form that is sent twice is carried out once.

    What was filled in is a part of it: the same form with other tags is another wish.
    """
    if not form.get("key"):
        return None
    wish = msgspec.json.encode((form["key"], type(command).__name__, command))
    return f"panel-{hashlib.sha256(wish).hexdigest()}"


def _add_tags(ticket: str, form: Form) -> Action:
    tags = tuple(tag.strip() for tag in form.get("tags", "").split(",") if tag.strip())
    if not tags:
        raise Refused(Code.INVALID_ARGUMENTS, "Type the tags to add, with commas between them.")
    return AddTags(ticket_id=ticket, tags=tags)


def _remove_tags(ticket: str, form: Form) -> Action:
    # As one: unlike those that are typed, a tag that is there may have a comma in it.
    return RemoveTags(ticket_id=ticket, tags=(form.get("tag", ""),))


def _assign(ticket: str, form: Form) -> Action:
    return AssignTicket(ticket_id=ticket, agent_id=_chosen(form, "agent_id", "an agent"))


def _transfer(ticket: str, form: Form) -> Action:
    return TransferTicket(
        ticket_id=ticket,
        department_id=_chosen(form, "department_id", "a department"),
        agent_id=_chosen(form, "agent_id", "an agent") if form.get("agent_id") else UNSET,
    )


def _chosen(form: Form, name: str, what: str) -> UUID:
    try:
        return UUID(form.get(name, ""))
    except ValueError:
        raise Refused(Code.INVALID_ARGUMENTS, f"Choose {what} from the list.") from None


# By the names of the tools, which are recorded.
ACTIONS: Mapping[str, Callable[[str, Form], Action]] = {
    "add_tags": _add_tags,
    "remove_tags": _remove_tags,
    "resolve_ticket": lambda ticket, _: ResolveTicket(ticket_id=ticket),
    "reopen_ticket": lambda ticket, _: ReopenTicket(ticket_id=ticket),
    "assign_ticket": _assign,
    "transfer_ticket": _transfer,
}
