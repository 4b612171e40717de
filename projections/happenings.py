"""What happened, told with who did it: the lines of a ticket's history and of the account's facts."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, LiteralString
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from domain.fact import Fact, Via
from domain.facts import FACTS
from projections.activity import LEFT_OUT
from projections.doers import DOER, DOER_WIDTH, Doer, doer_of
from projections.sentences import Names
from projections.text import cleaned

Tell = Callable[[UUID | None, Via, Names], str]
"""Makes a fact's sentence: of who did it, by which way, and the names of all whom it mentions."""


class Happening(Doer, frozen=True, omit_defaults=True, kw_only=True):
    """One thing that happened."""

    position: Annotated[int, Meta(description="Its place in the account's log.")]
    at: Annotated[datetime, Meta(description="When it happened.")]
    recorded_at: Annotated[datetime, Meta(description="When it was recorded: later, if imported.")]
    topic: Annotated[str, Meta(description="What kind of fact it is.")]
    sentence: Annotated[str, Meta(description="What happened. Quotes names and subjects.")]
    change: Annotated[
        dict[str, Any],
        Meta(description="As it is recorded; no message's text, no digest of a secret."),
    ]
    call: (
        Annotated[UUID, Meta(description="The call that it was a part of, if it was.")] | UnsetType
    ) = UNSET
    call_position: Annotated[int, Meta(description="The call's place in the log.")] | UnsetType = (
        UNSET
    )


# Of an activity `a`. A call is recorded by the append that records its facts, and after them.
HAPPENING: LiteralString = f"""
a.position, a.fact, a.topic, a.recorded_at, a.happened_at, a.call,
CASE WHEN a.call IS NOT NULL THEN (
    SELECT c.position FROM {{views}}.activity c
    WHERE c.tool IS NOT NULL AND c.call = a.call
        AND c.position > a.position AND c.position < a.position + 1000
    ORDER BY c.position LIMIT 1
) END, {DOER}
"""
POSITION, FACT, _TOPIC = range(3)
_OWN = 7
HAPPENING_WIDTH = _OWN + DOER_WIDTH


def fact_of(row: Sequence[Any]) -> Fact:
    """Return the fact of a row of the columns `HAPPENING`, without what the view left out."""
    return msgspec.convert(row[FACT], FACTS[row[_TOPIC]])


def happening_of(row: Sequence[Any], names: Names, tell: Tell) -> dict[str, Any]:
    """Return the fields of a `Happening` from such a row."""
    position, fact, topic, recorded_at, happened_at, call, call_position = row[:_OWN]
    doer = doer_of(row[_OWN:HAPPENING_WIDTH])
    by = None
    if agent := doer["agent"]:
        by, names = agent.id, {**names, agent.id: agent.name}
    return {
        **doer,
        "position": position,
        "at": happened_at or recorded_at,
        "recorded_at": recorded_at,
        "topic": topic,
        "sentence": tell(by, doer["via"], names),
        "change": {name: cleaned(value) for name, value in fact.items() if name not in LEFT_OUT},
        "call": call or UNSET,
        "call_position": call_position or UNSET,
    }
