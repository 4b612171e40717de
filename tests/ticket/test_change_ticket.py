"""Changing a ticket's subject and priority."""

import msgspec
import pytest

from domain.refusals import Code
from domain.ticket.commands import ChangeTicket
from domain.ticket.facts import PrioritySet, SubjectChanged
from domain.ticket.words import Priority
from tests.given import given
from tests.known import OPENED, TICKET

RENAMED = SubjectChanged(subject="The lid broke off", was="The lid is stuck")
RAISED = PrioritySet(priority=Priority.URGENT, was=Priority.MEDIUM)
RENAME = ChangeTicket(ticket_id=TICKET, subject="The lid broke off")
RAISE = ChangeTicket(ticket_id=TICKET, priority=Priority.URGENT)


def test_the_change_of_a_subject_tells_what_it_was() -> None:
    ticket = given(OPENED).when(RENAME).then(RENAMED)
    assert (ticket.subject, ticket.priority) == ("The lid broke off", Priority.MEDIUM)


def test_the_setting_of_a_priority_tells_what_it_was() -> None:
    ticket = given(OPENED).when(RAISE).then(RAISED)
    assert (ticket.subject, ticket.priority) == ("The lid is stuck", Priority.URGENT)


def test_both_are_two_facts() -> None:
    both = ChangeTicket(ticket_id=TICKET, subject=RENAMED.subject, priority=Priority.URGENT)
    given(OPENED).when(both).then(RENAMED, RAISED)
    given(OPENED, RENAMED).when(both).then(RAISED)


def test_the_same_again_does_nothing() -> None:
    given(OPENED, RENAMED).when(RENAME).then_nothing()
    given(OPENED, RAISED).when(RAISE).then_nothing()


def test_changing_nothing_does_nothing() -> None:
    given(OPENED).when(ChangeTicket(ticket_id=TICKET)).then_nothing()


def test_a_subject_is_trimmed_and_not_empty() -> None:
    given(OPENED).when(ChangeTicket(ticket_id=TICKET, subject=" The lid broke off ")).then(RENAMED)
    blank = ChangeTicket(ticket_id=TICKET, subject="  ")
    given(OPENED).when(blank).then_refused(Code.INVALID_ARGUMENTS)


@pytest.mark.parametrize("subject", ["", "x" * 501])
def test_a_subject_has_1_to_500_characters(subject: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"length .+ at `\$\.subject`"):
        msgspec.convert({"ticket_id": TICKET, "subject": subject}, ChangeTicket)


def test_a_ticket_that_does_not_exist_cannot_be_changed() -> None:
    given().when(RAISE).then_refused(Code.NOT_FOUND)
