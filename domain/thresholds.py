"""Thresholds of the shared budget: a month's use that came near its limit is a fact, once each."""

import logging
from collections.abc import Callable
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID, uuid5

from domain.fact import Attribution, Envelope, Event, Fact
from domain.ledger import Append, BudgetLine, Ledger, Unavailable

THRESHOLDS = (80, 95, 100)  # percent of the limit, rising

log = logging.getLogger(__name__)

_THRESHOLDS = UUID("85ff57ef-b391-4674-aa03-73fca94abe2f")
_BY = Attribution(via="system")


class ThresholdReached(Fact, frozen=True):
    """The month that begins with `period` (UTC) has used `threshold` percent of `limit` units."""

    topic: ClassVar[str] = "budget.threshold_reached"
    threshold: int
    limit: int
    used: int
    period: date


FACTS: tuple[type[Fact], ...] = (ThresholdReached,)


def stream_of_threshold(period: date, limit: int, threshold: int) -> UUID:
    """Return the stream of which there is one event at most, whoever notes it."""
    return uuid5(_THRESHOLDS, f"{period}:{limit}:{threshold}")


class Thresholds:
    """Notes the thresholds that this process has not seen noted yet."""

    def __init__(self, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._now = now
        self._noted: set[tuple[datetime, int, int]] = set()

    async def note(self, line: BudgetLine) -> None:
        """Store what an append's answer shows to be reached; what fails is left to the next one.

        A call was committed before this: whatever becomes of the note, its answer stands.
        """
        for threshold in THRESHOLDS:
            if line.used * 100 < line.limit * threshold or not line.limit:
                return
            noted = (line.resets_at, line.limit, threshold)
            if noted in self._noted:
                continue
            self._noted.add(noted)  # at once, so that no neighbour stores it as well
            stored = False
            try:
                await self._ledger.append(self._request(line, threshold))
                stored = True  # by us or, where the append found it taken, by another process
            except Unavailable:
                return
            except Exception:
                log.exception("a threshold of the budget cannot be noted")
                return
            finally:
                if not stored:
                    self._noted.discard(noted)

    def _request(self, line: BudgetLine, threshold: int) -> Append:
        fact = ThresholdReached(
            threshold=threshold, limit=line.limit, used=line.used, period=line.period
        )
        stream = stream_of_threshold(line.period, line.limit, threshold)
        return Append(events=[Event(stream, 1, fact, Envelope(recorded_at=self._now(), by=_BY))])
