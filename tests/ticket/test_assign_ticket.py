"""Assigning."""

import pytest

from domain.agent import Deactivated, DepartmentsChanged
from domain.refusals import Code
from domain.ticket import facts
from domain.ticket.commands import AssignTicket
from tests.given import given
from tests.known import (
    ANA,
    ANA_IN_SUPPORT,
    BEN,
    BEN_IN_BOTH,
    BILLING,
    NOBODY,
    OPENED,
    SUPPORT,
    TICKET,
)

TO_ANA = AssignTicket(ticket_id=TICKET, agent_id=ANA)
WITH_ANA = facts.Assigned(agent=ANA)


def test_a_member_of_the_department_takes_it() -> None:
    given(OPENED).beside(*ANA_IN_SUPPORT).when(TO_ANA).then(WITH_ANA)


def test_another_member_takes_it_over() -> None:
    to_ben = AssignTicket(ticket_id=TICKET, agent_id=BEN)
    taken_over = facts.Assigned(agent=BEN, was=ANA)
    given(OPENED, WITH_ANA).beside(*BEN_IN_BOTH).when(to_ben).then(taken_over)


def test_who_has_it_keeps_it() -> None:
    given(OPENED, WITH_ANA).beside(*ANA_IN_SUPPORT).when(TO_ANA).then_nothing()


def test_nobody_is_not_found() -> None:
    to_nobody = AssignTicket(ticket_id=TICKET, agent_id=NOBODY)
    assert "list_agents" in given(OPENED).when(to_nobody).then_refused(Code.NOT_FOUND)


@pytest.mark.parametrize(
    ("since", "why"),
    [
        (Deactivated(), "Ana is no longer active."),
        (
            DepartmentsChanged(departments=(BILLING,), was=(SUPPORT,)),
            "Ana is not a member of the department.",
        ),
    ],
)
def test_who_left_cannot_take_it(since: Deactivated | DepartmentsChanged, why: str) -> None:
    left = given(OPENED).beside(*ANA_IN_SUPPORT, since)
    assert left.when(TO_ANA).then_refused(Code.AGENT_UNAVAILABLE).startswith(why)
