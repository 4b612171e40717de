"""To those who may not see it, a ticket does not exist."""

from typing import get_args
from uuid import UUID

import pytest

from domain.caller import Caller
from domain.permissions import Role
from domain.refusals import Code
from domain.ticket import commands as ask
from domain.ticket import facts
from domain.ticket.words import Priority
from tests.given import given
from tests.known import (
    ANA,
    ANA_IN_SUPPORT,
    BEN,
    BILLING,
    BILLING_EXISTS,
    CUSTOMER,
    OPENED,
    SUPPORT,
    TICKET,
    caller_of,
)

COMMANDS = [
    ask.AddMessage(ticket_id=TICKET, message=UUID(int=40), author=CUSTOMER, body="Hello"),
    ask.ChangeTicket(ticket_id=TICKET, priority=Priority.HIGH),
    ask.PostponeTicket(ticket_id=TICKET),
    ask.AddTags(ticket_id=TICKET, tags=("vip",)),
    ask.RemoveTags(ticket_id=TICKET, tags=("lid",)),
    ask.ResolveTicket(ticket_id=TICKET),
    ask.ReopenTicket(ticket_id=TICKET),
    ask.AssignTicket(ticket_id=TICKET, agent_id=ANA),
    ask.TransferTicket(ticket_id=TICKET, department_id=BILLING),
]
each_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda it: type(it).__name__)


def test_these_are_all_commands_for_a_ticket_that_exists() -> None:
    covered = {type(command) for command in COMMANDS}
    assert covered | {ask.OpenTicket} == set(get_args(ask.TicketCommand))


@each_command
def test_agents_of_other_departments_find_no_ticket(command: ask.OnTicket) -> None:
    tagged = given(OPENED, facts.TagsAdded(tags=("lid",))).beside(*BILLING_EXISTS)
    by_a_stranger = tagged.by(caller_of(BEN, departments=[BILLING]))
    refusal = by_a_stranger.when(command).then_refused(Code.NOT_FOUND)
    assert given().by(caller_of(BEN)).when(command).then_refused(Code.NOT_FOUND) == refusal


@pytest.mark.parametrize(
    "caller",
    [caller_of(BEN, departments=[SUPPORT]), caller_of(BEN, Role.ADMIN), caller_of(BEN, Role.OWNER)],
    ids=["member", "admin", "owner"],
)
def test_members_admins_and_owners_act_on_it(caller: Caller) -> None:
    add = ask.AddTags(ticket_id=TICKET, tags=("vip",))
    given(OPENED).by(caller).when(add).then(facts.TagsAdded(tags=("vip",)))


def test_a_ticket_that_was_transferred_away_is_gone_for_those_left_behind() -> None:
    left = given(OPENED, facts.Transferred(department=BILLING, was=SUPPORT))
    by_ana = left.beside(*ANA_IN_SUPPORT).by(caller_of(ANA, departments=[SUPPORT]))
    by_ana.when(ask.ResolveTicket(ticket_id=TICKET)).then_refused(Code.NOT_FOUND)
