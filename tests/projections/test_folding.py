"""What the views hold of tickets after some facts, in pages as large as the log and as small as a fact."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.ticket import facts as ticket
from domain.ticket.words import Author, AuthorKind, Priority
from tests.known import (
    ANA,
    ANSWERED,
    BILLING,
    CONTACT,
    NOW,
    OPENED,
    POSTPONED,
    REPLIED,
    RESOLVED,
    SUPPORT,
    TICKET_ID,
)
from tests.projections.book import ALL, Book, Shown, only, showing

pytestmark = pytest.mark.anyio

LATER, LAST = NOW + timedelta(hours=1), NOW + timedelta(hours=2)


async def test_a_ticket_that_was_opened_is_new(shown: Shown) -> None:
    book = Book()
    book.write(TICKET_ID, OPENED)
    await shown.show(book)
    row = await only(shown, "tickets", "*")
    assert row == {
        "id": TICKET_ID,
        "code": "KQM-40713",
        "subject": "The lid is stuck",
        "status": "N",
        "urgency": 1,
        "channel": "email",
        "department": SUPPORT,
        "agent": None,
        "requester": CONTACT,
        "requester_name": "Kim",
        "requester_email": "kim@customer.example",
        "tags": [],
        "created_at": NOW,
        "changed_at": NOW,
        "resolved_at": None,
        "last_message_at": None,
        "messages": 0,
        "version": 1,
    }


async def test_subject_priority_and_version_follow_the_last_fact(
    shown: Shown, *, paged: bool
) -> None:
    book = Book()
    book.write(
        TICKET_ID,
        OPENED,
        ticket.SubjectChanged(subject="The lid broke\u202e off", was=OPENED.subject),
        ticket.PrioritySet(priority=Priority.URGENT, was=Priority.MEDIUM),
        ticket.PrioritySet(priority=Priority.LOW, was=Priority.URGENT),
        ANSWERED,
    )
    await showing(shown, book, paged=paged)
    row = await only(shown, "tickets", "subject, urgency, version")
    assert list(row.values()) == ["The lid broke off", 0, 5]
    for table in ("search", "subjects"):
        assert (await only(shown, table, "urgency, ticket"))["urgency"] == 0
    _, version = await (await shown.show(book)).get_ticket(ALL, str(TICKET_ID))
    assert version == 5


async def test_messages_count_and_move_the_status(shown: Shown, *, paged: bool) -> None:
    book = Book()
    book.write(TICKET_ID, OPENED)
    book.write(TICKET_ID, ANSWERED, at=LATER)
    book.write(TICKET_ID, REPLIED, at=LAST)
    await showing(shown, book, paged=paged)
    row = await only(shown, "tickets", "status, messages, changed_at, last_message_at")
    assert list(row.values()) == ["C", 2, LAST, LAST]


async def test_only_a_resolved_ticket_has_a_time_of_resolution(
    shown: Shown, *, paged: bool
) -> None:
    book = Book()
    book.write(TICKET_ID, OPENED, POSTPONED)
    book.write(TICKET_ID, RESOLVED, at=LATER)
    await showing(shown, book, paged=paged)
    assert await only(shown, "tickets", "status, resolved_at") == {
        "status": "R",
        "resolved_at": LATER,
    }
    book.write(TICKET_ID, ticket.Reopened(), at=LAST)
    await shown.show(book)
    assert await only(shown, "tickets", "status, resolved_at") == {
        "status": "C",
        "resolved_at": None,
    }


async def test_assignment_follows_the_last_fact(shown: Shown, *, paged: bool) -> None:
    book = Book()
    book.write(TICKET_ID, OPENED, ticket.Assigned(agent=ANA))
    await showing(shown, book, paged=paged)
    assert (await only(shown, "tickets", "agent, department"))["agent"] == ANA
    moved = ticket.Transferred(department=BILLING, was=SUPPORT)
    book.write(TICKET_ID, moved, ticket.Unassigned(was=ANA))
    await shown.show(book)
    for table in ("tickets", "search"):
        row = await only(shown, table, "agent, department")
        assert row == {"agent": None, "department": BILLING}


async def test_tags_come_and_go_and_come_again(shown: Shown, *, paged: bool) -> None:
    book = Book()
    book.write(
        TICKET_ID,
        OPENED,
        ticket.TagsAdded(tags=("Late", "VIP", "old")),
        ticket.TagsRemoved(tags=("Late", "old")),
        ticket.TagsAdded(tags=("late", "new")),
        ticket.TagsRemoved(tags=("new",)),
    )
    await showing(shown, book, paged=paged)
    assert (await only(shown, "tickets", "tags, id"))["tags"] == ["VIP", "late"]
    assert (await only(shown, "search", "tags, ticket"))["tags"] == ["late", "vip"]
    rows = await shown.rows("tags", "key, name")
    assert [tuple(row.values()) for row in rows] == [("late", "late"), ("vip", "VIP")]


async def test_an_import_is_shown_with_the_times_of_its_world(shown: Shown) -> None:
    book = Book()
    book.write(TICKET_ID, OPENED, ANSWERED, happened_at=LATER, at=LAST)
    await shown.show(book)
    row = await only(shown, "tickets", "created_at, changed_at, last_message_at")
    assert list(row.values()) == [LATER] * 3
    rows = await shown.rows("activity", "recorded_at, happened_at")
    assert [tuple(row.values()) for row in rows] == [(LAST, LATER)] * 2


async def test_a_message_is_kept_clean_with_and_without_its_quotes(shown: Shown) -> None:
    author = Author(kind=AuthorKind.CUSTOMER, id=CONTACT, name="Ki\u202em")
    body = "No.\r\n> Did \x00you?"
    book = Book()
    message = ticket.MessageAdded(message=UUID(int=41), author=author, body=body, note=True)
    book.write(TICKET_ID, OPENED, message, at=LATER)
    await shown.show(book)
    assert await only(shown, "messages", "*") == {
        "ticket": TICKET_ID,
        "version": 2,
        "id": UUID(int=41),
        "author_kind": "customer",
        "author": CONTACT,
        "author_name": "Kim",
        "note": True,
        "written_at": LATER,
        "body": "No.\n> Did you?",
        "unquoted": "No.\n[1 quoted line hidden]",
    }
