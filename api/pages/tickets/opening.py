"""Opening a ticket by hand, for a customer who called or came by."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import UNSET

from api.pages.choices import CHANNELS, PRIORITIES, Choice, departments_seen, sees_any
from api.pages.form import Form, key_of
from api.pages.front import Front, Page
from api.pages.panel import TICKETS, Here, Panel, panel_of
from api.pages.rendering import see_other
from api.pages.tickets.forms import (
    BODY_LIMIT,
    LONGEST,
    chosen,
    misfit,
    priority_of,
    subject_of,
    tags_of,
    text_of,
)
from api.pages.wording import explained
from api.problems import status_of
from api.rest.acting import Conditions
from api.rest.tickets import NewTicket, Person, open_new_ticket
from domain.permissions import Permission
from domain.refusals import Refused
from domain.ticket.words import Channel, Priority
from projections.text import NAME

NEW, OPEN = f"{TICKETS}/new", f"{TICKETS}/open_ticket"
_FIELDS = ("subject", "name", "email", "department_id", "tags", "body", "note")
_BLANK = {
    **dict.fromkeys(_FIELDS, ""),
    "priority": Priority.MEDIUM.value,
    "channel": Channel.CALL.value,
}
# Half of what a form takes, for there are two texts.
_LONGEST = LONGEST // 2


@get(NEW)
async def new_ticket_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    panel = await panel_of(request, front)
    panel.acting.reading(Permission.TICKETS_WRITE)
    return await _page(panel, _BLANK)


@post(OPEN, request_max_body_size=BODY_LIMIT)
async def open_ticket(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    panel = await panel_of(request, front)
    form = await panel.form()
    try:
        asked = _new_ticket(form)
        conditions = Conditions(key_of(form, asked))
        outcome = await open_new_ticket(panel.acting, conditions, asked)
    except Refused as refused:
        panel.acting.reading(Permission.TICKETS_WRITE)  # who may not is told that alone
        status = status_of(refused)
        typed = {name: text.replace("\0", "") for name, text in form.items()}
        return await _page(panel, {**_BLANK, **typed}, explained(refused), status)
    if outcome.views_behind or not panel.caller.may(Permission.TICKETS_READ):
        return see_other(f"{TICKETS}?done=open_ticket")
    return see_other(f"{TICKETS}/{outcome.answer.code}?done=open_ticket")


def _new_ticket(form: Form) -> NewTicket:
    """Read the form. Refuses with `invalid_arguments` what is missing or cannot be."""
    email = form.get("email", "").strip()
    try:
        channel = Channel(form.get("channel", ""))
    except ValueError:
        raise misfit("Choose how it came in from the list.") from None
    asked = NewTicket(
        department_id=chosen(form, "department_id", "a department"),
        subject=subject_of(form),
        requester=Person(
            name=text_of(form, "name", "the customer's name", NAME),
            email=text_of(form, "email", "the address") if email else UNSET,
        ),
        body=text_of(form, "body", "what the customer says", _LONGEST),
        note=text_of(form, "note", "the note", _LONGEST) if form.get("note", "").strip() else UNSET,
        priority=priority_of(form),
        tags=tags_of(form),
        channel=channel,
    )
    try:
        return msgspec.convert(msgspec.to_builtins(asked), NewTicket)
    except msgspec.ValidationError as error:
        if "email" in str(error):
            raise misfit(f"“{email[:64]}” is no e-mail address.") from None
        raise misfit("A tag has up to 64 characters, and a ticket up to 50 tags.") from None


async def _page(
    panel: Panel, given: Mapping[str, str], refusal: str = "", status: int = 200
) -> Response[str]:
    shown = {
        "given": given,
        "refusal": refusal,
        "path": OPEN,
        "key": str(panel.services.new_id()),
        "longest": _LONGEST,
        "departments": await departments_seen(panel),
        "sees_any": sees_any(panel),
        "may_add": panel.caller.may(Permission.DEPARTMENTS_MANAGE),
        "priorities": PRIORITIES,
        "channels": [Choice(one.value, name) for one, name in CHANNELS.items()],
    }
    return panel.page("tickets/opening", shown, Here(bar=TICKETS), status=status)


ENDPOINTS = (new_ticket_page, open_ticket)
