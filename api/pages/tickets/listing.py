"""The list of tickets: searched and narrowed by a form whose answers stay in the address."""

from collections.abc import Sequence
from typing import NamedTuple

from litestar import Response, get
from litestar.di import NamedDependency

from api.pages.choices import PRIORITIES, Choice, agents_of, departments_seen, kept_among, sees_any
from api.pages.front import Front, Page, notice_of
from api.pages.panel import TICKETS, Here, Panel, panel_of
from api.pages.tickets.filters import MINE, NOBODY, QUICK, UNRESOLVED, Filters, address, of_tag
from api.pages.wording import tried
from domain.permissions import Permission
from domain.ticket.words import Status
from projections.question import STATUSES
from projections.search_queries import TicketHit, TicketPage

_SORTS = (
    Choice("changed", "Changed last"),
    Choice("created", "Newest"),
    Choice("priority", "Most urgent"),
    Choice("relevance", "Best match"),
)
_USUAL = (*UNRESOLVED, Status.RESOLVED.word)
_NOTICES = {
    "transfer_ticket": "The ticket is moved to a department whose tickets you do not see.",
    "open_ticket": "The ticket is open, and this list will show it in a moment.",
}


class Hit(NamedTuple):
    """A ticket that was found, with the ways to others that have something in common with it."""

    ticket: TicketHit
    department: str
    agent: str
    tags: Sequence[Choice]


@get(TICKETS)
async def tickets_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    panel = await panel_of(request, front)
    caller = panel.acting.reading(Permission.TICKETS_READ)
    filters = Filters.of(request)
    found, refusal, status = await tried(
        lambda: front.services.views.search_tickets(caller, filters.search(panel.acting.agent))
    )
    shown = {
        **await _form(panel, filters),
        **await _found(panel, filters, found),
        "notice": notice_of(request, _NOTICES),
        "refusal": refusal,
        "may_open": caller.may(Permission.TICKETS_WRITE),
    }
    return panel.page("tickets/listing", shown, Here(bar=TICKETS), status=status)


async def _found(panel: Panel, filters: Filters, found: TicketPage | None) -> dict[str, object]:
    more = found.next_cursor if found else None
    hits = [_hit(ticket) for ticket in found.tickets] if found else []
    here = address(filters.kept)
    return {
        "hits": hits,
        "failed": found is None,
        # Told where it is known without counting: all are on this page.
        "count": len(hits) if hits and not more and not filters.cursor else 0,
        "first": here if filters.cursor else "",
        "next": filters.path(cursor=more) if more else "",
        "quick": QUICK,
        "here": Here(bar=TICKETS, path=here),
        "blank": "" if hits or not found else await _blank(panel, filters, here),
    }


async def _blank(panel: Panel, filters: Filters, here: str) -> str:
    """Say why there is nothing: there are no tickets at all, none that one sees, or none that fits."""
    if not await panel.services.views.has_tickets():
        return "desk"
    if not sees_any(panel):
        return "nowhere"
    if filters.cursor:
        return "end"
    if quick := next((one.empty for one in QUICK if one.path == here and one.empty), ""):
        return quick
    return "fits" if filters.narrows else "own"


async def _form(panel: Panel, filters: Filters) -> dict[str, object]:
    rare = [word for word in STATUSES if word not in _USUAL]
    times = [filters.texts[name] for name in filters.texts if name.endswith(("_from", "_to"))]
    agents = [Choice(MINE, "Me"), Choice(NOBODY, "Nobody"), *await agents_of(panel)]
    return {
        "given": filters.texts,
        "narrowed": filters.narrows,
        "chosen": filters.statuses,
        "usual": _USUAL,
        "rare": rare,
        "unfolded": any(times) or any(word in rare for word in filters.statuses),
        "priorities": PRIORITIES,
        "departments": kept_among(await departments_seen(panel), filters.texts["department_id"]),
        "agents": kept_among(agents, filters.texts["agent_id"]),
        "sorts": _SORTS,
    }


def _hit(ticket: TicketHit) -> Hit:
    agent = str(ticket.agent.id) if ticket.agent else NOBODY
    return Hit(
        ticket,
        address({"department_id": ticket.department.id}),
        address({"agent_id": agent}),
        [Choice(of_tag(tag), tag) for tag in ticket.tags],
    )


ENDPOINTS = (tickets_page,)
