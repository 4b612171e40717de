"""Walking through listings with cursors while others write; cursors that belong elsewhere."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain import agent, department
from domain.permissions import Role
from domain.refusals import Code, Refused
from domain.ticket import facts as ticket
from domain.ticket.words import Priority, Status
from projections.question import TicketSearch
from projections.views import Views
from tests.known import NOW
from tests.projections.book import ALL, Desk, Shown

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
MAX_ANSWER = 30_000  # bytes


async def walk(views: Views, search: TicketSearch, between: Callable[[], Any]) -> list[str]:
    """Return the subjects of all pages; `between` is awaited before each further page."""
    subjects: list[str] = []
    while True:
        page = await views.search_tickets(ALL, search)
        assert len(msgspec.json.encode(page)) <= MAX_ANSWER
        subjects += [hit.subject for hit in page.tickets]
        if not page.next_cursor:
            return subjects
        search = msgspec.structs.replace(search, cursor=page.next_cursor)
        await between()


def lamps(desk: Desk, numbers: range) -> list[str]:
    """Open tickets of mixed urgency, one a minute, and return their subjects."""
    for number in numbers:
        priority = list(Priority)[number % 4]
        text = "flat battery" if number % 3 else "battery"
        desk.open(number, f"Lamp {number}", text, priority=priority, at=NOW + number * MINUTE)
    return [f"Lamp {number}" for number in numbers]


@pytest.mark.parametrize("query", ["", "lamp", "lamp battery", "flat lamp battery"])
@pytest.mark.parametrize("sort", ["created", "changed", "priority", "relevance"])
async def test_a_walk_meets_each_ticket_once_while_others_are_opened(
    shown: Shown, query: str, sort: Any
) -> None:
    desk = Desk()
    there = lamps(desk, range(40))
    views = await shown.show(desk)
    opened = iter(range(100, 200))

    async def open_another() -> None:
        lamps(desk, range(start := next(opened), start + 1))
        await shown.show(desk)

    search = TicketSearch(query=query or msgspec.UNSET, sort=sort, limit=7)
    walked = await walk(views, search, open_another)
    assert len(walked) == len(set(walked))
    asked = [name for name in there if "flat" not in query or sort == "relevance"]
    flat = {f"Lamp {number}" for number in range(40) if number % 3}
    assert {name for name in walked if name in there} >= ({*asked} if asked else flat)


async def test_a_walk_by_rank_keeps_its_order_while_others_write(shown: Shown) -> None:
    desk = Desk()
    lamps(desk, range(40))
    views = await shown.show(desk)
    search = TicketSearch(query="flat lamp battery", limit=50)
    at_once = [hit.subject for hit in (await views.search_tickets(ALL, search)).tickets]
    opened = iter(range(100, 200))

    async def open_another() -> None:
        # So many that the words' weights change.
        lamps(desk, range(start := 10 * next(opened), start + 10))
        await shown.show(desk)

    assert await walk(views, msgspec.structs.replace(search, limit=7), open_another) == at_once


async def test_a_ticket_changed_during_a_walk_by_change_may_move_and_no_other(shown: Shown) -> None:
    desk = Desk()
    there = lamps(desk, range(20))
    views = await shown.show(desk)
    changed = iter(range(20))

    async def change_one() -> None:
        number = next(changed)
        resolved = ticket.Resolved(was=Status.NEW)
        desk.write(UUID(int=10_000 + number), resolved, at=NOW + timedelta(days=1))
        await shown.show(desk)

    walked = await walk(views, TicketSearch(sort="changed", limit=4), change_one)
    assert len(walked) == len(set(walked))
    moved = {f"Lamp {number}" for number in range(next(changed))}
    assert set(there) - set(walked) <= moved


@pytest.mark.parametrize("letter", ["x", "\U0001f6b2", '"', "\\"])
async def test_pages_stay_small_whatever_is_written(shown: Shown, letter: str) -> None:
    desk = Desk()
    tags = tuple(f"{number} {letter * 50}" for number in range(50))
    for number in range(30):
        desk.open(number, f"{number} {letter * 490}", letter * 5_000, tags=tags)
    views = await shown.show(desk)

    async def nothing() -> None:
        pass

    walked = await walk(views, TicketSearch(sort="created", limit=50), nothing)
    assert len(walked) == 30


def _others(search: TicketSearch) -> list[TicketSearch]:
    changes: list[dict[str, Any]] = [
        {"query": "battery"},
        {"query": msgspec.UNSET},
        {"status": ["open"]},
        {"tags": ["vip"]},
        {"sort": "created"},
        {"sort": "priority"},
        {"created_from": "2026-01-01"},
        {"department_id": UUID(int=11)},
    ]
    return [msgspec.structs.replace(search, **change) for change in changes]


@pytest.mark.parametrize("sort", ["relevance", "changed"])
async def test_a_cursor_of_another_search_is_refused(shown: Shown, sort: Any) -> None:
    desk = Desk()
    lamps(desk, range(10))
    views = await shown.show(desk)
    search = TicketSearch(query="lamp", sort=sort, limit=2)
    cursor = (await views.search_tickets(ALL, search)).next_cursor
    assert cursor
    for other in _others(search):
        with pytest.raises(Refused, match="cursor") as refused:
            await views.search_tickets(ALL, msgspec.structs.replace(other, cursor=cursor))
        assert refused.value.code is Code.INVALID_ARGUMENTS
    for garbage in ("x", "W10", cursor[:-4], "bnVsbA", "žluť"):
        with pytest.raises(Refused, match="cursor"):
            await views.search_tickets(ALL, msgspec.structs.replace(search, cursor=garbage))
    smaller = msgspec.structs.replace(search, cursor=cursor, limit=1)
    assert len((await views.search_tickets(ALL, smaller)).tickets) == 1


async def test_agents_and_departments_are_walked_while_others_come(shown: Shown) -> None:
    desk = Desk()
    numbers = range(250)
    for number in numbers:
        name = f"{'x' * 90} {number:03}"
        desk.write(
            UUID(int=5_000 + number), agent.Added(name=name, role=Role.AGENT, departments=())
        )
        desk.write(UUID(int=7_000 + number), department.Added(name=name))
    views = await shown.show(desk)
    for listed in (_agents, _departments):
        names, cursor = await listed(views, None)
        desk.write(UUID(int=1), agent.Added(name="A first", role=Role.AGENT, departments=()))
        while cursor:
            page, cursor = await listed(views, cursor)
            names += page
        assert [name for name in names if name.startswith("x")] == [
            f"{'x' * 90} {number:03}" for number in numbers
        ]
        with pytest.raises(Refused, match="cursor"):
            await listed(views, "WyJ4Il0")


async def _agents(views: Views, cursor: str | None) -> tuple[list[str], str | None]:
    page = await views.list_agents(cursor=cursor)
    assert len(msgspec.json.encode(page)) <= MAX_ANSWER
    return [line.name for line in page.agents], page.next_cursor or None


async def _departments(views: Views, cursor: str | None) -> tuple[list[str], str | None]:
    page = await views.list_departments(cursor=cursor)
    assert len(msgspec.json.encode(page)) <= MAX_ANSWER
    return [line.name for line in page.departments], page.next_cursor or None
