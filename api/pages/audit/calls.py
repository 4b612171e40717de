"""The calls of the audit trail: narrowed by a form, and each on its own page with its facts."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from api.pages.audit.files import EXPORTS
from api.pages.audit.filters import TRAIL, Filters, asked_of, choices_of, open_tickets
from api.pages.audit.words import OUTCOMES, WAYS, badge_of, in_lines
from api.pages.choices import Choice, kept_among
from api.pages.front import Front, Page
from api.pages.panel import AUDIT, AUDITING, FACTS, Here, Panel, panel_of
from api.pages.wording import tried
from api.rest import ENDPOINTS as OPERATIONS
from api.rest.calls import CallListing
from domain.permissions import Permission
from domain.refusals import Code, Refused
from mcp_server.tools import TOOLS
from projections.audit import CallFilter, CallPage
from projections.facts import FactFilter

Position = Annotated[int, PathParameter(description="Its place in the log.")]

A_PAGE = 50
LAST = 2**62
# Of a page's rows in JSON: pages for people need not fit into what a model can take.
SIZE = 1 << 20
HERE = Here(bar=AUDIT, section=AUDITING, path=AUDIT)
_FIELDS = {**TRAIL, "tool": "a tool", "outcome": "an outcome"}
_OUTCOMES = [Choice(word, word.replace("_", " ")) for word in OUTCOMES]
# Of the REST API's operations, changes alone are recorded; files of the trail are as well.
_TOOLS = sorted(
    {
        *TOOLS,
        *EXPORTS.values(),
        *(str(one.operation_id) for one in OPERATIONS if "GET" not in one.http_methods),
    }
)


def calls_asked(request: Page) -> Filters[CallListing]:
    return asked_of(request, AUDIT, CallListing, _FIELDS)


@get(AUDIT)
async def audit_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    panel = await panel_of(request, front)
    panel.acting.reading(Permission.AUDIT_READ)
    asked = calls_asked(request)
    found, refusal, status = await tried(
        lambda: front.services.views.list_calls(
            asked.read().filter(), cursor=asked.cursor or None, limit=A_PAGE, size=SIZE
        )
    )
    shown = {**await _shown(panel, asked, found), "refusal": refusal}
    return panel.page("audit/calls", shown, HERE, status=status)


@get(f"{AUDIT}/calls/{{position:int}}")
async def call_page(
    request: Page, position: Position, front: NamedDependency[Front]
) -> Response[str]:
    panel = await panel_of(request, front)
    panel.acting.reading(Permission.AUDIT_READ)
    views, calls = front.services.views, None
    if position <= LAST:
        calls = (await views.list_calls(CallFilter(position=position), limit=1)).calls
    if not calls:
        raise Refused(Code.NOT_FOUND, "There is no such call. Look for it in the audit trail.")
    (call,) = calls
    done = await views.list_facts(FactFilter(call=call.call), limit=A_PAGE, size=SIZE)
    shown = {
        "call": call,
        "open_tickets": await open_tickets(panel, [call]),
        "way": WAYS[call.via],
        "badge": badge_of(call.outcome),
        "meaning": OUTCOMES.get(call.outcome, ""),
        "arguments": in_lines(call.arguments),
        "facts": done.facts[::-1],
        "more": f"{FACTS}?call_id={call.call}" if done.next_cursor else "",
    }
    return panel.page("audit/call", shown, HERE)


async def _shown(
    panel: Panel, asked: Filters[CallListing], found: CallPage | None
) -> dict[str, object]:
    calls = found.calls if found else []
    return {
        **asked.shown(failed=found is None, next_cursor=found and found.next_cursor),
        **await choices_of(panel, asked.given),
        "calls": [(call, badge_of(call.outcome)) for call in calls],
        "open_tickets": await open_tickets(panel, calls),
        "outcomes": kept_among(_OUTCOMES, asked.given["outcome"]),
        "tools": _TOOLS,
    }


ENDPOINTS = (audit_page, call_page)
