"""What an address of the audit trail asks for, read strictly, and what its form offers."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar, get_args
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from msgspec import UNSET

from api.pages.audit.words import WAYS
from api.pages.choices import Choice, agents_on_record, kept_among, no_choice
from api.pages.form import field_of
from api.pages.front import Page
from api.pages.panel import Panel
from api.rest.calls import TrailListing
from domain.fact import Via
from domain.permissions import Permission
from domain.refusals import Refused
from projections.audit import CallLine
from projections.facts import FactLine
from projections.question import moment
from projections.usage import UsageQuestion

L = TypeVar("L", bound=TrailListing)

# The names of the REST API, so that an address tells the same as a request.
TRAIL = {
    "agent_id": "an agent",
    "client": "a client",
    "credential_id": "a credential",
    "ticket_id": "a ticket",
    "via": "a way",
    "from": "a time",
    "to": "a time",
}
_LATELY = timedelta(days=30)
_MOST = 100


class Filters(NamedTuple, Generic[L]):
    """What an address asks: its fields as they are given, and where a walk goes on."""

    page: str
    fields: Mapping[str, str]
    listing: type[L]
    given: Mapping[str, str]
    cursor: str

    @property
    def kept(self) -> dict[str, str]:
        return {name: value for name, value in self.given.items() if value}

    def path(self, below: str = "", **more: str) -> str:
        query = urlencode({**self.kept, **more})
        return f"{self.page}{below}?{query}" if query else f"{self.page}{below}"

    def read(self) -> L:
        """Read it strictly. Refuses with `invalid_arguments` what none of the fields offers."""
        for name, value in self.kept.items():
            if "\0" in value:  # which PostgreSQL takes in no text
                raise self._misfit(name)
        try:
            return msgspec.convert(self.kept, self.listing, strict=False)
        except msgspec.ValidationError as error:
            raise self._misfit(field_of(error)) from None

    def shown(self, *, failed: bool, next_cursor: str | msgspec.UnsetType | None) -> dict[str, Any]:
        """Return what the list's page shows of it."""
        given = dict(self.given)
        for name in ("from", "to"):
            given[name] = _as_field(given[name])
        return {
            "given": given,
            "narrowed": bool(self.kept),
            "failed": failed,
            "page": self.page,
            "first": self.path() if self.cursor else "",
            "older": self.path(cursor=next_cursor) if next_cursor else "",
            "csv": self.path("/export.csv"),
            "jsonl": self.path("/export.jsonl"),
        }

    def _misfit(self, name: str) -> Refused:
        return no_choice(self.given.get(name, ""), self.fields.get(name, "a filter"))


def asked_of(request: Page, page: str, listing: type[L], fields: Mapping[str, str]) -> Filters[L]:
    """Return what a request asks of a list; `fields` are its names, with what refusals call them."""
    params = request.query_params
    given = {name: params.get(name, "").strip() for name in fields}
    return Filters(page, fields, listing, given, params.get("cursor", ""))


async def choices_of(panel: Panel, given: Mapping[str, str]) -> dict[str, Any]:
    """Return what the form offers for calls and facts alike."""
    return {
        "agents": kept_among(await agents_on_record(panel), given["agent_id"]),
        "ways": kept_among([Choice(way, WAYS[way]) for way in get_args(Via)], given["via"]),
        "clients": await _clients(panel, panel.services.now()),
    }


async def open_tickets(panel: Panel, lines: Iterable[CallLine | FactLine]) -> frozenset[UUID]:
    """Return the tickets of some lines to which one may be led; others would lead to a refusal."""
    caller = panel.caller
    tickets = {line.ticket.id for line in lines if line.ticket}
    if not tickets or not caller.may(Permission.TICKETS_READ):
        return frozenset()
    return await panel.services.views.tickets_open_to(caller, tickets)


async def _clients(panel: Panel, now: datetime) -> list[str]:
    """Return the names of the clients that were there lately; any other can be written, too."""
    asked = UsageQuestion(
        from_day=(now - _LATELY).date(),
        to_day=now.date(),
        by=frozenset({"client"}),
        limit=_MOST,
    )
    rows = (await panel.services.views.get_usage(asked)).rows
    return sorted(row.client for row in rows if row.client and row.client is not UNSET)


def _as_field(time: str) -> str:
    """Write a time as a browser's field for local times takes it; ours are told to be UTC."""
    with suppress(Refused, OverflowError):
        at = moment(time).astimezone(UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%S" if at.second else "%Y-%m-%dT%H:%M")
    return time
