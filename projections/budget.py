"""The view of the budget: who used it for what, day by day, and how its limit came about."""

from collections.abc import Sequence
from datetime import date
from typing import LiteralString
from uuid import UUID

import msgspec

from domain import budget
from domain.call import UNKNOWN_TOOL, CallRecorded
from domain.fact import Recorded
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
        # What a fact says nothing of stays as it was before.
        "seats": "int4",
        "monthly_limit": "int8 NOT NULL",
        "fixed": "bool",
    },
    key="position",
)

_OURS = frozenset((CallRecorded, *budget.FACTS))
_NOBODY = UUID(int=0)
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


class _Use(msgspec.Struct):
    day: date
    agent: UUID
    client: str
    tool: str
    calls: int = 0
    units: int = 0


class BudgetView:
    """Calls and units a day (UTC), and one row for each change of the limit."""

    name = "budget"
    version = 1
    tables: LiteralString = USE.ddl + LIMITS.ddl
    indexes: LiteralString = ""

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        uses: dict[tuple[date, UUID | None, str, str], _Use] = {}
        limits: list[tuple[object, ...]] = []
        for position, event in page:
            if type(event.fact) not in _OURS:
                continue
            fact, envelope = event.fact, event.envelope
            match fact:
                case CallRecorded():
                    client = envelope.by.client
                    key = (
                        envelope.recorded_at.date(),
                        envelope.by.agent,
                        clip(client.name) if client else "",
                        "" if fact.outcome == UNKNOWN_TOOL else clip(fact.tool),
                    )
                    use = uses.get(key)
                    if use is None:
                        use = uses[key] = _Use(key[0], key[1] or _NOBODY, key[2], key[3])
                    use.calls += 1
                    use.units += fact.units
                case budget.Opened(limit=limit):
                    limits.append((position, envelope.at, 0, limit, False))
                case budget.SeatsCounted(seats=seats, limit=limit):
                    limits.append((position, envelope.at, seats, limit, None))
                case budget.LimitSet(limit=limit, fixed=fixed):
                    limits.append((position, envelope.at, None, limit, fixed))
                case _:
                    pass
        await LIMITS.insert(connection, schema, limits)
        if uses:
            await connection.execute(
                qualified(_ADD, schema),
                (msgspec.json.encode(list(uses.values())).decode(),),
                prepare=True,
            )
