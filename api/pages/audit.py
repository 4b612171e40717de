"""The audit trail for those who may read it: all calls, narrowed by a form, and each on its own page."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC
from typing import Annotated, Any, NamedTuple, get_args
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from api import problems
from api.pages.choices import Choice, agents_of
from api.pages.front import Front, Page
from api.pages.panel import AUDIT, Here, Panel, panel_of
from api.rest.calls import CallListing, filter_of
from domain.call import FAILED, OK, REPLAYED, UNKNOWN_TOOL
from domain.fact import Via
from domain.permissions import Permission
from domain.refusals import Code, Refused
from projections.audit import CallFilter, CallPage
from projections.question import moment

Position = Annotated[int, PathParameter(description="The call's place in the log.")]

_A_PAGE = 50
_LAST = 2**62
# The names of the REST API, so that an address tells the same as a request.
_FIELDS = {
    "agent_id": "an agent",
    "tool": "a tool",
    "outcome": "an outcome",
    "via": "a way",
    "ticket_id": "a ticket",
    "credential_id": "a credential's id",
    "from": "a time",
    "to": "a time",
}
_OUTCOMES = tuple(
    Choice(word, word.replace("_", " "))
    for word in dict.fromkeys((OK, REPLAYED, UNKNOWN_TOOL, FAILED, *(code.value for code in Code)))
)
_WAYS: Mapping[str, str] = {
    "token": "MCP, with an access token",
    "app": "MCP, by an app",
    "panel": "The panel",
    "rest": "The REST API",
    "cli": "The command line",
    "import": "An import",
    "system": "The system itself",
}
_FIELD = re.compile(r"\$\.(\w+)")


class Asked(NamedTuple):
    """What an address asks: its fields as they are given, and where a walk goes on."""

    given: Mapping[str, str]
    cursor: str

    @classmethod
    def of(cls, request: Page) -> "Asked":
        params = request.query_params
        return cls(
            {name: params.get(name, "").strip() for name in _FIELDS}, params.get("cursor", "")
        )

    @property
    def kept(self) -> dict[str, str]:
        return {name: value for name, value in self.given.items() if value}

    def path(self, page: str = AUDIT, **more: str) -> str:
        query = urlencode({**self.kept, **more})
        return f"{page}?{query}" if query else page

    def filter(self) -> CallFilter:
        """Read it strictly. Refuses with `invalid_arguments` what none of the fields offers."""
        for name, value in self.kept.items():
            if "\0" in value:  # which PostgreSQL takes in no text
                raise self._misfit(name)
        try:
            listing = msgspec.convert(self.kept, CallListing, strict=False)
        except msgspec.ValidationError as error:
            at = _FIELD.search(str(error))
            raise self._misfit(at.group(1) if at else "") from None
        return filter_of(listing, listing.agent_id or None)

    def _misfit(self, name: str) -> Refused:
        return Refused(
            Code.INVALID_ARGUMENTS,
            f"“{self.given.get(name, '')[:64]}” cannot be taken as "
            f"{_FIELDS.get(name, 'a filter')}. Choose again below.",
        )


@get(AUDIT)
async def audit_page(request: Page, front: NamedDependency[Front]) -> Response[str]:
    panel = await panel_of(request, front)
    panel.acting.reading(Permission.AUDIT_READ)
    asked = Asked.of(request)
    found, refusal, status = None, "", 200
    try:
        found = await front.office.views.list_calls(
            asked.filter(), cursor=asked.cursor or None, limit=_A_PAGE
        )
    except Refused as refused:
        refusal, status = refused.sentence, problems.OF_REFUSALS[refused.code].status
    shown = {**await _shown(panel, asked, found), "refusal": refusal}
    return panel.page("audit", shown, Here(bar=AUDIT), status=status)


@get(f"{AUDIT}/calls/{{position:int}}")
async def call_page(
    request: Page, position: Position, front: NamedDependency[Front]
) -> Response[str]:
    panel = await panel_of(request, front)
    panel.acting.reading(Permission.AUDIT_READ)
    calls = None
    if position <= _LAST:
        found = await front.office.views.list_calls(CallFilter(position=position), limit=1)
        calls = found.calls
    if not calls:
        raise Refused(Code.NOT_FOUND, "There is no such call. Look for it in the audit trail.")
    (call,) = calls
    sent = msgspec.json.format(msgspec.json.encode(call.arguments), indent=2).decode()
    shown = {"call": call, "way": _WAYS[call.via], "arguments": sent if call.arguments else ""}
    return panel.page("call", shown, Here(bar=AUDIT))


async def _shown(panel: Panel, asked: Asked, found: CallPage | None) -> dict[str, object]:
    more = found.next_cursor if found else None
    given: dict[str, Any] = {**asked.given}
    for name in ("from", "to"):
        given[name] = _as_field(given[name])
    return {
        "given": given,
        "narrowed": bool(asked.kept),
        "calls": found.calls if found else (),
        "failed": found is None,
        "first": asked.path() if asked.cursor else "",
        "older": asked.path(cursor=more) if more else "",
        "csv": asked.path(f"{AUDIT}/export.csv"),
        "jsonl": asked.path(f"{AUDIT}/export.jsonl"),
        "agents": _with(await agents_of(panel), given["agent_id"]),
        "outcomes": _with(_OUTCOMES, given["outcome"]),
        "ways": _with([Choice(way, _WAYS[way]) for way in get_args(Via)], given["via"]),
    }


def _as_field(time: str) -> str:
    """Write a time as a browser's field for local times takes it; ours are told to be UTC."""
    with suppress(Refused, OverflowError):
        at = moment(time).astimezone(UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%S" if at.second else "%Y-%m-%dT%H:%M")
    return time


def _with(choices: list[Choice] | tuple[Choice, ...], chosen: str) -> list[Choice]:
    """Keep what was chosen among the choices, such as an agent who left."""
    known = not chosen or any(choice.value == chosen for choice in choices)
    return [*choices] if known else [*choices, Choice(chosen, "Another one")]


ENDPOINTS = (audit_page, call_page)
