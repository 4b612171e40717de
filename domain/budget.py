"""The account's shared budget of tool calls: how large it is; its use is counted by the append."""

from collections.abc import Iterable
from typing import Annotated, ClassVar, assert_never
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace

from domain.decider import Command, Context, Decider, Ref, existing
from domain.fact import Fact
from domain.permissions import Permission

CALLS_PER_SEAT = 1_000
# Far above all use, and so small that every reader of JSON takes it for a whole number (RFC 8259 §6).
MAX_CALLS_PER_SEAT = 10**9
MAX_LIMIT = 10**15

CallsPerSeat = Annotated[int, Meta(ge=0, le=MAX_CALLS_PER_SEAT)]


class Opened(Fact, frozen=True):
    """The account began; a calendar month (UTC) has `limit` calls."""

    topic: ClassVar[str] = "budget.opened"
    calls_per_seat: int
    limit: int = 0


class SeatsCounted(Fact, frozen=True):
    topic: ClassVar[str] = "budget.seats_counted"
    seats: int
    limit: int


class LimitSet(Fact, frozen=True):
    """An administrator fixed the limit, or gave it back to the seats (`fixed` false)."""

    topic: ClassVar[str] = "budget.limit_set"
    limit: int
    fixed: bool = True


class CallsPerSeatSet(Fact, frozen=True):
    """A seat is worth so many calls a month from now on; `limit` is what that comes to."""

    topic: ClassVar[str] = "budget.calls_per_seat_set"
    calls_per_seat: int
    limit: int


BudgetFact = Opened | SeatsCounted | LimitSet | CallsPerSeatSet
FACTS: tuple[type[Fact], ...] = (Opened, SeatsCounted, LimitSet, CallsPerSeatSet)


class OpenBudget(Command, frozen=True):
    permission: ClassVar[Permission] = Permission.SETTINGS_MANAGE
    calls_per_seat: CallsPerSeat = CALLS_PER_SEAT


class SetLimit(Command, frozen=True):
    """Fix the monthly limit; None gives it back to seats times calls per seat."""

    permission: ClassVar[Permission] = Permission.SETTINGS_MANAGE
    limit: Annotated[int, Meta(ge=0, le=MAX_LIMIT)] | None


class SetCallsPerSeat(Command, frozen=True):
    """Make a seat worth another number of calls a month; a fixed limit stays as it is."""

    permission: ClassVar[Permission] = Permission.SETTINGS_MANAGE
    calls_per_seat: CallsPerSeat


BudgetCommand = OpenBudget | SetLimit | SetCallsPerSeat


class Budget(Struct, frozen=True):
    """The budget's state, as rules see it. Units are accepted tool calls."""

    calls_per_seat: int
    seats: int = 0
    limit: int = 0
    fixed: bool = False


def limit_for(budget: Budget, seats: int) -> int:
    """Calls a month for so many seats; a fixed limit holds whatever the seats."""
    return budget.limit if budget.fixed else seats * budget.calls_per_seat


def decide(budget: Budget | None, command: BudgetCommand, _context: Context) -> Iterable[Fact]:
    match command:
        case OpenBudget():
            if budget is None:
                yield Opened(calls_per_seat=command.calls_per_seat)
        case SetLimit():
            current = existing(budget, "budget")
            fixed = command.limit is not None
            limit = limit_for(replace(current, fixed=False), current.seats)
            wanted = limit if command.limit is None else command.limit
            if (current.limit, current.fixed) != (wanted, fixed):
                yield LimitSet(limit=wanted, fixed=fixed)
        case SetCallsPerSeat():
            current = existing(budget, "budget")
            changed = replace(current, calls_per_seat=command.calls_per_seat)
            if changed != current:
                limit = limit_for(changed, current.seats)
                yield CallsPerSeatSet(calls_per_seat=command.calls_per_seat, limit=limit)
        case _:
            assert_never(command)


def evolve(budget: Budget | None, fact: BudgetFact) -> Budget:
    match fact:
        case Opened():
            return Budget(calls_per_seat=fact.calls_per_seat, limit=fact.limit)
        case SeatsCounted():
            return replace(existing(budget, "budget"), seats=fact.seats, limit=fact.limit)
        case LimitSet():
            return replace(existing(budget, "budget"), limit=fact.limit, fixed=fact.fixed)
        case CallsPerSeatSet():
            return replace(
                existing(budget, "budget"), calls_per_seat=fact.calls_per_seat, limit=fact.limit
            )
        case _:
            assert_never(fact)


BUDGET: Ref[Budget] = Ref(
    Decider("budget", decide, evolve), UUID("5e1f5c9a-2a3a-5f5e-8d7a-6b1d3e0c4f10")
)
