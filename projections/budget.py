"""The view of the budget: who used it for what, day by day, and how its limit came about."""

from collections.abc import Sequence
from datetime import date
from typing import LiteralString, assert_never
from uuid import UUID

import msgspec

from domain import budget
from domain.call import UNKNOWN_TOOL, CallRecorded
from domain.fact import Envelope, Recorded
from domain.thresholds import ThresholdReached
from projections.activity import clip
from projections.table import Table, recordset
from projections.view import Connection, qualified

USE = Table(
    "budget_use",
    {
        "day": "date",
        # All zeros for callers inside the house, as '' for unnamed clients and unknown tools.
        "agent": "uuid",
        "client": "text",
        "tool": "text",
        "calls": "int8 NOT NULL",
        "units": "int8 NOT NULL",
    },
    key="day, agent, client, tool",
)
LIMITS = Table(
    "budget_limits",
    {
        "position": "int8",
        "at": "timestamptz NOT NULL",
        "monthly_limit": "int8 NOT NULL",
        # What a fact says nothing of stays as it was before.
        "seats": "int8",
        "calls_per_seat": "int8",
        "fixed": "bool",
        "agent": "uuid",
        "via": "text NOT NULL",
    },
    key="position",
)
REACHED = Table(
    "budget_thresholds",
    {
        "position": "int8",
        "at": "timestamptz NOT NULL",
        "period": "date NOT NULL",
        "threshold": "int8 NOT NULL",
        "monthly_limit": "int8 NOT NULL",
        "used": "int8 NOT NULL",
    },
    key="period, position",
)

NOBODY = UUID(int=0)
_ADD: LiteralString = f"""
INSERT INTO {{views}}.budget_use AS u (day, agent, client, tool, calls, units)
SELECT c.day, c.agent, c.client, c.tool, c.calls, c.units
FROM {
    recordset(
        {
            "day": "date",
            "agent": "uuid",
            "client": "text",
            "tool": "text",
            "calls": "int8",
            "units": "int8",
        }
    )
}
ON CONFLICT (day, agent, client, tool)
DO UPDATE SET calls = u.calls + excluded.calls, units = u.units + excluded.units
"""


_Key = tuple[date, UUID, str, str]


class _Use(msgspec.Struct):
    day: date
    agent: UUID
    client: str
    tool: str
    calls: int = 0
    units: int = 0


class BudgetView:
    """Calls and units a day (UTC); one row for each change of the limit, and threshold reached."""

    name = "budget"
    version = 2
    takes = frozenset((CallRecorded, *budget.FACTS, ThresholdReached))
    tables: LiteralString = USE.ddl + LIMITS.ddl + REACHED.ddl
    indexes: LiteralString = ""

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        uses: dict[_Key, _Use] = {}
        limits: list[tuple[object, ...]] = []
        reached: list[tuple[object, ...]] = []
        for position, event in page:
            fact, envelope = event.fact, event.envelope
            match fact:
                case CallRecorded():
                    key = _key(fact, envelope)
                    use = uses.get(key)
                    if use is None:
                        use = uses[key] = _Use(*key)
                    use.calls += 1
                    use.units += fact.units
                case ThresholdReached(period=period, threshold=threshold, limit=limit, used=used):
                    reached.append((position, envelope.at, period, threshold, limit, used))
                case _ if isinstance(fact, budget.BudgetFact):
                    by = envelope.by
                    limits.append((position, envelope.at, *_terms(fact), by.agent, by.via))
                case _:
                    pass
        await LIMITS.insert(connection, schema, limits)
        await REACHED.insert(connection, schema, reached)
        if uses:
            await connection.execute(
                qualified(_ADD, schema),
                (msgspec.json.encode(list(uses.values())).decode(),),
                prepare=True,
            )


def _key(call: CallRecorded, envelope: Envelope) -> _Key:
    by = envelope.by
    client = clip(by.client.name) if by.client else ""
    tool = "" if call.outcome == UNKNOWN_TOOL else clip(call.tool)
    return envelope.recorded_at.date(), by.agent or NOBODY, client, tool


def _terms(fact: budget.BudgetFact) -> tuple[int, int | None, int | None, bool | None]:
    """Return what a fact says of the limit: itself, seats, calls per seat, and whether it is fixed."""
    match fact:
        case budget.Opened():
            return fact.limit, 0, fact.calls_per_seat, False
        case budget.SeatsCounted():
            return fact.limit, fact.seats, None, None
        case budget.LimitSet():
            return fact.limit, None, None, fact.fixed
        case budget.CallsPerSeatSet():
            return fact.limit, None, fact.calls_per_seat, None
        case _:
            assert_never(fact)
