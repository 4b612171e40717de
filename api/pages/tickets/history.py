"""A ticket's history as its page tells it: which of its lines are asked for, and each with its links."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from api.pages.choices import Choice
from api.pages.panel import AUDIT
from domain.fact import Via
from domain.refusals import Code, Refused
from projections.history import ActivityLine, HistoryFilter

FILTERS = (
    Choice("", "Everybody"),
    Choice("people", "People"),
    Choice("ai", "AI clients"),
    Choice("rest", "REST API"),
    Choice("house", "Imports and the system"),
)
_WAYS: Mapping[str, tuple[Via, ...]] = {
    "people": ("panel", "cli"),
    "ai": ("token", "app"),
    "rest": ("rest",),
    "house": ("import", "system"),
}
_STATUS = "status"
KINDS = (
    Choice("", "Everything"),
    Choice("messages", "Messages and notes"),
    Choice(_STATUS, "Status"),
    Choice("people", "Assignee and department"),
    Choice("tags", "Tags"),
    Choice("labels", "Subject and priority"),
)
_TOPICS: Mapping[str, tuple[str, ...]] = {
    "messages": ("ticket.opened", "ticket.message_added"),
    "people": ("ticket.assigned", "ticket.unassigned", "ticket.transferred"),
    "tags": ("ticket.tags_added", "ticket.tags_removed"),
    "labels": ("ticket.subject_changed", "ticket.priority_set"),
}
A_PAGE = 20
_LONGEST_NAME = 200


def filter_of(by: str, client: str, kind: str) -> HistoryFilter:
    """Read what the address asks for, where it asks for anything that there is.

    Refuses with `invalid_arguments` what no client can be called.
    """
    if "\0" in client or len(client) > _LONGEST_NAME:
        raise Refused(Code.INVALID_ARGUMENTS, "No client has this name. Choose one from the list.")
    return HistoryFilter(
        ways=_WAYS.get(by, ()),
        client=client,
        topics=_TOPICS.get(kind, ()),
        turns=kind == _STATUS,
    )


class HistoryLine(NamedTuple):
    """A line of the history, with what became what, and by what it came."""

    line: ActivityLine
    step: str
    through: str
    client: str
    call: str


def lines_of(lines: Sequence[ActivityLine], *, audited: bool) -> list[HistoryLine]:
    """Return lines as they are shown; to those who read the audit trail, with the ways there."""
    return [_line_of(line, audited=audited) for line in lines]


def _line_of(line: ActivityLine, *, audited: bool) -> HistoryLine:
    step = f"{line.before} → {line.after}" if line.before and line.after else ""
    app = ", an authorized app" if line.via == "app" else ""
    call = f"{AUDIT}/calls/{line.call_position}" if audited and line.call_position else ""
    return HistoryLine(line, step, f"{line.through}{app}", _client(line), call)


def _client(line: ActivityLine) -> str:
    """Say which client it was in full; in the panel that would only be the browser."""
    if not line.client or line.via == "panel":
        return ""
    named = f"{line.client.name} {line.client.version or ''}".strip()
    return f"{named}, {line.client.id}" if line.client.id else f"{named}, as it calls itself"
