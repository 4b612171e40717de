"""Under an idempotency key an action is done once and answered alike."""

from uuid import uuid4

import pytest
from msgspec.structs import replace

from domain.application import ToolCall
from domain.budget import SetLimit
from domain.proposal import digest_of
from domain.refusals import Code, Refused
from domain.ticket.commands import AddTags, RemoveTags, ReopenTicket, ResolveTicket
from tests.application.process import LIMIT, Codes, Log, Process, process, settled
from tests.known import ANA, BEN, OPENED, TICKET, TICKET_ID

pytestmark = pytest.mark.anyio

TAG = AddTags(ticket_id=TICKET, tags=("vip",))
UNTAG = RemoveTags(ticket_id=TICKET, tags=("vip",))
RESOLVE = ResolveTicket(ticket_id=TICKET)
REOPEN = ReopenTicket(ticket_id=TICKET)


async def test_a_retry_gets_the_first_answer_whatever_happened_since(
    here: Process, log: Log
) -> None:
    ana = await here.sign_in(ANA)
    first = await here.act(ana, TAG, "k")
    await here.act(ana, UNTAG)
    again = await here.act(ana, TAG, "k")
    assert again.replayed
    assert again.answer == first.answer == {"changed": True, "status": "N", "tags": ["vip"]}
    assert log.topics() == ["ticket.opened", "ticket.tags_added", "ticket.tags_removed"]


async def test_a_replay_is_free_and_its_record_names_the_first_call(
    here: Process, log: Log
) -> None:
    ana = await here.sign_in(ANA)
    for _ in range(3):
        await here.act(ana, TAG, "k")
    assert log.outcomes() == [("ok", 1), ("replayed", 0), ("replayed", 0)]
    assert log.used() == 1
    (first, _), *replays = log.calls().items()
    assert [replay.original for _, replay in replays] == [first, first]
    assert {call.ticket for call in log.calls().values()} == {TICKET_ID}


async def test_other_arguments_under_a_used_key_are_refused(here: Process, log: Log) -> None:
    ana = await here.sign_in(ANA)
    await here.act(ana, TAG, "k")
    for other in (replace(TAG, tags=("lid",)), UNTAG):
        with pytest.raises(Refused) as refused:
            await here.act(ana, other, "k")
        assert refused.value.code is Code.IDEMPOTENCY_CONFLICT
    assert log.outcomes() == [("ok", 1), ("idempotency_conflict", 0), ("idempotency_conflict", 0)]
    # What the key was for need not be what these calls are about.
    assert [call.ticket for call in log.calls().values()] == [TICKET_ID, None, None]
    assert log.topics() == ["ticket.opened", "ticket.tags_added"]


async def test_each_agent_has_keys_of_their_own(here: Process, log: Log) -> None:
    ana, ben = await here.sign_in(ANA), await here.sign_in(BEN)
    await here.act(ana, TAG, "k")
    theirs = await here.act(ben, UNTAG, "k")
    assert theirs.changed
    assert log.outcomes() == [("ok", 1), ("ok", 1)]


async def test_an_agents_credentials_share_the_keys(here: Process) -> None:
    await here.act(await here.sign_in(ANA), TAG, "k")
    assert (await here.act(await here.sign_in(ANA), TAG, "k")).replayed


async def test_a_refusal_claims_nothing(here: Process, log: Log) -> None:
    ana = await here.sign_in(ANA)
    with pytest.raises(Refused):
        await here.act(ana, REOPEN, "k")
    await here.act(ana, RESOLVE)
    assert (await here.act(ana, REOPEN, "k")).changed
    assert log.outcomes() == [("invalid_transition", 0), ("ok", 1), ("ok", 1)]


async def test_a_call_without_budget_claims_nothing(here: Process) -> None:
    ana = await here.sign_in(ANA)
    await here.execute(SetLimit(limit=0))
    with pytest.raises(Refused) as refused:
        await here.act(ana, TAG, "k")
    assert refused.value.code is Code.BUDGET_EXHAUSTED
    await here.execute(SetLimit(limit=LIMIT))
    assert (await here.act(ana, TAG, "k")).changed


async def test_a_replay_needs_no_budget(here: Process) -> None:
    ana = await here.sign_in(ANA)
    await here.act(ana, TAG, "k")
    await here.execute(SetLimit(limit=0))
    assert (await here.act(ana, TAG, "k")).replayed


async def test_what_changed_nothing_is_repeated_too(here: Process) -> None:
    ana = await here.sign_in(ANA)
    await here.act(ana, TAG)
    first = await here.act(ana, TAG, "k")
    await here.act(ana, UNTAG)
    again = await here.act(ana, TAG, "k")
    assert again.replayed
    assert again.answer == first.answer == {"changed": False, "status": "N", "tags": ["vip"]}


async def test_a_retry_may_come_to_another_process(here: Process, there: Process) -> None:
    secret = await here.generate(ANA)
    first = await here.act(await here.identify(secret), TAG, "k")
    again = await there.act(await there.identify(secret), TAG, "k")
    assert again.replayed
    assert again.answer == first.answer


async def test_of_many_at_once_one_acts(here: Process, there: Process, log: Log) -> None:
    secret = await here.generate(ANA)
    bearers = [(it, await it.identify(secret)) for it in (here, there) for _ in range(8)]
    done = await settled(*(it.act(bearer, RESOLVE, "k") for it, bearer in bearers))
    assert [one.answer["status"] for one in done] == ["R"] * 16
    assert sorted(one.replayed for one in done) == [False] + [True] * 15
    assert log.topics() == ["ticket.opened", "ticket.resolved"]
    assert log.used() == 1


async def test_a_retry_that_overtakes_is_not_refused_for_what_its_first_attempt_did(
    here: Process, founded: str
) -> None:
    """The first attempt commits between the retry's look at its key and its look at the ticket."""
    secret = await here.generate(ANA)
    ana = await here.identify(secret)
    by_code = ResolveTicket(ticket_id=OPENED.code)
    codes = Codes()

    async def first_attempt() -> None:
        codes.before = None
        await here.act(ana, by_code, "k")

    async with process(founded, codes) as late:
        bearer = await late.identify(secret)
        codes.before = first_attempt
        again = await late.act(bearer, by_code, "k")
    assert again.replayed
    assert again.answer["status"] == "R"


def test_the_key_and_the_order_of_arguments_make_no_difference() -> None:
    one = {"ticket_id": TICKET, "tags": ["vip"], "idempotency_key": "k"}
    other = {"tags": ["vip"], "ticket_id": TICKET}
    assert digest_of(ToolCall(uuid4(), "add_tags", one)) == digest_of(
        ToolCall(uuid4(), "add_tags", other)
    )


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("remove_tags", {"ticket_id": TICKET, "tags": ["vip"]}), ("add_tags", {"ticket_id": TICKET})],
)
def test_the_tool_and_each_argument_make_a_difference(tool: str, arguments: dict[str, str]) -> None:
    asked = ToolCall(uuid4(), "add_tags", {"ticket_id": TICKET, "tags": ["vip"]})
    assert digest_of(ToolCall(uuid4(), tool, arguments)) != digest_of(asked)
