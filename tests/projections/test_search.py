"""The search: what it finds, in which order, and what it keeps to itself."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from domain.caller import Caller
from domain.refusals import Code, Refused
from domain.ticket import facts as ticket
from domain.ticket.words import Contact, Priority, Status, code_of
from projections.question import TicketSearch
from projections.views import Views
from tests.known import ANA, BILLING, CONTACT, NOW, SUPPORT, caller_of
from tests.projections.book import ALL, Desk, Shown

pytestmark = pytest.mark.anyio

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def found(views: Views, query: str = "", caller: Caller = ALL, **narrowed: Any) -> list[str]:
    """Return the subjects that a search finds, in its order."""
    arguments: dict[str, Any] = {"query": query, "limit": 50, **narrowed}
    search = msgspec.convert(arguments, TicketSearch)
    return [hit.subject for hit in (await views.search_tickets(caller, search)).tickets]


async def test_a_word_is_found_in_subject_message_and_name(shown: Shown) -> None:
    desk = Desk()
    desk.open(1, "The battery is flat")
    desk.open(2, "In a message", "Hello.", "Is it the battery?")
    desk.open(
        3, "By name", requester=Contact(id=CONTACT, name="Battery Bob", email="bob@b.example")
    )
    desk.open(4, "Something else", "No such word.")
    views = await shown.show(desk)
    assert await found(views, "battery") == ["The battery is flat", "By name", "In a message"]
    assert await found(views, "bob@b.example") == ["By name"]


async def test_forms_case_and_accents_of_a_word_do_not_matter(shown: Shown) -> None:
    desk = Desk()
    desk.open(1, "Batteries crashing in a CAFÉ")
    views = await shown.show(desk)
    for query in ("battery", "BATTERY", "crashes", "cafe", "café"):
        assert await found(views, query), query


async def test_any_language_is_found_by_its_words(shown: Shown) -> None:
    desk = Desk()
    desk.open(1, "Žluťoučký kůň", "Příliš nefunguje.")
    desk.open(2, "Не работает", "Помогите, пожалуйста")  # noqa: RUF001 - Russian
    desk.open(3, "הסוללה לא נטענת")
    views = await shown.show(desk)
    assert await found(views, "prilis") == ["Žluťoučký kůň"]
    assert await found(views, "ПОМОГИТЕ") == ["Не работает"]  # noqa: RUF001 - Russian
    assert await found(views, "הסוללה") == ["הסוללה לא נטענת"]


async def test_more_of_the_words_come_before_fewer_and_rare_before_common(shown: Shown) -> None:
    desk = Desk()
    for number in range(20):
        desk.open(number, f"Printer {number}")
    desk.open(50, "Printer smells")
    desk.open(51, "The cat smells")
    views = await shown.show(desk)
    order = await found(views, "printer smells")
    assert order[:2] == ["Printer smells", "The cat smells"]
    assert len(order) == 22


async def test_of_equals_the_newest_comes_first(shown: Shown) -> None:
    desk = Desk()
    for number in range(3):
        desk.open(number, f"Printer {number}")
    assert await found(await shown.show(desk), "printer") == [f"Printer {n}" for n in (2, 1, 0)]


@pytest.mark.parametrize("paged", [False, True])
async def test_a_changed_subject_is_found_and_the_old_one_is_not(
    shown: Shown, *, paged: bool
) -> None:
    desk = Desk()
    lid = desk.open(1, "The lid is stuck", "It broke when the kettle boiled.")
    desk.open(2, "Something else")
    if paged:
        await shown.show(desk)
    subject = "Cracked kettle spout"
    desk.write(lid, ticket.SubjectChanged(subject=subject, was="The lid is stuck"))
    desk.say(lid, "I used tongs.")
    views = await shown.show(desk)
    for query in ("cracked", '"kettle spout"', "crackd", "broke", "tongs", "kim -else"):
        assert await found(views, query) == [subject], query
    for query in ("lid", "stuck"):
        assert await found(views, query) == [], query
    # What the messages say of it stays, whatever the subject says.
    desk.write(lid, ticket.SubjectChanged(subject="Mended", was=subject))
    views = await shown.show(desk)
    assert await found(views, "kettle") == ["Mended"]
    assert await found(views, "spout") == []


async def test_a_code_finds_its_ticket_before_those_that_mention_it(shown: Shown) -> None:
    desk = Desk()
    desk.open(1, "Meant")
    desk.open(2, f"Mentions {code_of(1)}", f"It is like {code_of(1)}.")
    views = await shown.show(desk)
    for query in (code_of(1), code_of(1).lower(), f"mentions {code_of(1)}"):
        assert await found(views, query) == ["Meant", f"Mentions {code_of(1)}"]


async def test_a_phrase_is_found_as_it_is_written(shown: Shown) -> None:
    desk = Desk()
    desk.open(1, "Apart", "The screen that is broken, the other not.")
    desk.open(2, "Together", "I have a broken screen.")
    views = await shown.show(desk)
    assert await found(views, '"broken screen"') == ["Together"]
    assert await found(views, '"Broken Screen" have') == ["Together"]
    assert set(await found(views, "broken screen")) == {"Apart", "Together"}
    assert await found(views, '"screen broken"') == []


async def test_a_word_with_a_minus_is_left_out(shown: Shown) -> None:
    desk = Desk()
    desk.open(1, "Red lamp", "on the table")
    desk.open(2, "Green lamp", "on the table")
    views = await shown.show(desk)
    assert await found(views, "lamp -red") == ["Green lamp"]
    assert await found(views, 'lamp -"green lamp"') == ["Red lamp"]
    assert await found(views, "-red") == ["Green lamp"]
    for number in range(3, 300):
        desk.open(number, "A chair")
    await shown.show(desk)
    assert await found(views, 'lamp -"green lamp"') == ["Red lamp"]


async def test_the_beginning_of_a_word_is_found_with_a_star(shown: Shown) -> None:
    desk = Desk()
    desk.open(1, "In a message", "Dunkelkammer")
    views = await shown.show(desk)
    assert await found(views, "dunkel*") == ["In a message"]
    assert await found(views, "dunkel") == []


async def test_subjects_are_found_by_misspelled_and_shortened_words(shown: Shown) -> None:
    desk = Desk()
    desk.open(1, "Subscription renewal")
    desk.open(2, "Nothing of the kind")
    views = await shown.show(desk)
    for query in ("subscripton", "Subscrption renewl", "subscrip"):
        assert await found(views, query) == ["Subscription renewal"], query


@pytest.mark.parametrize(
    "query",
    ["", "   ", "the", '""', '"', "-", "*", "***", "'", ":*", "a & | ! (", "\\", "%s", "\x00"],
)
async def test_a_query_of_nothing_is_no_error(shown: Shown, query: str) -> None:
    desk = Desk()
    desk.open(1, "Lamp")
    views = await shown.show(desk)
    for sort in ("relevance", "changed"):
        assert await found(views, query, sort=sort) in ([], ["Lamp"])


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


async def test_a_long_log_is_searched_to_its_beginning(shown: Shown) -> None:
    short, long = Desk(), Desk(stride=400_000)
    for desk in (short, long):
        for number in range(40):
            rare = "Grapefruit" if number in {0, 20, 39} else "Lamp"
            desk.open(number, f"{rare} {number}", "The lamp is dark.", "Also red." * (number % 2))
    views = await shown.show(short)
    queries = ("grapefruit", "lamp", "dark lamp", "grapefruit dark", '"also red"', "grapfruit")
    expected = [await found(views, query) for query in queries]
    assert expected[0] == [f"Grapefruit {number}" for number in (39, 20, 0)]
    await shown.clear()
    await shown.show(long)
    assert [await found(views, query) for query in queries] == expected
