"""How the shared budget stands now: the append's counter, with the terms its limit comes from."""

from datetime import datetime

import msgspec

from domain.application import Helpdesk
from domain.budget import BUDGET
from domain.decider import existing


class BudgetStanding(msgspec.Struct, frozen=True):
    """The month that runs, in units (accepted tool calls), until `resets_at`.

    `monthly_limit` is `seats` times `calls_per_seat` unless it is `fixed`; this month's `limit`
    is the same, but never below `used`. `version` is that of the terms.
    """

    limit: int
    used: int
    remaining: int
    resets_at: datetime
    monthly_limit: int
    seats: int
    calls_per_seat: int
    fixed: bool
    version: int


async def budget_standing(helpdesk: Helpdesk) -> BudgetStanding:
    """Read how the budget stands. Raises `Unavailable`; refuses where no account was begun."""
    state, version = await helpdesk.states.refresh(BUDGET)
    terms = existing(state, "budget")
    line = await helpdesk.ledger.budget_line()
    return BudgetStanding(
        limit=line.limit,
        used=line.used,
        remaining=line.remaining,
        resets_at=line.resets_at,
        monthly_limit=terms.limit,
        seats=terms.seats,
        calls_per_seat=terms.calls_per_seat,
        fixed=terms.fixed,
        version=version,
    )
