"""One ticket: what was written, what may be done with it, and what happened to it."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple
from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter
from msgspec import UnsetType

from api.pages.choices import CHANNELS, PRIORITIES, Choice, agents_of, besides, departments_of
from api.pages.form import Form
from api.pages.front import Front, Page, notice_of
from api.pages.panel import TICKETS, Here, Panel, panel_of
from api.pages.tickets.filters import of_tag
from api.pages.tickets.forms import LONGEST
from api.pages.tickets.history import A_PAGE, FILTERS, KINDS, filter_of, lines_of
from api.pages.tickets.messages import talk_of
from api.pages.wording import explained
from api.problems import status_of
from domain.permissions import Permission
from domain.refusals import Code, Refused
from domain.ticket.words import RESOLVABLE, Status
from mcp_server.tools.write import WRITE_TOOLS
from projections.metadata import TicketMetadata

Reference = Annotated[str, PathParameter(description="The ticket's id or code.")]

ONE = f"{TICKETS}/{{reference:str}}"
_LONGEST = 64  # of an id or a code, with room for what is mistyped
_DONE = {
    "reply": "Your reply is written.",
    "note": "The note is written; customers never see it.",
    "change_ticket": "The ticket is changed.",
    "open_ticket": "The ticket is open.",
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
    activity: str = ""  # a cursor
    by: str = ""
    client: str = ""
    kind: str = ""

    def but(self, **other: str) -> str:
        """Return the query of the same view with something else in it."""
        return urlencode(
            {name: value for name, value in {**self._asdict(), **other}.items() if value}
        )


class Typed(NamedTuple):
    """What was filled in where, to be shown again when it was refused."""

    action: str = ""
    form: Mapping[str, str] = {}

    def of(self, action: str, name: str, otherwise: str = "") -> str:
        return self.form.get(name, otherwise) if action == self.action else otherwise


class Seen(NamedTuple):
    """A ticket that one may see, at its version."""

    ticket: TicketMetadata
    version: int

    @property
    def path(self) -> str:
        return f"{TICKETS}/{self.ticket.code}"


@get(ONE)
async def ticket_page(
    request: Page, reference: Reference, front: NamedDependency[Front]
) -> Response[str]:
    panel = await panel_of(request, front)
    view = View(**{name: request.query_params.get(name, "") for name in View._fields})
    seen = await seen_ticket(panel, reference)
    notice = notice_of(request, _DONE)
    try:
        return await show_ticket(panel, seen, view, notice=notice)
    except Refused as refused:
        if refused.code is not Code.INVALID_ARGUMENTS:
            raise
        status = status_of(refused)
        return await show_ticket(panel, seen, View(), status, refusal=explained(refused))


async def seen_ticket(panel: Panel, reference: str) -> Seen:
    """Return a ticket by its id or code; refuse with `not_found` one that one may not see."""
    caller = panel.acting.reading(Permission.TICKETS_READ)
    try:
        if len(reference) <= _LONGEST and reference.isprintable():
            return Seen(*await panel.services.views.get_ticket(caller, reference))
    except Refused as refused:
        if refused.code is not Code.NOT_FOUND:
            raise
    raise Refused(
        Code.NOT_FOUND,
        "There is no such ticket, or it is not one that you may see. Look for it among the tickets.",
    )


async def show_ticket(
    panel: Panel,
    seen: Seen,
    view: View,
    status: int = 200,
    *,
    refusal: str = "",
    notice: str = "",
    typed: Typed | None = None,
) -> Response[str]:
    """Render a ticket's page. Refuses with `invalid_arguments` what the view cannot be of."""
    ticket, path, key = seen.ticket, seen.path, str(seen.ticket.id)
    talk = await talk_of(panel, key, view.messages, view.message, view.offset)
    shown = {
        "refusal": refusal,
        "notice": notice,
        "ticket": ticket,
        "came_by": CHANNELS[ticket.channel],
        "path": path,
        "view": view,
        "talk": talk.messages,
        "earlier": _link(path, view, "messages", talk.earlier),
        "latest": f"{path}?{view.but(messages='', message='', offset='')}#messages"
        if view.messages or view.message
        else "",
        "of_department": f"{TICKETS}?department_id={ticket.department.id}",
        "of_agent": f"{TICKETS}?agent_id={ticket.agent.id}" if ticket.agent else "",
        "tags": [Choice(of_tag(tag), tag) for tag in ticket.tags],
        "typed": typed or Typed(),
        "version": seen.version,
        "key": str(panel.services.new_id()),
        "longest": LONGEST,
        **await _history(panel, seen, view),
        **await _offered(panel, ticket),
    }
    return panel.page("tickets/ticket", shown, Here(bar=TICKETS), status=status)


async def _history(panel: Panel, seen: Seen, view: View) -> dict[str, object]:
    wanted = filter_of(view.by, view.client, view.kind)
    views, caller, key = panel.services.views, panel.caller, str(seen.ticket.id)
    cursor = view.activity or None
    history = await views.list_activity(caller, key, cursor=cursor, limit=A_PAGE, wanted=wanted)
    clients = await views.list_ticket_clients(caller, key)
    return {
        "history": lines_of(history.activity, audited=caller.may(Permission.AUDIT_READ)),
        "filters": FILTERS,
        "kinds": KINDS,
        "clients": sorted({*clients, view.client} - {""}),
        "more_activity": _link(seen.path, view, "activity", history.next_cursor),
        "first_activity": f"{seen.path}?{view.but(activity='')}#activity" if cursor else "",
    }


def _link(path: str, view: View, part: str, cursor: str | UnsetType) -> str:
    return f"{path}?{view.but(**{part: cursor})}#{part}" if cursor else ""


async def _offered(panel: Panel, ticket: TicketMetadata) -> dict[str, object]:
    """Return what the role allows and the status permits, with what there is to choose from."""
    caller = panel.caller
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
    me = caller.agent if department in panel.agent.departments else None
    return {
        "may": {**may, "write": caller.may(Permission.TICKETS_WRITE)},
        "me_too": str(me) if me and me != assignee and may["assign_ticket"] else "",
        "takers": besides(takers, assignee),
        "targets": besides(targets, department),
        "movers": movers,
        "priorities": PRIORITIES,
    }


def form_typed(action: str, form: Form) -> Typed:
    """Keep what was filled in; what the page itself put into the form is made anew."""
    own = {"csrf", "key", "version"}
    kept = {name: text.replace("\0", "") for name, text in form.items() if name not in own}
    return Typed(action, kept)


ENDPOINTS = (ticket_page,)
