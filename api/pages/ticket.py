"""One ticket: what was written, what may be done with it, and what happened to it."""

from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter
from msgspec import UnsetType

from api import problems
from api.pages.choices import agents_of, besides, departments_of
from api.pages.deeds import FILTERS, SOME, Filter, clients_of, deeds_of
from api.pages.front import Front, Page
from api.pages.panel import TICKETS, Here, Panel, panel_of
from api.pages.showing import see_other
from api.pages.ticket_forms import ACTIONS, key_of
from api.rest.acting import Conditions
from api.rest.ticket_actions import act_on_ticket
from domain.permissions import Permission
from domain.refusals import Code, Refused
from domain.ticket.words import RESOLVABLE, Status
from mcp_server.tools.write import WRITE_TOOLS
from projections.conversation import MessagePage
from projections.metadata import TicketMetadata

Reference = Annotated[str, PathParameter(description="The ticket's id or code.")]
ActionName = Annotated[str, PathParameter(description="As its tool is named.")]

ONE = f"{TICKETS}/{{reference:str}}"
_LONGEST = 64  # of an id or a code, with room for what is mistyped
_DONE = {
    "add_tags": "The tags are added.",
    "remove_tags": "The tag is removed.",
    "resolve_ticket": "The ticket is resolved.",
    "reopen_ticket": "The ticket is open again.",
    "assign_ticket": "The ticket is assigned.",
    "transfer_ticket": "The ticket is moved.",
    "nothing": "It was so already: nothing was changed.",
    "behind": "It is done, and this page will show it in a moment.",
}


class View(NamedTuple):
    """Which part of the conversation and of the history the address asks for."""

    messages: str = ""  # a cursor
    message: str = ""  # the id of one that is read alone
    offset: str = ""
    quoted: str = ""
    activity: str = ""  # a cursor
    by: str = ""
    client: str = ""

    def but(self, **other: str) -> str:
        """Return the query of the same view with something else in it."""
        return urlencode(
            {name: value for name, value in {**self._asdict(), **other}.items() if value}
        )


@get(ONE)
async def ticket_page(
    request: Page, reference: Reference, front: NamedDependency[Front]
) -> Response[str]:
    panel = await panel_of(request, front)
    view = View(**{name: request.query_params.get(name, "") for name in View._fields})
    notice = _DONE.get(request.query_params.get("done", ""), "")
    try:
        return await _ticket(panel, reference, view, notice=notice)
    except Refused as refused:
        if refused.code is not Code.INVALID_ARGUMENTS:
            raise
        return await _ticket(panel, reference, View(), _status(refused), refusal=refused.sentence)


@post(f"{ONE}/{{action:str}}")
async def act(
    request: Page, reference: Reference, action: ActionName, front: NamedDependency[Front]
) -> Response[Any]:
    panel = await panel_of(request, front)
    form = await panel.form()
    make = ACTIONS.get(action)
    if make is None:
        raise Refused(Code.NOT_FOUND, "There is no such action.")
    # Of a ticket that one may not see, nothing more is told than of one that does not exist.
    ticket = await _seen(panel, reference)
    try:
        command = make(str(ticket.id), form)
        outcome = await act_on_ticket(panel.acting, Conditions(key_of(form, command)), command)
    except Refused as refused:
        return await _ticket(
            panel,
            reference,
            View(),
            _status(refused),
            refusal=refused.sentence,
            typed=form.get("tags", ""),
        )
    answer = outcome.answer
    if not panel.bearer.caller.sees(answer.department_id):
        return see_other(f"{TICKETS}?done={action}")
    done = "behind" if outcome.views_behind else action if answer.changed else "nothing"
    return see_other(f"{TICKETS}/{answer.code}?done={done}")


def _status(refused: Refused) -> int:
    return problems.OF_REFUSALS[refused.code].status


