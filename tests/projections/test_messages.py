"""The messages of a ticket: pages, the context, long texts and quotes."""

from datetime import timedelta

import msgspec
import pytest

from domain.refusals import Code, Refused
from domain.ticket.words import Author, AuthorKind, code_of
from projections.conversation import Message
from projections.views import Views
from tests.known import ANA, CONTACT, NOW, STAFF
from tests.projections.book import ALL, Desk, Shown

pytestmark = pytest.mark.anyio

CODE = code_of(1)
MAX_ANSWER = 30_000  # bytes
# Each of them takes more bytes than characters, in UTF-8 or in JSON.
LETTERS = ("x", "é", "日", "\U0001f6b2", '"', "\\", "\n")


async def all_messages(views: Views, order: str = "asc", limit: int = 7) -> list[Message]:
    """Walk through a ticket's messages, page by page."""
    found: list[Message] = []
    cursor = None
    while True:
        page = await views.get_ticket_messages(
            ALL, CODE, cursor=cursor, limit=limit, order="desc" if order == "desc" else "asc"
        )
        assert len(page.messages) <= limit
        assert len(msgspec.json.encode(page)) <= MAX_ANSWER
        found += page.messages
        if not page.next_cursor:
            return found
        cursor = page.next_cursor


async def test_a_page_says_who_wrote_and_whose_words_are_not_to_be_trusted(shown: Shown) -> None:
    desk = Desk()
    it = desk.open(1, "Help", "It broke.")
    desk.say(it, "Again?", Author(kind=AuthorKind.AGENT, id=ANA), at=NOW + timedelta(hours=1))
    desk.say(it, "Merged.", Author(kind=AuthorKind.SYSTEM))
    desk.say(it, "Yes.", Author(kind=AuthorKind.CUSTOMER, id=CONTACT))
    page = await (await shown.show(desk)).get_ticket_messages(ALL, CODE)
    assert page.ticket_id == it
    assert page.code == CODE
    assert "never" in page.content_warning
    told = [(m.text, m.author_kind.value, m.author_name or "", m.untrusted) for m in page.messages]
    assert told == [
        ("It broke.", "customer", "Kim", True),
        ("Again?", "agent", "Ana", False),
        ("Merged.", "system", "", False),
        ("Yes.", "customer", "Kim", True),
    ]


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_a_walk_meets_every_message_once(shown: Shown, order: str) -> None:
    desk = Desk()
    desk.open(1, "Help", *map(str, range(30)))
    walked = [message.text for message in await all_messages(await shown.show(desk), order)]
    assert walked == [str(number) for number in range(30)][:: -1 if order == "desc" else 1]


async def test_messages_written_during_a_walk_come_at_its_end(shown: Shown) -> None:
    desk = Desk()
    it = desk.open(1, "Help", "a", "b", "c")
    views = await shown.show(desk)
    first = await views.get_ticket_messages(ALL, CODE, limit=2)
    desk.say(it, "d")
    await shown.show(desk)
    rest = await views.get_ticket_messages(ALL, str(it), limit=2, cursor=first.next_cursor or None)
    assert [message.text for message in rest.messages] == ["c", "d"]
    assert not rest.next_cursor


async def test_the_context_has_the_last_messages_oldest_first(shown: Shown) -> None:
    desk = Desk()
    desk.open(1, "Help", *"abcde")
    views = await shown.show(desk)
    context = await views.get_ticket_context(ALL, CODE, 3)
    assert context.ticket == await views.get_ticket_metadata(ALL, CODE)
    assert [message.text for message in context.messages] == ["c", "d", "e"]
    earlier = await views.get_ticket_messages(
        ALL, CODE, order="desc", cursor=context.earlier_cursor or None
    )
    assert [message.text for message in earlier.messages] == ["b", "a"]


async def test_a_context_that_has_everything_leads_nowhere(shown: Shown) -> None:
    desk = Desk()
    desk.open(1, "Help", "a", "b")
    context = await (await shown.show(desk)).get_ticket_context(ALL, CODE, 2)
    assert len(context.messages) == 2
    assert not context.earlier_cursor


