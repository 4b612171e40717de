"""What another process did meanwhile is never overlooked, and everybody gets an answer."""

from uuid import UUID

import pytest

from domain.access_tokens import MAX_ACTIVE
from domain.agent import AddAgent, ChangeDepartments, DeactivateAgent
from domain.budget import BUDGET, SetLimit
from domain.decider import Ref
from domain.permissions import Role
from domain.refusals import Code, Refused
from domain.ticket.commands import (
    AddTags,
    AssignTicket,
    RemoveTags,
    ReopenTicket,
    ResolveTicket,
    TransferTicket,
)
from domain.ticket.rules import TICKET as TICKETS
from tests.application.process import OLGA, Log, Process, settled
from tests.known import ANA, BEN, BILLING, SUPPORT, TICKET, TICKET_ID

pytestmark = pytest.mark.anyio

TAG = AddTags(ticket_id=TICKET, tags=("vip",))
UNTAG = RemoveTags(ticket_id=TICKET, tags=("vip",))
RESOLVE = ResolveTicket(ticket_id=TICKET)
REOPEN = ReopenTicket(ticket_id=TICKET)
ASSIGN_BEN = AssignTicket(ticket_id=TICKET, agent_id=BEN)


async def test_a_refusal_on_an_old_state_is_decided_again(here: Process, there: Process) -> None:
    ana, olga = await here.sign_in(ANA), await there.sign_in(OLGA)
    await here.act(ana, TAG)  # from now on the ticket is in memory here, and new
    await there.act(olga, RESOLVE)
    assert (await here.act(ana, REOPEN)).changed


async def test_nothing_to_do_on_an_old_state_is_decided_again(
    here: Process, there: Process
) -> None:
    ana, olga = await here.sign_in(ANA), await there.sign_in(OLGA)
    await here.act(ana, TAG)
    await there.act(olga, UNTAG)
    assert (await here.act(ana, TAG)).answer == {"changed": True, "status": "N", "tags": ["vip"]}


async def test_a_change_of_an_old_state_is_decided_again(
    here: Process, there: Process, log: Log
) -> None:
    ana, olga = await here.sign_in(ANA), await there.sign_in(OLGA)
    await here.act(ana, TAG)
    await there.act(olga, RESOLVE)
    with pytest.raises(Refused) as refused:
        await here.act(ana, RESOLVE)
    assert refused.value.code is Code.INVALID_TRANSITION
    assert log.outcomes() == [("ok", 1), ("ok", 1), ("invalid_transition", 0)]


@pytest.mark.parametrize(
    "meanwhile",
    [DeactivateAgent(agent=BEN), ChangeDepartments(agent=BEN, departments=(BILLING,))],
    ids=["deactivated", "moved"],
)
async def test_an_assignee_who_left_meanwhile_is_refused(
    here: Process, there: Process, meanwhile: DeactivateAgent | ChangeDepartments
) -> None:
    olga = await here.sign_in(OLGA)
    await here.act(olga, ASSIGN_BEN)
    await here.act(olga, AssignTicket(ticket_id=TICKET, agent_id=ANA))
    await there.execute(meanwhile)
    with pytest.raises(Refused) as refused:
        await here.act(olga, ASSIGN_BEN)
    assert refused.value.code is Code.AGENT_UNAVAILABLE


async def test_an_assignee_who_joined_meanwhile_is_kept(here: Process, there: Process) -> None:
    olga = await here.sign_in(OLGA)
    await here.act(olga, AssignTicket(ticket_id=TICKET, agent_id=ANA))
    await there.execute(ChangeDepartments(agent=ANA, departments=(SUPPORT, BILLING)))
    await here.act(olga, TransferTicket(ticket_id=TICKET, department_id=BILLING))
    ticket = await here.helpdesk.states.refresh(Ref(TICKETS, TICKET_ID))
    assert (ticket.state.department, ticket.state.agent) == (BILLING, ANA)


async def test_nothing_to_do_outside_tool_calls_is_decided_again(
    here: Process, there: Process
) -> None:
    await here.execute(SetLimit(limit=7))
    await there.execute(SetLimit(limit=9))
    settled = await here.execute(SetLimit(limit=7))
    assert settled.answer.changed
    assert settled.budget.limit == 7


async def test_sixteen_callers_race_for_one_ticket_and_each_gets_an_answer(
    here: Process, there: Process, log: Log
) -> None:
    secret = await here.generate(ANA)
    callers = [(it, await it.identify(secret)) for it in (here, there) for _ in range(8)]
    done = await settled(
        *(
            it.act(bearer, AddTags(ticket_id=TICKET, tags=(f"tag {number}",)))
            for number, (it, bearer) in enumerate(callers)
        )
    )
    assert [one.changed for one in done] == [True] * 16
    for number, one in enumerate(done):
        assert one.answer["tags"][-1] == f"tag {number}"
    assert sorted(len(one.answer["tags"]) for one in done) == list(range(1, 17))
    assert log.topics() == ["ticket.opened"] + ["ticket.tags_added"] * 16
    assert log.used() == 16


async def test_of_sixteen_who_resolve_at_once_one_does(
    here: Process, there: Process, log: Log
) -> None:
    secret = await here.generate(ANA)
    callers = [(it, await it.identify(secret)) for it in (here, there) for _ in range(8)]
    done = await settled(*(it.act(bearer, RESOLVE) for it, bearer in callers))
    refused = [one for one in done if isinstance(one, Refused)]
    assert {one.code for one in refused} == {Code.INVALID_TRANSITION}
    assert len(refused) == 15
    assert sorted(log.outcomes()) == [("invalid_transition", 0)] * 15 + [("ok", 1)]


async def test_of_twenty_tokens_at_once_ten_are_made(here: Process, there: Process) -> None:
    made = await settled(*(it.generate(ANA) for it in (here, there) for _ in range(10)))
    refused = [one for one in made if isinstance(one, Refused)]
    assert [one.code for one in refused] == [Code.LIMIT_REACHED] * (20 - MAX_ACTIVE)


async def test_agents_added_at_once_are_all_counted(here: Process, there: Process) -> None:
    def add(number: int) -> AddAgent:
        return AddAgent(agent=UUID(int=100 + number), name="New", role=Role.AGENT)

    processes = (here, there)
    await settled(*(processes[number % 2].execute(add(number)) for number in range(8)))
    assert (await here.helpdesk.states.refresh(BUDGET)).state.seats == 3 + 8


async def test_an_address_taken_at_once_belongs_to_one(here: Process, there: Process) -> None:
    def add(number: int) -> AddAgent:
        mail = "new@desk.example" if number else "NEW@desk.example"
        return AddAgent(agent=UUID(int=100 + number), name="New", role=Role.AGENT, email=mail)

    done = await settled(here.execute(add(0)), there.execute(add(1)))
    refused = [one for one in done if isinstance(one, Refused)]
    assert [one.code for one in refused] == [Code.ALREADY_EXISTS]
