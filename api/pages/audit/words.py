"""What the audit trail's codes mean in words: ways, outcomes, and kinds of facts."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from api.pages.choices import Choice
from domain.call import FAILED, OK, REPLAYED, UNKNOWN_TOOL
from domain.refusals import Code
from projections.facts import TOLD

WAYS: Mapping[str, str] = {
    "token": "MCP, with an access token",
    "app": "MCP, by an app",
    "panel": "The panel",
    "rest": "The REST API",
    "cli": "The command line",
    "import": "An import",
    "system": "The system itself",
}
OUTCOMES: Mapping[str, str] = {
    OK: "It was done.",
    REPLAYED: "It had come before, under the same key: the first answer was given again.",
    UNKNOWN_TOOL: "There is no tool of this name.",
    FAILED: "It failed by a fault of ours: the server's log says more.",
    **{code.value: code.meaning for code in Code},
}
"""What came of a call, by its outcome."""
_SUBJECTS: Mapping[str, tuple[str, str]] = {
    "ticket": ("Ticket", "Tickets"),
    "agent": ("Agent", "Agents"),
    "role": ("Role", "Roles"),
    "department": ("Department", "Departments"),
    "access_tokens": ("Token", "Access tokens"),
    "consent": ("App", "Apps"),
    "session": ("Session", "Sessions"),
    "password": ("Password", "Passwords"),
    "clients": ("Clients", "OAuth clients"),
    "budget": ("Budget", "Budget"),
    "setup": ("Setup", "Setting up"),
}


class Subject(NamedTuple):
    """What facts are about, and which kinds of them there are."""

    value: str
    name: str
    kinds: tuple[Choice, ...]


def kind_of(topic: str) -> str:
    """Return a kind of fact in words, such as `Agent: role changed`."""
    subject, _, what = topic.partition(".")
    return f"{_SUBJECTS[subject][0]}: {what.replace('_', ' ')}"


SUBJECTS = tuple(
    Subject(
        word,
        names,
        tuple(Choice(topic, kind_of(topic)) for topic in TOLD if topic.partition(".")[0] == word),
    )
    for word, (_, names) in _SUBJECTS.items()
)


def in_lines(data: Mapping[str, object]) -> str:
    """Return data as JSON for people to read; empty where there is none."""
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode() if data else ""


def badge_of(outcome: str) -> str:
    """Return the class of the badge that an outcome wears."""
    return {OK: "good", REPLAYED: "", FAILED: "bad"}.get(outcome, "careful")