async def test_a_ticket_without_messages_has_an_empty_context(shown: Shown) -> None:
    desk = Desk()
    desk.open(1)
    views = await shown.show(desk)
    assert (await views.get_ticket_context(ALL, CODE)).messages == []
    assert (await views.get_ticket_messages(ALL, CODE)).messages == []


@pytest.mark.parametrize("letter", LETTERS)
async def test_answers_stay_small_and_a_walk_complete_whatever_is_written(
    shown: Shown, letter: str
) -> None:
    desk = Desk()
    desk.open(1, letter * 500, *[f"{number} {letter * 9_000}" for number in range(40)])
    views = await shown.show(desk)
    context = await views.get_ticket_context(ALL, CODE, 50)
    assert len(msgspec.json.encode(context)) <= MAX_ANSWER
    assert context.earlier_cursor
    walked = await all_messages(views, limit=100)
    assert [message.text.split()[0] for message in walked] == [str(n) for n in range(40)]


@pytest.mark.parametrize("letter", LETTERS)
async def test_a_long_text_is_read_to_its_end_by_offsets(shown: Shown, letter: str) -> None:
    whole = "".join(f"{number} {letter}" for number in range(20_000))
    desk = Desk()
    message = desk.say(desk.open(1), whole)
    views = await shown.show(desk)
    (shortened,) = (await views.get_ticket_messages(ALL, CODE)).messages
    assert shortened.truncated
    assert shortened.length == len(whole)
    read = shortened.text
    while len(read) < len(whole):
        page = await views.get_ticket_messages(ALL, CODE, message_id=message, offset=len(read))
        assert len(msgspec.json.encode(page)) <= MAX_ANSWER
        (part,) = page.messages
        read += part.text
        assert part.next_offset == (len(read) if part.truncated else msgspec.UNSET)
    assert read == whole
    beyond = await views.get_ticket_messages(ALL, CODE, message_id=message, offset=2**31 - 1)
    assert beyond.messages[0].text == ""


async def test_a_message_of_another_ticket_is_not_found(shown: Shown) -> None:
    desk = Desk()
    desk.open(1)
    elsewhere = desk.say(desk.open(2), "Hello")
    views = await shown.show(desk)
    with pytest.raises(Refused) as refused:
        await views.get_ticket_messages(ALL, CODE, message_id=elsewhere)
    assert refused.value.code is Code.NOT_FOUND


async def test_quotes_are_hidden_unless_they_are_asked_for(shown: Shown) -> None:
    reply = "No.\n\nOn Monday Kim wrote:\n> Does it work?"
    desk = Desk()
    message = desk.say(desk.open(1), reply, STAFF)
    views = await shown.show(desk)
    for only in (None, message):
        page = await views.get_ticket_messages(ALL, CODE, message_id=only)
        assert page.messages[0].text == "No.\n\n[2 quoted lines hidden]"
        page = await views.get_ticket_messages(ALL, CODE, message_id=only, include_quoted=True)
        assert page.messages[0].text == reply


async def test_cursors_of_other_walks_are_refused(shown: Shown) -> None:
    desk = Desk()
    desk.open(1, "Help", *"abc")
    desk.open(2, "Help", *"abc")
    views = await shown.show(desk)
    cursor = (await views.get_ticket_messages(ALL, CODE, limit=1)).next_cursor or None
    assert cursor

    async def refused(cursor: str, reference: str = CODE, **other: bool) -> None:
        with pytest.raises(Refused, match="cursor") as refusal:
            await views.get_ticket_messages(
                ALL,
                reference,
                cursor=cursor,
                order="desc" if other.get("turned") else "asc",
                include_quoted=other.get("quoted", False),
            )
        assert refusal.value.code is Code.INVALID_ARGUMENTS

    await refused(cursor, code_of(2))
    await refused(cursor, turned=True)
    await refused(cursor, quoted=True)
    for garbage in ("x", "žluť", "W10", "WyIxIl0", "bnVsbA", cursor[:-3], cursor + "AAAA", "=" * 9):
        await refused(garbage)
