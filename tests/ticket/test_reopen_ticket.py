"""Reopening."""

import pytest

from domain.refusals import Code
from domain.ticket import facts
from domain.ticket.commands import ReopenTicket
from domain.ticket.words import Status
from tests.given import given
from tests.known import ANSWERED, OPENED, POSTPONED, REPLIED, RESOLVED, TICKET

REOPEN = ReopenTicket(ticket_id=TICKET)


def test_a_resolved_ticket_becomes_open() -> None:
    after = given(OPENED, RESOLVED).when(REOPEN).then(facts.Reopened())
    assert after.status is Status.OPEN


@pytest.mark.parametrize("before", [(), (ANSWERED,), (POSTPONED,)])
def test_no_other_status_allows_it(before: tuple[facts.TicketFact, ...]) -> None:
    given(OPENED, *before).when(REOPEN).then_refused(Code.INVALID_TRANSITION)


def test_what_is_open_is_said_to_be_so() -> None:
    open_already = given(OPENED, ANSWERED, REPLIED)
    sentence = open_already.when(REOPEN).then_refused(Code.INVALID_TRANSITION)
    assert sentence == "Ticket KQM-40713 is open already, so nothing is left to do."
