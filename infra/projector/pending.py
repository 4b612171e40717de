"""Facts that are known to be committed and are not folded yet, without a hole between them."""

import math
from collections.abc import Sequence

from domain.call import CallRecorded
from domain.fact import Recorded

# Nobody waits to read the record of a call: a few of them together cost little more than one.
_UNHURRIED = CallRecorded


class Pending:
    """The log's next facts as far as this process knows them, in memory of bounded size.

    What does not follow on them, or does not fit, is left to be read from the log.
    """

    def __init__(self, linger: float, limit: int = 10_000) -> None:
        self._linger = linger
        self._limit = limit
        self._facts: list[Recorded] = []
        self.end = 0
        self.due = math.inf

    def __len__(self) -> int:
        return len(self._facts)

    def restart(self, position: int) -> None:
        """Forget all; the next fact is the first after a position."""
        self._facts.clear()
        self.end = position
        self.due = math.inf

    def put(self, previous: int, batch: Sequence[Recorded], now: float) -> None:
        """Take in a batch between which and position `previous` nothing lies.

        Where only calls were recorded, they are due in `linger` seconds, else at once.
        """
        if previous > self.end or len(self._facts) + len(batch) > self._limit:
            return
        new = batch if previous == self.end else [one for one in batch if one.position > self.end]
        if new:
            self._facts += new
            self.end = new[-1].position
            unhurried = all(type(one.event.fact) is _UNHURRIED for one in new)
            self.due = min(self.due, now + self._linger if unhurried else now)

    def take(self, limit: int, now: float) -> list[Recorded]:
        """Hand out the next facts, when they are due or there are as many as `limit`."""
        if now < self.due and len(self._facts) < limit:
            return []
        page = self._facts[:limit]
        del self._facts[:limit]
        if not self._facts:
            self.due = math.inf
        return page
