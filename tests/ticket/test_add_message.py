"""Adding a message, and what it does to the status."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.refusals import Code
from domain.ticket import facts
from domain.ticket.commands import AddMessage
from domain.ticket.words import Author, AuthorKind, Status
from tests.given import given
from tests.known import (
    ANSWERED,
    CUSTOMER,
    OPENED,
    POSTPONED,
    REPLIED,
    RESOLVED,
    STAFF,
    TICKET,
)

ROBOT = Author(kind=AuthorKind.SYSTEM, name="Out of office")


def add(author: Author, *, note: bool = False) -> AddMessage:
    return AddMessage(
        ticket_id=TICKET, message=UUID(int=40), author=author, body="Hello", note=note
    )


def added(
    author: Author, status: Status | None = None, *, note: bool = False
) -> facts.MessageAdded:
    return facts.MessageAdded(
        message=UUID(int=40), author=author, body="Hello", note=note, status=status
    )


def test_a_message_leaves_the_ticket_where_it_is_known_to_have_stood() -> None:
    command = replace(add(CUSTOMER), status=Status.OPEN)
    given(OPENED).when(command).then(added(CUSTOMER, Status.OPEN))


def test_a_customer_whose_words_are_known_to_have_changed_nothing_reopens_nothing() -> None:
    command = replace(add(CUSTOMER), status=Status.RESOLVED)
    given(OPENED, RESOLVED).when(command).then(added(CUSTOMER))


@pytest.mark.parametrize("waiting", [ANSWERED, POSTPONED, RESOLVED])
def test_a_customer_who_writes_again_reopens_what_waits(waiting: facts.TicketFact) -> None:
    given(OPENED, waiting).when(add(CUSTOMER)).then(added(CUSTOMER, Status.OPEN))


@pytest.mark.parametrize("before", [(), (ANSWERED, REPLIED)])
def test_a_customer_changes_nothing_about_what_is_new_or_open(
    before: tuple[facts.TicketFact, ...],
) -> None:
    given(OPENED, *before).when(add(CUSTOMER)).then(added(CUSTOMER))


@pytest.mark.parametrize("before", [(), (ANSWERED, REPLIED)])
def test_an_agents_message_answers_what_is_new_or_open(
    before: tuple[facts.TicketFact, ...],
) -> None:
    given(OPENED, *before).when(add(STAFF)).then(added(STAFF, Status.ANSWERED))


@pytest.mark.parametrize("before", [ANSWERED, POSTPONED, RESOLVED])
def test_an_agents_message_leaves_other_statuses_alone(before: facts.TicketFact) -> None:
    given(OPENED, before).when(add(STAFF)).then(added(STAFF))


@pytest.mark.parametrize("author", [CUSTOMER, STAFF])
def test_a_note_never_changes_the_status(author: Author) -> None:
    given(OPENED, POSTPONED).when(add(author, note=True)).then(added(author, note=True))
    given(OPENED).when(add(author, note=True)).then(added(author, note=True))


def test_a_machines_message_never_changes_the_status() -> None:
    given(OPENED, RESOLVED).when(add(ROBOT)).then(added(ROBOT))


def test_the_same_message_again_does_nothing() -> None:
    given(OPENED, added(STAFF, Status.ANSWERED), REPLIED).when(add(STAFF)).then_nothing()


def test_a_ticket_that_does_not_exist_takes_no_messages() -> None:
    given().when(add(CUSTOMER)).then_refused(Code.NOT_FOUND)
