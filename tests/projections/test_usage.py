"""What the views answer about the budget: use by whatever tells it apart, limits, thresholds."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from domain import budget
from domain.budget import BUDGET
from domain.call import UNKNOWN_TOOL, CallRecorded
from domain.fact import Attribution, Client
from domain.thresholds import ThresholdReached
from projections.metadata import Named
from projections.usage import PAGE, Usage, UsageQuestion, UsageRow
from projections.views import Views
from tests.known import ANA, BEN, NOW
from tests.projections.book import SYSTEM, Book, Desk, Shown

pytestmark = pytest.mark.anyio

FIRST = NOW.date()
SECOND = FIRST + timedelta(days=1)
BOTH = UsageQuestion(from_day=FIRST, to_day=SECOND)
ADA = Named(ANA, "Ana")
BO = Named(BEN, "Ben")


def called(
    book: Book,
    agent: UUID | None,
    client: str | None,
    tool: str,
    outcome: str = "ok",
    *,
    days: int = 0,
) -> None:
    """Write down a call, which costs a unit where it was accepted."""
    fact = CallRecorded(tool=tool, arguments={}, outcome=outcome, units=int(outcome == "ok"))
    by = Attribution(via="token", agent=agent, client=Client(client) if client else None)
    stream = UUID(int=100_000 + len(book.log))
    book.write(stream, fact, at=NOW + timedelta(days=days), by=by)


@pytest.fixture
async def views(shown: Shown) -> Views:
    """Two days of calls by two agents, and one from inside the house."""
    desk = Desk()
    called(desk, ANA, "cursor", "get_tags")
    called(desk, ANA, "cursor", "get_tags")
    called(desk, ANA, "cursor", "add_tags", "not_found")
    called(desk, BEN, None, "drop_tables", UNKNOWN_TOOL)
    called(desk, ANA, "claude", "get_tags", days=1)
    called(desk, BEN, "claude", "add_tags", days=1)
    called(desk, None, None, "get_tags", days=1)
    return await shown.show(desk)


async def rows(views: Views, question: UsageQuestion) -> list[UsageRow]:
    return (await views.get_usage(question)).rows


async def test_use_is_told_by_day_the_newest_first(views: Views) -> None:
    assert await rows(views, BOTH) == [
        UsageRow(calls=3, units=3, day=SECOND),
        UsageRow(calls=4, units=2, day=FIRST),
    ]


async def test_use_is_told_by_agent_who_used_most_first(views: Views) -> None:
    assert await rows(views, replace(BOTH, by=frozenset({"agent"}))) == [
        UsageRow(calls=4, units=3, agent=ADA),
        UsageRow(calls=2, units=1, agent=BO),
        UsageRow(calls=1, units=1, agent=None),
    ]


async def test_use_is_told_by_client_and_tool_together(views: Views) -> None:
    assert await rows(views, replace(BOTH, by=frozenset({"client", "tool"}))) == [
        UsageRow(calls=2, units=2, client="cursor", tool="get_tags"),
        UsageRow(calls=1, units=1, client="", tool="get_tags"),
        UsageRow(calls=1, units=1, client="claude", tool="add_tags"),
        UsageRow(calls=1, units=1, client="claude", tool="get_tags"),
        UsageRow(calls=1, units=0, client="", tool=""),
        UsageRow(calls=1, units=0, client="cursor", tool="add_tags"),
    ]


async def test_use_that_is_told_apart_by_nothing_is_one_sum(views: Views) -> None:
    assert await rows(views, replace(BOTH, by=frozenset())) == [UsageRow(calls=7, units=5)]


async def test_use_is_narrowed_to_an_agent_a_client_or_a_tool(views: Views) -> None:
    whole = replace(BOTH, by=frozenset())
    for narrowed, calls, units in (
        (replace(whole, agent=ANA), 4, 3),
        (replace(whole, agent=ANA, tool="get_tags"), 3, 3),
        (replace(whole, client="claude"), 2, 2),
        (replace(whole, client=""), 2, 1),
        (replace(whole, tool=""), 1, 0),
    ):
        assert await rows(views, narrowed) == [UsageRow(calls=calls, units=units)]


async def test_days_are_counted_whole_the_first_and_the_last_included(views: Views) -> None:
    assert [row.day for row in await rows(views, replace(BOTH, to_day=FIRST))] == [FIRST]
    assert [row.day for row in await rows(views, replace(BOTH, from_day=SECOND))] == [SECOND]
    nothing = replace(BOTH, from_day=SECOND, to_day=FIRST)
    assert await views.get_usage(nothing) == Usage([], 0, 0, more=False)


async def test_the_sums_are_of_all_rows_though_not_all_are_shown(views: Views) -> None:
    few = await views.get_usage(replace(BOTH, by=frozenset({"tool", "day"}), limit=2))
    assert [row.day for row in few.rows] == [SECOND, SECOND]
    assert (few.calls, few.units, few.more) == (7, 5, True)
    assert not (await views.get_usage(replace(BOTH, limit=2))).more


async def test_a_change_of_the_limit_says_what_changed_and_who_did_it(shown: Shown) -> None:
    desk = Desk()
    desk.write(BUDGET.id, budget.Opened(calls_per_seat=100))
    desk.write(BUDGET.id, budget.SeatsCounted(seats=2, limit=200))
    desk.write(BUDGET.id, budget.LimitSet(limit=50), by=Attribution(via="rest", agent=ANA))
    desk.write(BUDGET.id, budget.CallsPerSeatSet(calls_per_seat=7, limit=50))
    views = await shown.show(desk)
    page = await views.list_limits()
    assert page.next_cursor is UNSET
    assert [
        (it.limit, it.seats, it.calls_per_seat, it.fixed, it.agent, it.via) for it in page.limits
    ] == [
        (50, UNSET, 7, UNSET, UNSET, SYSTEM.via),
        (50, UNSET, UNSET, True, ADA, "rest"),
        (200, 2, UNSET, UNSET, UNSET, SYSTEM.via),
        (0, 0, 100, False, UNSET, SYSTEM.via),
    ]


async def test_many_changes_of_the_limit_come_in_pages(shown: Shown) -> None:
    book = Book()
    for seats in range(PAGE + 1):
        book.write(BUDGET.id, budget.SeatsCounted(seats=seats, limit=seats))
    views = await shown.show(book)
    page = await views.list_limits()
    assert [it.limit for it in page.limits] == list(range(PAGE, 0, -1))
    assert page.next_cursor is not UNSET
    rest = await views.list_limits(cursor=page.next_cursor)
    assert [it.limit for it in rest.limits] == [0]
    assert rest.next_cursor is UNSET


async def test_thresholds_are_told_of_the_month_that_a_day_lies_in(shown: Shown) -> None:
    book = Book()
    march, april = date(2026, 3, 1), date(2026, 4, 1)
    for number, (period, threshold) in enumerate(((march, 80), (march, 95), (april, 80))):
        reached = ThresholdReached(threshold=threshold, limit=10, used=9, period=period)
        book.write(UUID(int=number), reached)
    views = await shown.show(book)
    found = await views.list_thresholds(date(2026, 3, 31))
    assert [(it.period, it.threshold, it.limit, it.used, it.at) for it in found] == [
        (march, 80, 10, 9, NOW),
        (march, 95, 10, 9, NOW),
    ]
    assert await views.list_thresholds(date(2026, 2, 28)) == []
