"""The search by words: what they find, however they are written, and which of it comes first."""

import pytest

from domain.ticket import facts as ticket
from domain.ticket.words import Contact, code_of
from tests.known import CONTACT
from tests.projections.book import Desk, Shown
from tests.projections.finding import found

pytestmark = pytest.mark.anyio


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