async def _seen(panel: Panel, reference: str) -> TicketMetadata:
    """Return a ticket by its id or code; refuse with `not_found` one that one may not see."""
    caller = panel.acting.reading(Permission.TICKETS_READ)
    try:
        if len(reference) <= _LONGEST and reference.isprintable():
            return await panel.front.office.views.get_ticket_metadata(caller, reference)
    except Refused as refused:
        if refused.code is not Code.NOT_FOUND:
            raise
    raise Refused(
        Code.NOT_FOUND,
        "There is no such ticket, or it is not one that you may see. Look for it among the tickets.",
    )


async def _ticket(
    panel: Panel, reference: str, view: View, status: int = 200, **said: str
) -> Response[str]:
    ticket = await _seen(panel, reference)
    views, caller, key = panel.front.office.views, panel.bearer.caller, str(ticket.id)
    messages = await _messages(panel, key, view)
    wanted = Filter(view.by, view.client)
    history = await views.list_activity(
        caller, key, cursor=view.activity or None, limit=SOME[wanted.narrows]
    )
    path = f"{TICKETS}/{ticket.code}"
    shown = {
        "ticket": ticket,
        "path": path,
        "view": view,
        "messages": messages.messages,
        "more_messages": _link(path, view, "messages", messages.next_cursor),
        "first_messages": f"{path}?{view.but(messages='', message='', offset='')}#messages"
        if view.messages or view.message
        else "",
        "quotes": f"{path}?{view.but(messages='', quoted='' if view.quoted else '1')}#messages",
        "deeds": deeds_of(history.activity, wanted),
        "clients": clients_of(history.activity),
        "filters": FILTERS,
        "some": len(history.activity),
        "more_activity": _link(path, view, "activity", history.next_cursor),
        "first_activity": f"{path}?{view.but(activity='')}#activity" if view.activity else "",
        "typed": "",
        **await _offered(panel, ticket),
    }
    return panel.page("ticket", {**shown, **said}, Here(bar=TICKETS), status=status)


def _link(path: str, view: View, part: str, cursor: str | UnsetType) -> str:
    return f"{path}?{view.but(**{part: cursor})}#{part}" if cursor else ""


async def _messages(panel: Panel, ticket: str, view: View) -> MessagePage:
    """Read what the view asks for; refuse with `invalid_arguments` a message that there is not."""
    try:
        message = UUID(view.message) if view.message else None
        offset = min(max(int(view.offset or "0"), 0), 2**30)
        return await panel.front.office.views.get_ticket_messages(
            panel.bearer.caller,
            ticket,
            cursor=view.messages or None,
            include_quoted=bool(view.quoted),
            message_id=message,
            offset=offset,
        )
    except (ValueError, Refused) as error:
        if isinstance(error, Refused) and error.code is not Code.NOT_FOUND:
            raise
        raise Refused(
            Code.INVALID_ARGUMENTS, "There is no such message. These are those there are."
        ) from None


async def _offered(panel: Panel, ticket: TicketMetadata) -> dict[str, object]:
    """Return what the role allows and the status permits, with what there is to choose from."""
    caller = panel.bearer.caller
    fitting = {
        "resolve_ticket": ticket.status in RESOLVABLE,
        "reopen_ticket": ticket.status is Status.RESOLVED,
        "remove_tags": bool(ticket.tags),
    }
    may = {
        tool.name: caller.may(tool.permission) and fitting.get(tool.name, True)
        for tool in WRITE_TOOLS
    }
    assignee = ticket.agent.id if ticket.agent else None
    department = ticket.department.id
    takers = await agents_of(panel, department) if may["assign_ticket"] else []
    targets = await departments_of(panel) if may["transfer_ticket"] else []
    movers = await agents_of(panel, tell_departments=True) if may["transfer_ticket"] else []
    return {
        "may": may,
        "takers": besides(takers, assignee),
        "targets": besides(targets, department),
        "movers": movers,
        "key": str(panel.front.office.new_id()),
    }


ENDPOINTS = (ticket_page, act)
