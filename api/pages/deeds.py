"""A ticket's history as its page tells it: whose deeds are shown, and what became what."""

from collections.abc import Sequence
from typing import NamedTuple

from api.pages.choices import Choice
from domain.fact import Via
from domain.ticket.words import Status
from projections.history import ActivityLine

FILTERS = (
    Choice("", "Everybody"),
    Choice("people", "People"),
    Choice("ai", "AI tools"),
    Choice("rest", "REST API"),
    Choice("house", "Imports and the system"),
)
_WAYS: dict[str, frozenset[Via]] = {
    "people": frozenset({"panel", "cli"}),
    "ai": frozenset({"token", "app"}),
    "rest": frozenset({"rest"}),
    "house": frozenset({"import", "system"}),
}
# Facts a page: more where only some of them are shown.
SOME = {False: 20, True: 100}


class Filter(NamedTuple):
    """Whose deeds are shown: those by one of the ways, those through one client."""

    by: str = ""
    client: str = ""

    @property
    def narrows(self) -> bool:
        return self.by in _WAYS or bool(self.client)

    def takes(self, line: ActivityLine) -> bool:
        fits = self.by not in _WAYS or line.via in _WAYS[self.by]
        return fits and (not self.client or bool(line.client and line.client.name == self.client))


class Deed(NamedTuple):
    """A line of the history; `step` tells what became what, where the sentence does not."""

    line: ActivityLine
    step: str


def deeds_of(lines: Sequence[ActivityLine], wanted: Filter) -> list[Deed]:
    return [Deed(line, _step(line)) for line in lines if wanted.takes(line)]


def clients_of(lines: Sequence[ActivityLine]) -> list[str]:
    """Return the names of the clients there are; of the panel's people, that is but the browser."""
    return sorted({line.client.name for line in lines if line.client and line.via != "panel"})


def _step(line: ActivityLine) -> str:
    match line.topic:
        case "ticket.resolved":
            return _between(line, Status.RESOLVED)
        case "ticket.postponed":
            return _between(line, Status.POSTPONED)
        case "ticket.reopened":
            return f"{Status.RESOLVED.word} → {Status.OPEN.word}"
        case _:
            return ""


def _between(line: ActivityLine, now: Status) -> str:
    return f"{Status(line.change['was']).word} → {now.word}"
