"""Committed batches that the writer of this process hands to its projector in memory."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from domain.fact import Recorded


class Offer(NamedTuple):
    """A batch, and where the log stood just before it: nothing lies between."""

    previous: int
    events: Sequence[Recorded]


class Offers:
    """Batches in order of their positions, of bounded size.

    What does not fit is dropped: it stands in the log.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._held: deque[Offer] = deque()
        self._size = 0

    def put(self, previous: int, events: Sequence[Recorded]) -> None:
        if events and self._size + len(events) <= self._limit:
            self._held.append(Offer(previous, events))
            self._size += len(events)

    def take(self, position: int, limit: int) -> list[Recorded]:
        """Return the batches that follow on `position` without a hole, forget those read already.

        Batches stay whole, so the first may be longer than `limit`.
        """
        page: list[Recorded] = []
        while self._held and self._held[0].previous <= position:
            previous, events = self._held[0]
            if previous == position:
                if page and len(page) + len(events) > limit:
                    break
                page += events
                position = events[-1].position
            self._held.popleft()
            self._size -= len(events)
        return page

    def clear(self) -> None:
        self._held.clear()
        self._size = 0
