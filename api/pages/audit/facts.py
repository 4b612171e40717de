"""The facts of the audit trail: who changed what in the account, and each fact on its own page."""

from litestar import Response, get
from litestar.di import NamedDependency

from api.pages.audit.calls import A_PAGE, LAST, SIZE, Position
from api.pages.audit.filters import TRAIL, Filters, asked_of, choices_of, open_tickets
from api.pages.audit.words import SUBJECTS, WAYS, in_lines, kind_of
from api.pages.choices import kept_among
from api.pages.front import Front, Page
from api.pages.panel import AUDIT, AUDITING, FACTS, Here, Panel, panel_of
from api.pages.wording import tried
from api.rest.facts import FactListing
from domain.permissions import Permission
from domain.refusals import Code, Refused
from projections.facts import FactFilter, FactPage

HERE = Here(bar=AUDIT, section=AUDITING, path=FACTS)
_FIELDS = {
    **TRAIL,
    "topic": "a kind of fact",
    "about_id": "an agent's, role's or department's id",
    "call_id": "a call's id",
}


def facts_asked(request: Page) -> Filters[FactListing]:
    return asked_of(request, FACTS, FactListing, _FIELDS)


@get(FACTS)
async def facts_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    panel = await panel_of(request, front)
    panel.acting.reading(Permission.AUDIT_READ)
    asked = facts_asked(request)
    found, refusal, status = await tried(
        lambda: front.services.views.list_facts(
            asked.read().filter(), cursor=asked.cursor or None, limit=A_PAGE, size=SIZE
        )
    )
    shown = {**await _shown(panel, asked, found), "refusal": refusal}
    return panel.page("audit/facts", shown, HERE, status=status)


@get(f"{FACTS}/{{position:int}}")
async def fact_page(
    request: Page, position: Position, front: NamedDependency[Front]
) -> Response[str]:
    panel = await panel_of(request, front)
    panel.acting.reading(Permission.AUDIT_READ)
    facts = None
    if position <= LAST:
        found = await front.services.views.list_facts(FactFilter(position=position), limit=1)
        facts = found.facts
    if not facts:
        raise Refused(Code.NOT_FOUND, "There is no such fact. Look for it in the audit trail.")
    (fact,) = facts
    shown = {
        "fact": fact,
        "open_tickets": await open_tickets(panel, [fact]),
        "kind": kind_of(fact.topic),
        "way": WAYS[fact.via],
        "data": in_lines(fact.change),
        "managed": bool(fact.about) and panel.caller.may(Permission.AGENTS_MANAGE),
    }
    return panel.page("audit/fact", shown, HERE)


async def _shown(
    panel: Panel, asked: Filters[FactListing], found: FactPage | None
) -> dict[str, object]:
    facts = found.facts if found else []
    choices = await choices_of(panel, asked.given)
    return {
        **asked.shown(failed=found is None, next_cursor=found and found.next_cursor),
        **choices,
        "facts": [(fact, kind_of(fact.topic)) for fact in facts],
        "open_tickets": await open_tickets(panel, facts),
        "subjects": SUBJECTS,
        "whom": kept_among(choices["agents"], asked.given["about_id"]),
    }


ENDPOINTS = (facts_page, fact_page)
