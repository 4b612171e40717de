"""Acting on a ticket from its page: once for each form, and only if it still is as the page showed it."""

from typing import Annotated, Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import PathParameter

from api.pages.form import Form, key_of, version_in
from api.pages.front import Front, Page
from api.pages.panel import TICKETS, Panel, panel_of
from api.pages.rendering import see_other
from api.pages.tickets.forms import ACTION_FORMS, BODY_LIMIT, ActionForm, Asked, Carried, carry_out
from api.pages.tickets.ticket import (
    ONE,
    Reference,
    Seen,
    View,
    form_typed,
    seen_ticket,
    show_ticket,
)
from api.pages.wording import explained
from api.problems import status_of
from api.rest.acting import Conditions
from api.rest.ticket_messages import Written
from domain.refusals import Code, Refused
from projections.history import ActivityLine

ActionName = Annotated[str, PathParameter(description="As its tool is named.")]

_NEWS = 30  # facts that a refusal looks through, the latest ones
_TOLD = 4  # of them, so many are told
_CHANGED = "It is not done yet, for the ticket has changed since you opened this page"
_KEPT = "Look at it as it is now. What you typed is kept: send it again if you still want it."


@post(f"{ONE}/{{action:str}}", request_max_body_size=BODY_LIMIT)
async def act(
    request: Page, reference: Reference, action: ActionName, front: NamedDependency[Front]
) -> Response[Any]:
    panel = await panel_of(request, front)
    form = await panel.form()
    action_form = ACTION_FORMS.get(action)
    if action_form is None:
        raise Refused(Code.NOT_FOUND, "There is no such action.")
    # Of a ticket that one may not see, nothing more is told than of one that does not exist.
    seen = await seen_ticket(panel, reference)
    try:
        asked = action_form.read(seen.ticket, form)
        if asked is None:
            return see_other(f"{seen.path}?done=nothing")
        outcome = await _carry_out(panel, seen, form, action_form, asked)
    except Refused as refused:
        status = status_of(refused)
        typed = form_typed(action, form)
        # As it is by now, which may be what the refusal is about.
        seen = await seen_ticket(panel, reference)
        return await show_ticket(
            panel, seen, View(), status, refusal=explained(refused), typed=typed
        )
    answer = outcome.answer
    if not panel.caller.sees(answer.department_id):
        return see_other(f"{TICKETS}?done={action}")
    done = "behind" if outcome.views_behind else action if answer.changed else "nothing"
    place = f"#m-{answer.message_id}" if isinstance(answer, Written) else ""
    return see_other(f"{seen.path}?done={done}{place}")


async def _carry_out(
    panel: Panel, seen: Seen, form: Form, action_form: ActionForm, asked: Asked
) -> Carried:
    """Carry it out on the ticket as the page showed it, or where what happened since does not matter.

    Refuses with `conflict`, telling what happened since, where that may change the asker's mind.
    A form that was carried out already is answered as the first time, whatever happened since.
    """
    ticket, key = seen.ticket.id, key_of(form, asked, str(seen.ticket.id))
    shown = version_in(form) if action_form.outdated_by and "version" in form else None
    try:
        return await carry_out(panel.acting, Conditions(key, shown), ticket, asked)
    except Refused as refused:
        if refused.code is not Code.PRECONDITION_FAILED or shown is None:
            raise
        now = int(refused.details["version"])
        news = await _since(panel, seen, shown, now)
        if news is None:
            raise Refused(Code.CONFLICT, f"{_CHANGED}. {_KEPT}") from None
        if matters := [line for line in news if line.topic in action_form.outdated_by]:
            raise Refused(Code.CONFLICT, f"{_CHANGED}: {_told(matters)}. {_KEPT}") from None
    return await carry_out(panel.acting, Conditions(key, now), ticket, asked)


async def _since(panel: Panel, seen: Seen, shown: int, now: int) -> list[ActivityLine] | None:
    """Return what others did after a version, the latest first; None where it cannot be told yet."""
    views, caller, key = panel.services.views, panel.caller, str(seen.ticket.id)
    _, known = await views.get_ticket(caller, key)
    if known < now or now <= shown:
        return None
    page = await views.list_activity(caller, key, limit=min(known - shown, _NEWS))
    return [line for line in page.activity if not _is_own(panel, line)]


def _is_own(panel: Panel, line: ActivityLine) -> bool:
    """Whether it was done by oneself, by hand: what one's AI client did may well be news."""
    return bool(line.agent) and line.agent.id == panel.caller.agent and line.via == "panel"


def _told(lines: list[ActivityLine]) -> str:
    """Say what happened, the earliest first."""
    sentences = [f"{line.sentence} ({line.through})" for line in lines[:_TOLD][::-1]]
    more = [f"{len(lines) - _TOLD} more before that"] if len(lines) > _TOLD else []
    return "; ".join([*more, *sentences])


ENDPOINTS = (act,)
