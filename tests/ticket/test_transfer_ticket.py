"""Transferring."""

from domain.agent import Deactivated
from domain.refusals import Code
from domain.ticket import facts
from domain.ticket.commands import TransferTicket
from tests.given import Given, given
from tests.known import (
    ANA,
    ANA_IN_SUPPORT,
    BEN,
    BEN_IN_BOTH,
    BILLING,
    BILLING_EXISTS,
    NOBODY,
    NOWHERE,
    OPENED,
    SUPPORT,
    SUPPORT_EXISTS,
    TICKET,
)

TO_BILLING = TransferTicket(ticket_id=TICKET, department_id=BILLING)
TRANSFERRED = facts.Transferred(department=BILLING, was=SUPPORT)


def opened(*since: facts.TicketFact) -> Given:
    everybody = given(OPENED, *since).beside(*SUPPORT_EXISTS).beside(*BILLING_EXISTS)
    return everybody.beside(*ANA_IN_SUPPORT).beside(*BEN_IN_BOTH)


def test_an_unassigned_ticket_just_moves() -> None:
    opened().when(TO_BILLING).then(TRANSFERRED)


def test_an_assignee_who_is_a_member_there_stays() -> None:
    opened(facts.Assigned(agent=BEN)).when(TO_BILLING).then(TRANSFERRED)


def test_an_assignee_who_is_no_member_there_is_unassigned() -> None:
    assigned = opened(facts.Assigned(agent=ANA))
    assigned.when(TO_BILLING).then(TRANSFERRED, facts.Unassigned(was=ANA))


def test_an_assignee_who_is_no_longer_active_is_unassigned() -> None:
    moved = given(OPENED, facts.Assigned(agent=BEN)).beside(*BILLING_EXISTS)
    gone = moved.beside(*BEN_IN_BOTH, Deactivated())
    gone.when(TO_BILLING).then(TRANSFERRED, facts.Unassigned(was=BEN))


def test_a_member_there_may_be_named() -> None:
    to_ben = TransferTicket(ticket_id=TICKET, department_id=BILLING, agent_id=BEN)
    opened().when(to_ben).then(TRANSFERRED, facts.Assigned(agent=BEN))
    taken_over = facts.Assigned(agent=BEN, was=ANA)
    opened(facts.Assigned(agent=ANA)).when(to_ben).then(TRANSFERRED, taken_over)


def test_an_assignee_named_again_stays() -> None:
    to_ben = TransferTicket(ticket_id=TICKET, department_id=BILLING, agent_id=BEN)
    opened(facts.Assigned(agent=BEN)).when(to_ben).then(TRANSFERRED)


def test_who_is_no_member_there_cannot_be_named() -> None:
    to_ana = TransferTicket(ticket_id=TICKET, department_id=BILLING, agent_id=ANA)
    opened().when(to_ana).then_refused(Code.AGENT_UNAVAILABLE)


def test_nobody_cannot_be_named() -> None:
    to_nobody = TransferTicket(ticket_id=TICKET, department_id=BILLING, agent_id=NOBODY)
    opened().when(to_nobody).then_refused(Code.NOT_FOUND)


def test_a_department_that_does_not_exist_is_refused() -> None:
    nowhere = TransferTicket(ticket_id=TICKET, department_id=NOWHERE)
    assert "list_departments" in opened().when(nowhere).then_refused(Code.NOT_FOUND)


def test_where_it_is_already_it_stays() -> None:
    back = TransferTicket(ticket_id=TICKET, department_id=SUPPORT)
    opened(facts.Assigned(agent=ANA)).when(back).then_nothing()


def test_a_transfer_within_the_department_only_assigns() -> None:
    to_ana = TransferTicket(ticket_id=TICKET, department_id=SUPPORT, agent_id=ANA)
    opened().when(to_ana).then(facts.Assigned(agent=ANA))
