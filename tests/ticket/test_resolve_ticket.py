"""Resolving."""

import pytest

from domain.refusals import Code
from domain.ticket import facts
from domain.ticket.commands import ResolveTicket
from domain.ticket.rules import TICKET as TICKETS
from domain.ticket.words import Status
from tests.given import given
from tests.known import ANSWERED, OPENED, POSTPONED, REPLIED, RESOLVED, TICKET

RESOLVE = ResolveTicket(ticket_id=TICKET)
RESOLVABLE = {Status.NEW, Status.OPEN, Status.ANSWERED, Status.POSTPONED}


@pytest.mark.parametrize(
    ("before", "was"),
    [
        ((), Status.NEW),
        ((ANSWERED, REPLIED), Status.OPEN),
        ((ANSWERED,), Status.ANSWERED),
        ((POSTPONED,), Status.POSTPONED),
    ],
)
def test_new_open_answered_and_postponed_tickets_are_resolved(
    before: tuple[facts.TicketFact, ...], was: Status
) -> None:
    after = given(OPENED, *before).when(RESOLVE).then(facts.Resolved(was=was))
    assert after.status is Status.RESOLVED


@pytest.mark.parametrize("status", sorted(set(Status) - RESOLVABLE))
def test_no_other_status_allows_it(status: Status) -> None:
    put_there = facts.MessageAdded(
        message=ANSWERED.message, author=ANSWERED.author, body="", status=status
    )
    assert TICKETS.evolve(TICKETS.evolve(None, OPENED), put_there).status is status
    given(OPENED, put_there).when(RESOLVE).then_refused(Code.INVALID_TRANSITION)


def test_what_is_resolved_is_said_to_be_done() -> None:
    sentence = given(OPENED, RESOLVED).when(RESOLVE).then_refused(Code.INVALID_TRANSITION)
    assert sentence == "Ticket KQM-40713 is resolved already, so nothing is left to do."
