"""What an address asks of the list of tickets: the filters of the tools, read strictly and written back."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from api.pages.choices import no_choice
from api.pages.form import field_of
from api.pages.front import Page
from api.pages.panel import TICKETS
from domain.refusals import Refused
from domain.ticket.words import RESOLVABLE, Status
from projections.question import TicketSearch

MINE, NOBODY = "mine", "nobody"
UNRESOLVED = tuple(status.word for status in Status if status in RESOLVABLE)
A_PAGE = 20
# The names of the tools, so that an address tells the same as a call.
_TEXTS = {
    "query": "words",
    "priority": "a priority",
    "department_id": "a department",
    "agent_id": "an agent",
    "tags": "tags",
    "created_from": "a date",
    "created_to": "a date",
    "changed_from": "a date",
    "changed_to": "a date",
    "sort": "an order",
}
_NAMES = {**_TEXTS, "status": "a status", "cursor": "a page"}


class Filters(NamedTuple):
    """The fields of the form as they are given, and where a walk goes on."""

    texts: Mapping[str, str]
    statuses: tuple[str, ...] = ()
    cursor: str = ""

    @classmethod
    def of(cls, request: Page) -> "Filters":
        params = request.query_params
        return cls(
            {name: params.get(name, "").strip() for name in _TEXTS},
            tuple(word for word in params.getall("status", []) if word),
            params.get("cursor", ""),
        )

    @property
    def kept(self) -> dict[str, Any]:
        """What is given, for an address; where the walk goes on is not."""
        statuses = {"status": sorted(set(self.statuses))} if self.statuses else {}
        return {name: value for name, value in self.texts.items() if value} | statuses

    @property
    def narrows(self) -> bool:
        return bool(self.kept.keys() - {"sort"})

    def path(self, **more: str) -> str:
        return address({**self.kept, **more})

    def search(self, me: UUID) -> TicketSearch:
        """Read it strictly. Refuses with `invalid_arguments` what none of the fields offers."""
        asked = self.kept | ({"cursor": self.cursor} if self.cursor else {})
        for name, value in asked.items():
            if "\0" in str(value):  # which PostgreSQL takes in no text
                raise self._misfit(name)
        if asked.get("agent_id") == MINE:
            asked["agent_id"] = me
        elif asked.get("agent_id") == NOBODY:
            asked["unassigned"] = True
            del asked["agent_id"]
        if tags := _parts(asked.pop("tags", "")):
            asked["tags"] = tags
        try:
            return msgspec.convert({**asked, "limit": A_PAGE}, TicketSearch, strict=False)
        except msgspec.ValidationError as error:
            raise self._misfit(field_of(error)) from None

    def _misfit(self, name: str) -> Refused:
        given = self.texts.get(name) or ", ".join(self.statuses if name == "status" else ())
        return no_choice(given, _NAMES.get(name, "a filter"))


def address(fields: Mapping[str, Any]) -> str:
    """Return the address of the list that these fields narrow; one address for one search."""
    return f"{TICKETS}?{urlencode(sorted(fields.items()), doseq=True)}" if fields else TICKETS


def of_tag(tag: str) -> str:
    """Return where the tickets with a tag are; nowhere for one that the form would take for two."""
    return "" if "," in tag else address({"tags": tag})


class Quick(NamedTuple):
    """A view that people look at day by day, and what to do when nothing is in it."""

    name: str
    fields: Mapping[str, Any]
    empty: str = ""

    @property
    def path(self) -> str:
        return address(self.fields)


QUICK = (
    Quick("All", {}),
    Quick(
        "My open",
        {"agent_id": MINE, "status": sorted(UNRESOLVED)},
        "Nothing is open on your desk. Look among the unassigned for what to take next.",
    ),
    Quick(
        "Unassigned",
        {"agent_id": NOBODY, "status": sorted(UNRESOLVED)},
        "Everything that is open has somebody who takes care of it.",
    ),
    Quick(
        "All open",
        {"status": sorted(UNRESOLVED)},
        "Nothing is open: every ticket that you may see is resolved.",
    ),
    Quick(
        "Recently resolved",
        {"status": ["resolved"], "sort": "changed"},
        "Nothing is resolved yet.",
    ),
)


def _parts(tags: str) -> Iterable[str]:
    return [tag for tag in map(str.strip, tags.split(",")) if tag]
