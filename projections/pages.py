"""Pages of an answer: as many rows as were asked for and as fit into what a model can take."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

# Answers stay below 30 KB; what surrounds the rows of a page needs the rest.
MAX_BYTES = 27_000

R = TypeVar("R")
A = TypeVar("A")


def fill(
    rows: Iterable[R], limit: int, make: Callable[[R], A], size: int = MAX_BYTES
) -> tuple[list[A], R | None]:
    """Make answers of rows until `limit` or `size` bytes of JSON are reached, but at least one.

    Returns them and the last row made when more rows follow, so that a cursor can go on from it.
    """
    made: list[A] = []
    last: R | None = None
    for row in rows:
        if len(made) == limit:
            return made, last
        answer = make(row)
        size -= len(msgspec.json.encode(answer)) + 1
        if size < 0 and made:
            return made, last
        made.append(answer)
        last = row
    return made, None


def fit(text: str, size: int) -> str:
    """Return the longest beginning of a text that takes at most `size` bytes as JSON, nearly."""
    while text and (taken := len(msgspec.json.encode(text))) > size:
        text = text[: min(len(text) * size // taken, len(text) - 1)]
    return text
