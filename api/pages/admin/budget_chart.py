"""The chart of a month's charged calls: where each bar, line and word stands, for a template to draw."""

import calendar
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from projections.usage import UsageRow

# In units of the drawing's own; a month of 31 days fills it.
LEFT, TOP, TALL, STEP, THICK = 64, 12, 150, 20, 14
WIDTH, HEIGHT = LEFT + 31 * STEP, TOP + TALL + 28
_FLOOR = TOP + TALL
_MOST_TICKS = 4
_WEEK = 7


class Bar(NamedTuple):
    """A day's bar, and what it tells; `label` stands below it."""

    day: date
    units: int
    x: int
    y: int
    height: int
    label: str
    is_today: bool


class Tick(NamedTuple):
    """A value of the axis, with the height of its line."""

    value: int
    y: int

    @property
    def short(self) -> str:
        """The value in few letters, as round ones have: 1.5k."""
        for size, unit in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
            if self.value >= size:
                return f"{self.value / size:g}{unit}"
        return str(self.value)


class Chart(NamedTuple):
    """A month; `pace` is what its limit allows a day, None where that is far above the bars."""

    bars: list[Bar]
    ticks: list[Tick]
    pace: Tick | None
    left: int = LEFT
    thick: int = THICK
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = _FLOOR


def chart_of(rows: Sequence[UsageRow], month: date, today: date, limit: int | None) -> Chart:
    """Lay out the month that a day begins; `limit` is of the whole month."""
    units = {row.day: row.units for row in rows}
    _, last = calendar.monthrange(month.year, month.month)
    most = max(units.values(), default=0)
    pace = (round(limit / last) or None) if limit else None
    if pace is not None and pace > 2 * most:
        pace = None  # it would press all bars to the floor
    values = axis_to(max(most, pace or 0))

    def height_of(value: int) -> int:
        return round(TALL * value / values[-1])

    bars: list[Bar] = []
    for number in range(1, last + 1):
        day = month.replace(day=number)
        used = units.get(day, 0)
        height = max(height_of(used), 2) if used else 0
        x = LEFT + (number - 1) * STEP + (STEP - THICK) // 2
        bars.append(Bar(day, used, x, _FLOOR - height, height, _label(day, today), day == today))
    ticks = [Tick(value, _FLOOR - height_of(value)) for value in values]
    return Chart(bars, ticks, None if pace is None else Tick(pace, _FLOOR - height_of(pace)))


def axis_to(most: int) -> list[int]:
    """Return round values from 0 up to the first that is not below `most`, few of them."""
    step = 1
    while -(-most // step) > _MOST_TICKS:
        # 1, 2, 5, 10, 20, 50, …
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return list(range(0, max(-(-most // step), 1) * step + 1, step))


def _label(day: date, today: date) -> str:
    if day == today:
        return "today"
    near = abs((day - today).days) <= 2  # noqa: PLR2004 - the word "today" is as wide as that
    return str(day.day) if day.day % _WEEK == 1 and not near else ""
