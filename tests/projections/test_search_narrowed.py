"""The search narrowed and sorted: what it finds, in which order, and what it shows and keeps to itself."""

from datetime import timedelta
from typing import Any

import pytest

from domain.refusals import Code, Refused
from domain.ticket import facts as ticket
from domain.ticket.words import Priority, Status, code_of
from projections.question import TicketSearch
from tests.known import ANA, BILLING, NOW, SUPPORT, caller_of
from tests.projections.book import ALL, Desk, Shown
from tests.projections.finding import found

pytestmark = pytest.mark.anyio

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def test_narrowings_combine_with_words_and_stand_alone(shown: Shown) -> None:
    desk = Desk()
    it = desk.open(1, "Lamp one", tags=("VIP", "late"), priority=Priority.URGENT)
    desk.write(it, ticket.Assigned(agent=ANA), ticket.Resolved(was=Status.NEW), at=NOW + DAY)
    desk.open(2, "Lamp two", tags=("vip",), department=BILLING, at=NOW - DAY)
    views = await shown.show(desk)
    day = f"{NOW:%Y-%m-%d}"
    narrowings: list[dict[str, Any]] = [
        {"status": ["resolved", "open"]},
        {"department_id": SUPPORT},
        {"agent_id": ANA},
        {"tags": ["Late"]},
        {"tags": ["LATE", "vip", "VIP"]},
        {"priority": Priority.URGENT},
        {"created_from": day},
        {"created_from": f"{NOW.isoformat()}"},
        {"changed_from": f"{NOW + DAY:%Y-%m-%d}"},
        {"status": ["resolved"], "tags": ["vip"], "created_from": day, "agent_id": ANA},
    ]
    for narrowing in narrowings:
        for query in ("", "lamp"):
            for sort in ("relevance", "changed", "created", "priority"):
                assert await found(views, query, sort=sort, **narrowing) == ["Lamp one"], narrowing
    opposites: list[dict[str, Any]] = [
        {"created_to": day},
        {"changed_to": day},
        {"department_id": BILLING},
    ]
    for opposite in opposites:
        for query in ("", "lamp"):
            assert await found(views, query, **opposite) == ["Lamp two"]


async def test_tickets_that_nobody_has_are_found_with_and_without_words(shown: Shown) -> None:
    desk = Desk()
    keys = [desk.open(number, f"Lamp {number}", "It is dark.") for number in range(4)]
    for key in keys[1::2]:
        desk.write(key, ticket.Assigned(agent=ANA))
    views = await shown.show(desk)
    searches: tuple[dict[str, Any], ...] = (
        {},
        {"query": "dark"},
        {"query": "dark", "sort": "changed"},
    )
    for asked in searches:
        assert sorted(await found(views, unassigned=True, **asked)) == ["Lamp 0", "Lamp 2"], asked
        assert await found(views, unassigned=True, agent_id=ANA, **asked) == []
    desk.write(keys[3], ticket.Unassigned(was=ANA))
    assert await found(await shown.show(desk), unassigned=True, sort="changed") == [
        "Lamp 3",
        "Lamp 2",
        "Lamp 0",
    ]


async def test_what_changes_is_found_as_it_stands(shown: Shown) -> None:
    desk = Desk()
    it = desk.open(1, "Lamp", tags=("old",))
    views = await shown.show(desk)
    desk.write(
        it,
        ticket.TagsRemoved(tags=("old",)),
        ticket.TagsAdded(tags=("new",)),
        ticket.Transferred(department=BILLING, was=SUPPORT),
        ticket.Resolved(was=Status.NEW),
    )
    desk.say(it, "A word of its own: flibbertigibbet")
    await shown.show(desk)
    for query in ("", "lamp", "flibbertigibbet"):
        assert await found(views, query, tags=["old"]) == []
        assert await found(views, query, department_id=SUPPORT) == []
        assert await found(views, query, status=["new"]) == []
        narrowed: dict[str, Any] = {
            "tags": ["new"],
            "department_id": BILLING,
            "status": ["resolved"],
        }
        assert await found(views, query, **narrowed) == ["Lamp"]


async def test_listings_are_in_the_order_asked_for(shown: Shown) -> None:
    desk = Desk()
    first = desk.open(1, "Lamp old", priority=Priority.URGENT, at=NOW)
    desk.open(2, "Lamp high", priority=Priority.HIGH, at=NOW + HOUR)
    desk.open(3, "Lamp new", priority=Priority.LOW, at=NOW + 2 * HOUR)
    desk.write(first, ticket.Resolved(was=Status.NEW), at=NOW + DAY)
    views = await shown.show(desk)
    for query in ("", "lamp"):
        orders = {
            sort: await found(views, query, sort=sort)
            for sort in ("changed", "created", "priority")
        }
        assert orders == {
            "changed": ["Lamp old", "Lamp new", "Lamp high"],
            "created": ["Lamp new", "Lamp high", "Lamp old"],
            "priority": ["Lamp old", "Lamp high", "Lamp new"],
        }
    assert await found(views) == orders["changed"]


async def test_an_order_that_is_walked_asks_for_every_word(shown: Shown) -> None:
    desk = Desk()
    desk.open(1, "Red lamp")
    desk.open(2, "Green lamp")
    views = await shown.show(desk)
    assert await found(views, "red lamp", sort="created") == ["Red lamp"]
    assert await found(views, "red lamp") == ["Red lamp", "Green lamp"]


@pytest.mark.parametrize("sort", ["relevance", "changed", "created", "priority"])
async def test_only_tickets_of_ones_departments_are_found(shown: Shown, sort: str) -> None:
    desk = Desk()
    desk.open(1, "Lamp here", "bulb")
    desk.open(2, "Lamp elsewhere", "bulb", department=BILLING)
    views = await shown.show(desk)
    here = caller_of(ANA, departments=[SUPPORT])
    for query in ("", "lamp", '"lamp elsewhere"', "elsewhre", "bulb", code_of(2), "-nothing"):
        assert "Lamp elsewhere" not in await found(views, query, here, sort=sort), query
        assert await found(views, query, here, sort=sort, department_id=BILLING) == []
        assert await found(views, query, caller_of(ANA), sort=sort) == []
    assert await found(views, "lamp", here, sort=sort) == ["Lamp here"]


async def test_a_hit_shows_how_the_ticket_stands_and_where_it_matches(shown: Shown) -> None:
    desk = Desk()
    text = "We waited. " * 40 + "The battery died. " + "We waited. " * 40
    it = desk.open(1, "Help", text, tags=("VIP",), priority=Priority.HIGH)
    desk.write(it, ticket.Assigned(agent=ANA), at=NOW + HOUR)
    views = await shown.show(desk)
    page = await views.search_tickets(ALL, TicketSearch(query="battery"))
    assert "never" in page.content_warning
    (hit,) = page.tickets
    assert hit.id == it
    assert (hit.code, hit.status, hit.status_name) == (code_of(1), Status.NEW, "new")
    assert (hit.priority, hit.tags, hit.message_count) == (Priority.HIGH, ["VIP"], 1)
    assert (hit.created_at, hit.changed_at) == (NOW, NOW + HOUR)
    assert hit.department.name == "Support"
    assert hit.agent
    assert hit.agent.name == "Ana"
    assert "battery died" in hit.excerpt
    assert len(hit.excerpt) < 300


async def test_a_date_that_is_none_is_refused_with_how_to_write_it(shown: Shown) -> None:
    views = await shown.show(Desk())
    with pytest.raises(Refused, match="2026-05-01") as refused:
        await found(views, created_from="last week")
    assert refused.value.code is Code.INVALID_ARGUMENTS
