"""What a search asks: words, phrases, words to leave out, codes, and what narrows it."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from domain.refusals import Code, Refused
from domain.ticket.words import Priority, Status, Tag
from projections.text import clean, folded

# What people call a status; the codes are the database's.
StatusWord = Literal[
    "initial",
    "new",
    "chatting",
    "calling",
    "open",
    "answered",
    "postponed",
    "resolved",
    "closed",
    "spam",
    "deleted",
]
STATUSES: dict[str, Status] = {status.word: status for status in Status}
Sort = Literal["relevance", "changed", "created", "priority"]
Moment = Annotated[str, Meta(max_length=40, description="2026-05-01 or 2026-05-01T12:00:00Z.")]

# More words say little more and cost as much as the first; the longest say most.
_WORDS = 8
_PART = re.compile(r'(-?)(?:"([^"]*)"|([^\s"]+))')
_CODE = re.compile(r"[A-Z]{3}-\d{5}")


class TicketSearch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Search tickets by words, or list them; all that is given narrows the result."""

    query: (
        Annotated[
            str,
            Meta(
                max_length=500,
                description='Words; "a phrase", -without, begin*; or a ticket code. '
                "Absent: lists tickets.",
            ),
        ]
        | UnsetType
    ) = UNSET
    status: Annotated[list[StatusWord], Meta(description="One of these.")] | UnsetType = UNSET
    department_id: Annotated[UUID, Meta(description="In this department.")] | UnsetType = UNSET
    agent_id: Annotated[UUID, Meta(description="Assigned to this agent.")] | UnsetType = UNSET
    unassigned: Annotated[bool, Meta(description="True: assigned to nobody.")] = False
    tags: (
        Annotated[list[Tag], Meta(max_length=10, description="Having all of these.")] | UnsetType
    ) = UNSET
    priority: Annotated[Priority, Meta(description="With this priority.")] | UnsetType = UNSET
    created_from: Annotated[Moment, Meta(description="Opened then or later.")] | UnsetType = UNSET
    created_to: Annotated[Moment, Meta(description="Opened before then.")] | UnsetType = UNSET
    changed_from: Annotated[Moment, Meta(description="Last changed then or later.")] | UnsetType = (
        UNSET
    )
    changed_to: Annotated[Moment, Meta(description="Last changed before then.")] | UnsetType = UNSET
    sort: (
        Annotated[
            Sort,
            Meta(
                description="relevance (default with a query): the best sixty tickets, also with "
                "some of the words. The others show all with every word, latest or most urgent "
                "first."
            ),
        ]
        | UnsetType
    ) = UNSET
    cursor: (
        Annotated[str, Meta(max_length=500, description="next_cursor of the last answer.")]
        | UnsetType
    ) = UNSET
    limit: Annotated[int, Meta(ge=1, le=50, description="Tickets a page.")] = 10


class Asked(NamedTuple):
    """A query taken apart; words as they are written, folded."""

    words: list[str]
    phrases: list[str]
    without: list[str]
    codes: list[str]


def asked(query: str) -> Asked:
    """Take a query apart; the words of a phrase count among the words, too."""
    query = clean(query)
    words: dict[str, None] = {}
    phrases: list[str] = []
    without: list[str] = []
    for minus, phrase, word in _PART.findall(query):
        part = folded(phrase or word)
        if minus:
            without.append(part)
            continue
        if phrase:
            phrases.append(part)
        words.update(dict.fromkeys(part.split()))
    longest = sorted(words, key=len, reverse=True)[:_WORDS]
    return Asked(
        [word for word in words if word in longest],
        phrases[:4],
        without[:8],
        _CODE.findall(query.upper()),
    )


def moment(text: str) -> datetime:
    """Read a date (its midnight) or a time, UTC where nothing else is said."""
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused(
            Code.INVALID_ARGUMENTS,
            f"{text!r} is no date or time. Write it as 2026-05-01 or 2026-05-01T12:00:00Z.",
        ) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
