"""Every call leaves its record, and pays where it is accepted."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.agent import AddAgent
from domain.application import ATTEMPTS, ToolCall, Wish
from domain.budget import SetLimit
from domain.caller import Caller
from domain.department import AddDepartment
from domain.fact import Attribution
from domain.permissions import Role
from domain.refusals import Code, Refused
from domain.ticket.commands import AddTags, PostponeTicket, RemoveTags, ResolveTicket
from tests.application.process import (
    CLIENT,
    INSIDE,
    OLGA,
    Codes,
    Log,
    Process,
    answer,
    called,
    process,
    settled,
)
from tests.known import ANA, BEN, NOW, OPENED, TICKET, TICKET_ID

pytestmark = pytest.mark.anyio

TAG = AddTags(ticket_id=TICKET, tags=("vip",))


async def test_an_action_its_record_and_its_charge_are_one(here: Process, log: Log) -> None:
    secret = await here.generate(ANA)
    ana = await here.identify(secret)
    call = called(TAG)
    await here.helpdesk.act(ana, call, [Wish(TAG)], None, answer)
    (_, tagged), (_, recorded) = log.events()[-2:]
    assert tagged.fact.topic == "ticket.tags_added"
    assert tagged.envelope == recorded.envelope
    assert recorded.envelope.call == recorded.originator_id == call.id
    assert recorded.envelope.by == Attribution(
        via="token", agent=ANA, role="agent", credential=secret.token, client=CLIENT, ip="192.0.2.7"
    )
    assert (tagged.originator_version, recorded.originator_version) == (2, 1)
    assert log.calls()[call.id].ticket == TICKET_ID
    assert log.outcomes() == [("ok", 1)]
    assert log.used() == 1


async def test_a_refused_action_is_recorded_and_free(here: Process, log: Log) -> None:
    ana = await here.sign_in(ANA)
    nowhere = AddTags(ticket_id=str(uuid4()), tags=("vip",))
    with pytest.raises(Refused):
        await here.act(ana, nowhere)
    with pytest.raises(Refused):
        await here.act(ana, AddTags(ticket_id="ABC-00000", tags=("vip",)))
    assert log.outcomes() == [("not_found", 0)] * 2
    assert log.used() == 0


async def test_a_call_refused_beforehand_is_recorded_as_it_is_said(here: Process, log: Log) -> None:
    ana = await here.sign_in(ANA)
    refusal = Refused(Code.INVALID_ARGUMENTS, "No.")
    for outcome in (None, "unknown_tool"):
        with pytest.raises(Refused, match=r"No\."):
            await here.helpdesk.refuse(ana, ToolCall(uuid4(), "x", {"y": 1}), refusal, outcome)
    assert log.outcomes() == [("invalid_arguments", 0), ("unknown_tool", 0)]
    assert [call.arguments for call in log.calls().values()] == [{"y": 1}] * 2


async def test_without_budget_only_the_unpaid_record_is_stored(here: Process, log: Log) -> None:
    ana = await here.sign_in(ANA)
    await here.execute(SetLimit(limit=0))
    with pytest.raises(Refused) as refused:
        await here.act(ana, TAG)
    assert refused.value.code is Code.BUDGET_EXHAUSTED
    assert set(refused.value.details) == {"limit", "used", "resets_at"}
    assert log.outcomes() == [("budget_exhausted", 0)]
    assert log.topics() == ["ticket.opened"]
    (record,) = log.calls().values()
    assert record.ticket == TICKET_ID
    assert log.events()[-1].event.originator_version == 1


async def test_a_query_without_budget_keeps_its_answer(here: Process, log: Log) -> None:
    async def query(_caller: Caller) -> tuple[Any, UUID | None]:
        return "what nobody paid for", TICKET_ID

    ana = await here.sign_in(ANA)
    await here.execute(SetLimit(limit=0))
    with pytest.raises(Refused) as refused:
        await here.helpdesk.read(ana, ToolCall(uuid4(), "get_tags", {}), query)
    assert refused.value.code is Code.BUDGET_EXHAUSTED
    assert log.outcomes() == [("budget_exhausted", 0)]


async def test_a_refusal_is_told_whatever_the_budget(here: Process, log: Log) -> None:
    ana = await here.sign_in(ANA)
    await here.execute(SetLimit(limit=0))
    with pytest.raises(Refused) as refused:
        await here.act(ana, AddTags(ticket_id=str(uuid4()), tags=("vip",)))
    assert refused.value.code is Code.NOT_FOUND
    assert log.outcomes() == [("not_found", 0)]


async def test_a_limit_is_hit_exactly(here: Process, there: Process, log: Log) -> None:
    await here.execute(SetLimit(limit=5))
    secret = await here.generate(ANA)
    callers = [(it, await it.identify(secret)) for it in (here, there) for _ in range(6)]
    await settled(
        *(
            it.act(bearer, AddTags(ticket_id=TICKET, tags=(f"tag {number}",)))
            for number, (it, bearer) in enumerate(callers)
        )
    )
    assert sorted(log.outcomes()) == [("budget_exhausted", 0)] * 7 + [("ok", 1)] * 5
    assert log.topics() == ["ticket.opened"] + ["ticket.tags_added"] * 5
    assert log.used() == 5


async def test_who_is_overtaken_every_time_is_told_so_and_recorded(
    here: Process, founded: str, log: Log
) -> None:
    toggle = [AddTags(ticket_id=TICKET, tags=("on",)), RemoveTags(ticket_id=TICKET, tags=("on",))]
    codes = Codes()
    rounds = 0

    async def overtake() -> None:
        nonlocal rounds
        await here.execute(toggle[rounds % 2])
        rounds += 1

    async with process(founded, codes) as slow:
        ana = await slow.sign_in(ANA)
        await slow.act(ana, TAG)
        codes.before = overtake
        with pytest.raises(Refused) as refused:
            await slow.act(ana, ResolveTicket(ticket_id=OPENED.code))
    assert refused.value.code is Code.CONFLICT
    assert rounds == ATTEMPTS
    assert log.outcomes() == [("ok", 1), ("conflict", 0)]


async def test_what_is_done_inside_the_house_is_neither_charged_nor_a_call(
    here: Process, log: Log
) -> None:
    await here.execute(TAG)
    assert log.events()[-1].event.envelope.by == Attribution(via="cli")
    assert log.calls() == {}
    assert log.used() == 0


async def test_what_happened_earlier_tells_both_times(here: Process, log: Log) -> None:
    resolve = ResolveTicket(ticket_id=TICKET)
    await here.helpdesk.execute(INSIDE, Wish(TAG, happened_at=NOW), Wish(resolve))
    (_, tagged), (_, resolved) = log.events()[-2:]
    assert (tagged.envelope.happened_at, resolved.envelope.happened_at) == (NOW, None)
    assert tagged.envelope.recorded_at == resolved.envelope.recorded_at > NOW


async def test_commands_together_are_carried_out_all_or_none(here: Process, log: Log) -> None:
    resolve = ResolveTicket(ticket_id=TICKET)
    with pytest.raises(Refused):
        await here.execute(TAG, resolve, PostponeTicket(ticket_id=TICKET))
    assert log.topics() == ["ticket.opened"]
    await here.execute(TAG, resolve)
    assert log.topics() == ["ticket.opened", "ticket.tags_added", "ticket.resolved"]


async def test_commands_together_are_for_one_stream(here: Process, log: Log) -> None:
    end = log.events()[-1].position
    with pytest.raises(ValueError, match="one stream"):
        await here.execute(
            AddDepartment(department=UUID(int=14), name="Sales"),
            AddDepartment(department=UUID(int=15), name="Press"),
        )
    assert log.events()[-1].position == end


async def test_a_stream_taken_for_new_that_is_not_stays_as_it_is(here: Process, log: Log) -> None:
    again = AddAgent(agent=BEN, name="Ben", role=Role.OWNER, email="ben@desk.example")
    end = log.events()[-1].position
    settled = await here.helpdesk.execute(INSIDE, Wish(again), new=True)
    assert not settled.answer.changed
    assert log.events()[-1].position == end


async def test_what_a_client_asked_before_it_hung_up_is_done(here: Process, log: Log) -> None:
    ana, olga = await here.sign_in(ANA), await here.sign_in(OLGA)
    await here.act(ana, TAG)
    hung_up = asyncio.create_task(here.act(ana, AddTags(ticket_id=TICKET, tags=("lid",))))
    await asyncio.sleep(0)  # it has come to where it waits for the commit
    hung_up.cancel()
    later = await here.act(olga, AddTags(ticket_id=TICKET, tags=("late",)))
    assert hung_up.cancelled()
    assert later.answer["tags"] == ["vip", "lid", "late"]
    assert log.outcomes() == [("ok", 1)] * 3


async def test_no_secret_reaches_the_log(here: Process, log: Log) -> None:
    secret = await here.generate(ANA)
    await here.act(await here.identify(secret), TAG, "k")
    assert secret.text not in repr(log.events())
    assert secret.text[len("dl_pat_") : -4] not in repr(log.events())
