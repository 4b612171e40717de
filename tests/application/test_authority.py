"""What was decided under rights that are over by now is decided again, or not at all."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.access_tokens import two_years_after
from domain.agent import ChangeDepartments, ChangeRole, DeactivateAgent
from domain.application import ToolCall, Unauthorized, Wish
from domain.budget import SetLimit
from domain.caller import Caller
from domain.permissions import Role
from domain.refusals import Code, Refused
from domain.secret import ACCESS_TOKEN, encode_secret
from domain.ticket.commands import AddTags
from tests.application.process import CLIENT, OLGA, Log, Process, answer, process
from tests.known import ANA, BEN, BILLING, TICKET, TICKET_ID

pytestmark = pytest.mark.anyio

TAG = AddTags(ticket_id=TICKET, tags=("vip",))
ANOTHER = AddTags(ticket_id=TICKET, tags=("lid",))
MOVE_ANA = ChangeDepartments(agent=ANA, departments=(BILLING,))


async def test_a_role_that_was_narrowed_elsewhere_narrows_the_next_call(
    here: Process, there: Process, log: Log
) -> None:
    olga = await here.sign_in(OLGA)
    await here.act(olga, TAG)
    await there.execute(ChangeRole(agent=BEN, role=Role.OWNER))
    await there.execute(ChangeRole(agent=OLGA, role=Role.AGENT))
    with pytest.raises(Refused) as refused:
        await here.act(olga, ANOTHER)
    assert refused.value.code is Code.NOT_FOUND
    assert log.outcomes() == [("ok", 1), ("not_found", 0)]
    roles = [it.event.envelope.by.role for it in log.events() if it.event.envelope.call]
    assert roles == ["owner", "owner", "agent"]


async def test_a_refusal_under_old_rights_is_decided_again(
    here: Process, there: Process, log: Log
) -> None:
    await there.execute(MOVE_ANA)
    ana = await here.sign_in(ANA)
    await there.execute(ChangeRole(agent=ANA, role=Role.ADMIN))
    assert (await here.act(ana, TAG)).changed
    assert log.outcomes() == [("ok", 1)]


async def test_a_refusal_under_old_rights_outside_tool_calls_is_decided_again(
    here: Process, there: Process
) -> None:
    ana = await here.sign_in(ANA)
    await there.execute(ChangeRole(agent=ANA, role=Role.ADMIN))
    settled = await here.helpdesk.execute(ana, Wish(SetLimit(limit=7)))
    assert settled.budget.limit == 7


async def test_outside_tool_calls_permission_is_needed_as_well(here: Process, log: Log) -> None:
    ana = await here.sign_in(ANA)
    end = log.events()[-1].position
    with pytest.raises(Refused) as refused:
        await here.helpdesk.execute(ana, Wish(ChangeRole(agent=ANA, role=Role.OWNER)))
    assert refused.value.code is Code.PERMISSION_DENIED
    assert log.events()[-1].position == end


async def test_a_tool_that_takes_more_than_the_role_allows_is_refused_and_recorded(
    here: Process, log: Log
) -> None:
    ana = await here.sign_in(ANA)
    call, promote = ToolCall(uuid4(), "x", {}), ChangeRole(agent=ANA, role=Role.OWNER)
    with pytest.raises(Refused):
        await here.helpdesk.act(ana, call, [Wish(promote)], None, answer)
    assert log.outcomes() == [("permission_denied", 0)]


async def test_who_left_the_department_finds_no_ticket(here: Process, there: Process) -> None:
    ana = await here.sign_in(ANA)
    await here.act(ana, TAG)
    await there.execute(MOVE_ANA)
    with pytest.raises(Refused) as refused:
        await here.act(ana, ANOTHER)
    assert refused.value.code is Code.NOT_FOUND


async def test_a_revoked_token_leaves_no_record_after_its_revocation(
    here: Process, there: Process, log: Log
) -> None:
    secret, other = await here.generate(ANA), await here.sign_in(ANA)
    ana = await here.identify(secret)
    await here.act(ana, TAG)
    await there.revoke(secret)
    end = log.events()[-1].position
    with pytest.raises(Unauthorized):
        await here.act(ana, ANOTHER)
    with pytest.raises(Unauthorized):
        await here.identify(secret)
    assert log.events()[-1].position == end
    assert (await here.act(other, ANOTHER)).changed


async def test_an_agent_deactivated_elsewhere_is_out(
    here: Process, there: Process, log: Log
) -> None:
    secret = await here.generate(ANA)
    ana = await here.identify(secret)
    await there.execute(DeactivateAgent(agent=ANA))
    end = log.events()[-1].position
    with pytest.raises(Unauthorized):
        await here.act(ana, TAG)
    with pytest.raises(Unauthorized):
        await there.identify(secret)
    assert log.events()[-1].position == end


async def test_a_query_under_old_rights_is_made_again(
    here: Process, there: Process, log: Log
) -> None:
    ana = await here.sign_in(ANA)
    await there.execute(MOVE_ANA)
    asked: list[frozenset[UUID]] = []

    async def departments(caller: Caller) -> tuple[Any, UUID | None]:
        asked.append(caller.departments)
        return caller.departments, TICKET_ID

    settled = await here.helpdesk.read(ana, ToolCall(uuid4(), "get_tags", {}), departments)
    assert len(asked) == 2
    assert settled.answer == {BILLING}
    assert log.outcomes() == [("ok", 1)]


async def test_a_token_is_over_by_the_clock_of_the_append(founded: str, log: Log) -> None:
    almost_two_years_ago = datetime.now(UTC) - timedelta(days=735)
    async with process(founded, now=lambda: almost_two_years_ago) as slow:
        ana = await slow.sign_in(ANA)
        end = log.events()[-1].position
        with pytest.raises(Unauthorized):
            await slow.act(ana, TAG)
    assert log.events()[-1].position == end


async def test_a_token_is_let_in_until_its_time_comes(founded: str) -> None:
    now = [datetime.now(UTC) - timedelta(days=735)]
    async with (
        process(founded, now=lambda: now[0]) as one,
        process(founded, now=lambda: now[0]) as two,
    ):
        secret = await one.generate(ANA)
        now[0] = two_years_after(now[0]) - timedelta(microseconds=1)
        await one.identify(secret)
        now[0] += timedelta(microseconds=1)
        with pytest.raises(Unauthorized):
            await one.identify(secret)  # from memory
        with pytest.raises(Unauthorized):
            await two.identify(secret)  # from the log


async def test_answers_that_append_nothing_can_be_confirmed(here: Process, there: Process) -> None:
    secret = await here.generate(ANA)
    ana = await here.identify(secret)
    await ana.confirm()
    await there.execute(MOVE_ANA)
    await ana.confirm()
    assert ana.caller.departments == {BILLING}
    assert ana.caller.by.client == CLIENT
    await there.revoke(secret)
    with pytest.raises(Unauthorized):
        await ana.confirm()


@pytest.mark.parametrize("text", ["", "Bearer", encode_secret(ACCESS_TOKEN, bytes(32))])
async def test_what_nobody_was_given_opens_nothing(here: Process, text: str) -> None:
    with pytest.raises(Unauthorized):
        await here.authenticator.identify(text, None, None)
