"""What the audit trail's codes mean in words: ways, outcomes, and kinds of facts."""

from collections.abc import Mapping
from typing import NamedTuple

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
_SUBJECTS: Mapping[str, str] = {
    "ticket": "Tickets",
    "agent": "Agents",
    "role": "Roles",
    "department": "Departments",
    "access_tokens": "Access tokens",
    "consent": "Apps",
    "session": "Sessions",
    "password": "Passwords",
    "clients": "OAuth clients",
    "budget": "Budget",
    "setup": "Setting up",
}


def kind_of(topic: str) -> str:
    """Return a kind of fact in words, such as Role changed."""
    return topic.partition(".")[2].replace("_", " ").capitalize()


class Subject(NamedTuple):
    """What facts are about, and which kinds of them there are."""

    value: str
    name: str
    kinds: tuple[Choice, ...]


SUBJECTS = tuple(
    Subject(
        word,
        name,
        tuple(Choice(topic, kind_of(topic)) for topic in TOLD if topic.partition(".")[0] == word),
    )
    for word, name in _SUBJECTS.items()
)


def badge_of(outcome: str) -> str:
    """Return the class of the badge that an outcome wears."""
    return {OK: "good", REPLAYED: "", FAILED: "bad"}.get(outcome, "careful")
