"""The list of tickets: searched and narrowed by a form whose answers stay in the address."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from api import problems
from api.pages.choices import Choice, agents_of, departments_of
from api.pages.front import Front, Page
from api.pages.panel import TICKETS, Here, Panel, panel_of
from domain.permissions import Permission
from domain.refusals import Code, Refused
from domain.ticket.words import Priority
from projections.question import STATUSES, TicketSearch
from projections.searching import TicketPage

MINE = "mine"
_A_PAGE = 20
# The names of the tools, so that an address tells the same as a call.
_FIELDS = {
    "query": "words",
    "status": "a status",
    "priority": "a priority",
    "department_id": "a department",
    "agent_id": "an agent",
    "tags": "tags",
    "sort": "an order",
    "cursor": "a page",
}
_SORTS = (
    Choice("changed", "Changed last"),
    Choice("created", "Newest"),
    Choice("priority", "Most urgent"),
    Choice("relevance", "Best match"),
)
_NOTICES = {
    "transfer_ticket": "The ticket is moved to a department whose tickets you do not see.",
}
_FIELD = re.compile(r"\$\.(\w+)")


@get(TICKETS)
async def tickets_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    panel = await panel_of(request, front)
    caller = panel.acting.reading(Permission.TICKETS_READ)
    given = {name: request.query_params.get(name, "").strip() for name in _FIELDS}
    found, refusal, status = None, "", 200
    try:
        found = await front.office.views.search_tickets(caller, _search(panel, given))
    except Refused as refused:
        refusal, status = refused.sentence, problems.OF_REFUSALS[refused.code].status
    notice = _NOTICES.get(request.query_params.get("done", ""), "")
    shown = await _shown(panel, given, found)
    return panel.page(
        "tickets",
        {**shown, "notice": notice, "refusal": refusal},
        Here(bar=TICKETS),
        status=status,
    )


def _search(panel: Panel, given: Mapping[str, str]) -> TicketSearch:
    """Read the form strictly. Refuses with `invalid_arguments` what none of its fields offers."""
    asked: dict[str, Any] = {name: value for name, value in given.items() if value}
    if asked.get("agent_id") == MINE:
        asked["agent_id"] = str(panel.acting.agent)
    for name, parts in (
        ("status", [asked.get("status", "")]),
        ("tags", [tag.strip() for tag in asked.get("tags", "").split(",")]),
    ):
        asked[name] = [part for part in parts if part]
        if not asked[name]:
            del asked[name]
    try:
        return msgspec.convert({**asked, "limit": _A_PAGE}, TicketSearch, strict=False)
    except msgspec.ValidationError as error:
        at = _FIELD.search(str(error))
        name = at.group(1) if at else ""
        raise Refused(
            Code.INVALID_ARGUMENTS,
            f"“{given.get(name, '')[:64]}” cannot be taken as {_FIELDS.get(name, 'a filter')}. "
            "Choose again below.",
        ) from None


async def _shown(
    panel: Panel, given: Mapping[str, str], found: TicketPage | None
) -> dict[str, object]:
    kept = {name: value for name, value in given.items() if value and name != "cursor"}
    caller = panel.bearer.caller
    departments = await departments_of(panel)
    if not caller.may(Permission.TICKETS_ALL_DEPARTMENTS):
        departments = [one for one in departments if one.value in map(str, caller.departments)]
    more = found.next_cursor if found else None
    return {
        "given": given,
        "narrowed": bool(kept.keys() - {"sort"}),
        "tickets": found.tickets if found else (),
        "failed": found is None,
        "first": f"{TICKETS}?{urlencode(kept)}" if given["cursor"] else "",
        "next": f"{TICKETS}?{urlencode({**kept, 'cursor': more})}" if more else "",
        "statuses": [Choice(word, word.capitalize()) for word in STATUSES],
        "priorities": [Choice(one.value, one.value.capitalize()) for one in Priority],
        "departments": _with(departments, given["department_id"]),
        "agents": _with(
            [Choice(MINE, "Me"), *await agents_of(panel)],
            given["agent_id"],
        ),
        "sorts": _SORTS,
    }


def _with(choices: list[Choice], chosen: str) -> list[Choice]:
    """Keep what was chosen among the choices, such as an agent who left."""
    known = not chosen or any(choice.value == chosen for choice in choices)
    return choices if known else [*choices, Choice(chosen, "Another one")]


ENDPOINTS = (tickets_page,)
