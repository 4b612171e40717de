"""Opening a ticket."""

from msgspec.structs import replace

from domain.permissions import Role
from domain.refusals import Code
from domain.ticket.commands import OpenTicket
from tests.given import given
from tests.known import (
    ANA,
    BILLING,
    NOWHERE,
    OPENED,
    SUPPORT,
    SUPPORT_EXISTS,
    TICKET_ID,
    caller_of,
)

OPEN = OpenTicket(
    ticket=TICKET_ID,
    code=OPENED.code,
    subject=OPENED.subject,
    department=OPENED.department,
    requester=OPENED.requester,
    channel=OPENED.channel,
)


def test_opening_records_what_was_asked() -> None:
    given().beside(*SUPPORT_EXISTS).when(OPEN).then(OPENED)


def test_opening_the_same_ticket_again_does_nothing() -> None:
    given(OPENED).beside(*SUPPORT_EXISTS).when(OPEN).then_nothing()


def test_a_department_that_does_not_exist_is_refused() -> None:
    elsewhere = replace(OPEN, department=NOWHERE)
    given().beside(*SUPPORT_EXISTS).when(elsewhere).then_refused(Code.NOT_FOUND)


def test_a_subject_of_spaces_becomes_a_word_that_says_so() -> None:
    blank = replace(OPEN, subject="  ")
    given().beside(*SUPPORT_EXISTS).when(blank).then(replace(OPENED, subject="(no subject)"))


def test_the_first_tags_are_trimmed_and_unique() -> None:
    tagged = replace(OPEN, tags=(" vip ", "VIP", "lid"))
    given().beside(*SUPPORT_EXISTS).when(tagged).then(replace(OPENED, tags=("vip", "lid")))


def test_the_fifty_first_tag_is_refused() -> None:
    many = replace(OPEN, tags=tuple(f"tag {number}" for number in range(51)))
    given().beside(*SUPPORT_EXISTS).when(many).then_refused(Code.LIMIT_REACHED)


def test_an_agent_opens_tickets_where_she_sees_them() -> None:
    here = given().beside(*SUPPORT_EXISTS)
    here.by(caller_of(ANA, departments=[SUPPORT])).when(OPEN).then(OPENED)
    here.by(caller_of(ANA, Role.ADMIN)).when(OPEN).then(OPENED)


def test_a_department_of_others_is_none_to_open_a_ticket_in() -> None:
    here = given().beside(*SUPPORT_EXISTS)
    refusal = here.by(caller_of(ANA, departments=[BILLING])).when(OPEN).then_refused(Code.NOT_FOUND)
    nowhere = replace(OPEN, department=NOWHERE)
    assert here.when(nowhere).then_refused(Code.NOT_FOUND) == refusal
