"""Issues made up for the tests."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

BEGIN = datetime(2014, 5, 1, tzinfo=UTC)
Write = Callable[..., Path]


def at(hours: int) -> datetime:
    """A moment so many hours after all began."""
    return BEGIN + timedelta(hours=hours)


def moment(hours: int) -> str:
    return at(hours).isoformat().replace("+00:00", "Z")


def comment(author: str | None, hours: int, body: str = "Me too.") -> dict[str, Any]:
    return {"author": author, "created_at": moment(hours), "body": body}


def issue(number: int, **given: Any) -> dict[str, Any]:
    """An open issue by Wren without comments, and what is given."""
    made: dict[str, Any] = {
        "number": number,
        "subject": f"The kettle whistles, part {number}",
        "body": "It whistles **before** it boils.",
        "author": "wren",
        "state": "open",
        "labels": [],
        "assignees": [],
        "created_at": moment(0),
        "updated_at": moment(0),
        "closed_at": None,
        "comments": [],
    }
    return made | given
