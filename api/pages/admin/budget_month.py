"""A month of the shared budget as its page tells it: its limit, thresholds, and what it may come to."""

import calendar
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from domain.refusals import Code, Refused
from domain.standing import BudgetStanding
from domain.thresholds import THRESHOLDS
from projections.usage import LimitChange, ThresholdLine

# Before that many days of a month nobody can tell what it will come to.
_EARLY = timedelta(days=3)


class Month(NamedTuple):
    """A calendar month (UTC): its days, and its neighbours as they are asked for, if any."""

    first: date
    last: date
    before: str
    after: str
    is_now: bool

    @property
    def name(self) -> str:
        return f"{calendar.month_name[self.first.month]} {self.first.year}"


class Threshold(NamedTuple):
    """A share of the limit: how many calls that is, and when each limit's was reached."""

    percent: int
    calls: int | None
    reached: list[ThresholdLine]


def month_of(text: str, today: date) -> Month:
    """Read a month like 2026-03; this one by default. Refuses with `invalid_arguments`."""
    this = today.replace(day=1)
    first = this
    if text:
        try:
            first = date.fromisoformat(f"{text}-01" if re.fullmatch(r"\d{4}-\d\d", text) else "")
        except ValueError:
            raise Refused(Code.INVALID_ARGUMENTS, "Write a month like 2026-03.") from None
    if first > this:
        raise Refused(Code.INVALID_ARGUMENTS, "That month has not begun yet.")
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    before = _written(first - timedelta(days=1)) if first > date.min else ""
    after = _written(last + timedelta(days=1)) if first < this else ""
    return Month(first, last, before, after, first == this)


def limit_at(changes: Sequence[LimitChange], month: Month) -> int | None:
    """Return the limit that held at the month's end; None where none of the changes tells."""
    for change in changes:
        if change.at.astimezone(UTC).date() <= month.last:
            return change.limit
    return None


def thresholds_of(limit: int | None, reached: Sequence[ThresholdLine]) -> list[Threshold]:
    """Return all thresholds, those of the limit that are not reached, too."""
    return [
        Threshold(
            percent,
            None if limit is None else -(-limit * percent // 100),
            [line for line in reached if line.threshold == percent],
        )
        for percent in THRESHOLDS
    ]


def forecast(standing: BudgetStanding, month: Month, now: datetime) -> int | None:
    """Return what the month will come to if it goes on as it did so far."""
    begun = datetime(month.first.year, month.first.month, 1, tzinfo=UTC)
    if not month.is_now or not standing.used or now - begun < _EARLY:
        return None
    return round(standing.used * ((standing.resets_at - begun) / (now - begun)))


def tone_of(standing: BudgetStanding) -> str:
    """Return how the month's use is to be shown: plain, careful near its limit, bad at it."""
    if not standing.remaining:
        return "bad"
    return "careful" if standing.used * 100 >= standing.limit * THRESHOLDS[0] else ""


def _written(day: date) -> str:
    return day.isoformat()[:7]
