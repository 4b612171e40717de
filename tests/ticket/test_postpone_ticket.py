"""Postponing."""

import pytest

from domain.refusals import Code
from domain.ticket import facts
from domain.ticket.commands import PostponeTicket
from domain.ticket.words import Status
from tests.given import given
from tests.known import ANSWERED, OPENED, POSTPONED, REPLIED, RESOLVED, TICKET

POSTPONE = PostponeTicket(ticket_id=TICKET)


@pytest.mark.parametrize(
    ("before", "was"),
    [((), Status.NEW), ((ANSWERED,), Status.ANSWERED), ((ANSWERED, REPLIED), Status.OPEN)],
)
def test_a_live_ticket_is_put_aside(before: tuple[facts.TicketFact, ...], was: Status) -> None:
    given(OPENED, *before).when(POSTPONE).then(facts.Postponed(was=was))


def test_what_is_postponed_stays_postponed() -> None:
    given(OPENED, POSTPONED).when(POSTPONE).then_nothing()


def test_a_resolved_ticket_is_not_postponed() -> None:
    sentence = given(OPENED, RESOLVED).when(POSTPONE).then_refused(Code.INVALID_TRANSITION)
    assert sentence == (
        "Ticket KQM-40713 is resolved, and only a ticket that is answered or new or open "
        "can be postponed; leave it or ask the user."
    )
