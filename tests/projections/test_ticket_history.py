"""A ticket's history: a line for each fact, page by page."""

from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
import pytest

from domain.access_tokens import Generated
from domain.call import CallRecorded
from domain.fact import Attribution, Client, Via
from domain.refusals import Code, Refused
from domain.ticket import facts as ticket
from domain.ticket.words import Author, AuthorKind, Status
from projections.history import ActivityLine, HistoryFilter
from projections.views import Views
from tests.known import ANA, BEN, BILLING, NOW, STAFF, SUPPORT, caller_of
from tests.projections.book import ALL, Desk, Shown

pytestmark = pytest.mark.anyio

LATER = NOW + timedelta(hours=1)
TOKEN = UUID(int=500)


def through(via: Via) -> Attribution:
    return Attribution(
        via=via, agent=ANA, role="agent", credential=TOKEN, client=Client("Claude", "2.1"), ip="::1"
    )


def desk_with_token() -> Desk:
    desk = Desk()
    generated = Generated(
        token=TOKEN, agent=ANA, digest="ab" * 32, mask="dl_pat_…Ab3x", expires_at=LATER
    )
    desk.write(UUID(int=9), generated)
    return desk


async def lines(views: Views, key: UUID, **asked: Any) -> list[ActivityLine]:
    return (await views.list_activity(ALL, str(key), **asked)).activity


async def test_a_line_tells_who_did_what_when_and_by_which_way(shown: Shown) -> None:
    desk = desk_with_token()
    key = desk.open(1)
    call = UUID(int=77)
    desk.write(
        key,
        ticket.Resolved(was=Status.NEW),
        by=through("token"),
        at=LATER,
        happened_at=NOW,
        call=call,
    )
    line, _ = await lines(await shown.show(desk), key)
    assert msgspec.to_builtins(line) == {
        "position": desk.log[-1].position,
        "at": NOW.isoformat().replace("+00:00", "Z"),
        "recorded_at": LATER.isoformat().replace("+00:00", "Z"),
        "topic": "ticket.resolved",
        "sentence": "Ana resolved this ticket",
        "via": "token",
        "through": "via Claude (token …Ab3x)",
        "change": {"was": "N"},
        "before": "new",
        "after": "resolved",
        "agent": {"id": str(ANA), "name": "Ana"},
        "role": "agent",
        "client": {"name": "Claude", "version": "2.1"},
        "credential": {"id": str(TOKEN), "mask": "dl_pat_…Ab3x"},
        "call": str(call),
    }


async def test_what_an_app_did_is_told_with_the_app_and_the_consent_it_had(shown: Shown) -> None:
    desk = Desk()
    key = desk.open(1)
    consent, client_id = UUID(int=700), "https://claude.example/oauth/client.json"
    app = Attribution(
        via="app",
        agent=ANA,
        role="agent",
        credential=consent,
        client=Client("Claude", "2.1", client_id),
    )
    desk.write(key, ticket.Resolved(was=Status.NEW), by=app)
    line, _ = await lines(await shown.show(desk), key)
    assert (line.sentence, line.via, line.through) == (
        "Ana resolved this ticket",
        "app",
        "via Claude",
    )
    assert msgspec.to_builtins([line.client, line.credential]) == [
        {"name": "Claude", "version": "2.1", "id": client_id},
        {"id": str(consent)},
    ]


async def test_what_the_house_did_names_nobody(shown: Shown) -> None:
    desk = Desk()
    key = desk.open(1)
    (line,) = await lines(await shown.show(desk), key)
    assert (line.agent, line.role, line.client, line.credential) == (msgspec.UNSET,) * 4
    assert (line.sentence, line.through) == ("Kim opened this ticket", "by the system")


async def test_the_sentence_is_the_same_whatever_the_way(shown: Shown) -> None:
    desk = desk_with_token()
    key = desk.open(1)
    for via in ("token", "rest", "panel"):
        desk.write(key, ticket.TagsAdded(tags=(via,)), by=through(via))
    told = await lines(await shown.show(desk), key, order="asc")
    assert [(line.sentence, line.through) for line in told[1:]] == [
        ("Ana added the tag “token”", "via Claude (token …Ab3x)"),
        ("Ana added the tag “rest”", "via REST (Claude, token …Ab3x)"),
        ("Ana added the tag “panel”", "in the panel"),
    ]


async def test_those_whom_a_fact_mentions_are_named(shown: Shown) -> None:
    desk = Desk()
    key = desk.open(1)
    desk.write(key, ticket.Assigned(agent=ANA))
    desk.write(key, ticket.Assigned(agent=BEN, was=ANA))
    desk.write(key, ticket.Transferred(department=BILLING, was=SUPPORT))
    desk.write(key, ticket.Unassigned(was=BEN))
    desk.say(key, "Done.", Author(kind=AuthorKind.AGENT, id=ANA))
    told = await lines(await shown.show(desk), key, order="asc")
    assert [line.sentence for line in told[1:]] == [
        "The system assigned this ticket to Ana",
        "The system assigned this ticket to Ben (before: Ana)",
        "The system moved this ticket from Support to Billing",
        "The system unassigned Ben",
        "Ana wrote a message",
    ]


async def test_what_was_written_is_not_repeated_and_what_is_shown_is_clean(shown: Shown) -> None:
    desk = Desk()
    key = desk.open(1, "A\u202eB")
    desk.say(key, "Nobody else may see this.", STAFF)
    message, opened = await lines(await shown.show(desk), key)
    assert opened.change["subject"] == "AB"
    assert message.change.keys() == {"message", "author"}


async def test_calls_are_no_part_of_a_tickets_history(shown: Shown) -> None:
    desk = Desk()
    key = desk.open(1)
    desk.write(UUID(int=8), CallRecorded(tool="get_tags", arguments={}, outcome="ok", ticket=key))
    desk.open(2)
    assert len(await lines(await shown.show(desk), key)) == 1


async def test_a_line_tells_where_the_ticket_stood_before_and_stands_after(shown: Shown) -> None:
    desk = Desk()
    key = desk.open(1, "Turning", "Hello?")
    answer, reply = Author(kind=AuthorKind.AGENT, id=ANA), Author(kind=AuthorKind.CUSTOMER)
    for number, fact in enumerate(
        (
            ticket.MessageAdded(
                message=UUID(int=801), author=answer, body="Yes?", status=Status.ANSWERED
            ),
            ticket.TagsAdded(tags=("x",)),
            ticket.MessageAdded(message=UUID(int=802), author=reply, body="No", status=Status.OPEN),
            ticket.Resolved(was=Status.OPEN),
            ticket.Reopened(),
            ticket.Postponed(was=Status.OPEN),
            ticket.MessageAdded(message=UUID(int=803), author=reply, body="?", status=Status.OPEN),
        )
    ):
        desk.write(key, fact, call=UUID(int=900 + number))
    call = CallRecorded(tool="x", arguments={}, outcome="ok", ticket=key)
    desk.write(UUID(int=8), call, call=UUID(int=906))
    told = await lines(await shown.show(desk), key, order="asc")
    assert [(line.before, line.after) for line in told[2:]] == [
        ("new", "answered"),
        (msgspec.UNSET, msgspec.UNSET),
        ("answered", "open"),
        ("open", "resolved"),
        ("resolved", "open"),
        ("open", "postponed"),
        ("postponed", "open"),
    ]
    assert [line.call_position for line in told[2:]] == [msgspec.UNSET] * 6 + [
        desk.log[-1].position
    ]


async def test_a_history_is_narrowed_by_way_client_and_kind(shown: Shown) -> None:
    desk = desk_with_token()
    key, other = desk.open(1), desk.open(2)
    named = Attribution(via="token", agent=ANA, client=Client("Cursor"))
    for number in range(3):
        desk.write(key, ticket.TagsAdded(tags=(f"token {number}",)), by=through("token"))
        desk.write(key, ticket.TagsAdded(tags=(f"panel {number}",)), by=through("panel"))
    desk.write(key, ticket.Resolved(was=Status.NEW), by=named)
    desk.write(other, ticket.TagsAdded(tags=("theirs",)), by=through("app"))
    views = await shown.show(desk)

    async def told(**wanted: Any) -> list[str]:
        found = await lines(views, key, wanted=HistoryFilter(**wanted))
        return [line.sentence.rpartition(" ")[2].strip("“”") for line in found]

    assert await told(ways=("token", "app")) == ["ticket", "2", "1", "0"]
    assert await told(client="Claude", ways=("token", "panel")) == ["2", "1", "0"]
    assert await told(client="Cursor", topics=("ticket.tags_added",)) == []
    assert await told(topics=("ticket.resolved", "ticket.opened")) == ["ticket", "ticket"]
    assert await views.list_ticket_clients(ALL, str(key)) == ["Claude", "Cursor"]
    assert await views.list_ticket_clients(ALL, str(other)) == ["Claude"]


async def test_a_cursor_of_a_history_belongs_to_its_filter(shown: Shown) -> None:
    desk = Desk()
    key = desk.open(1, "Narrowed", *"abcde")
    views = await shown.show(desk)
    wanted = HistoryFilter(topics=("ticket.message_added",))
    page = await views.list_activity(ALL, str(key), wanted=wanted, limit=3)
    assert page.next_cursor
    rest = await views.list_activity(ALL, str(key), wanted=wanted, cursor=page.next_cursor)
    assert (len(page.activity), len(rest.activity)) == (3, 2)
    with pytest.raises(Refused, match="cursor"):
        await lines(views, key, cursor=page.next_cursor)


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_a_walk_meets_each_line_once_while_others_write(
    shown: Shown, order: Literal["asc", "desc"]
) -> None:
    desk = Desk()
    key = desk.open(1, "Walked", *(f"Message {number}" for number in range(9)))
    there = [position for position, event in desk.log if event.originator_id == key]
    met: list[int] = []
    cursor = None
    while True:
        views = await shown.show(desk)
        page = await views.list_activity(ALL, str(key), cursor=cursor, limit=3, order=order)
        met += [line.position for line in page.activity]
        if not page.next_cursor:
            break
        cursor = page.next_cursor
        if len(met) < 9:
            desk.say(key, "One more.")
    assert met == sorted(set(met), reverse=order == "desc")
    assert set(met) >= set(there)


async def test_a_cursor_belongs_to_its_ticket_and_order(shown: Shown) -> None:
    desk = Desk()
    one, other = desk.open(1, "One", "Hello?", "Hello?"), desk.open(2, "Other", "Hello?")
    views = await shown.show(desk)
    cursor = (await views.list_activity(ALL, str(one), limit=1)).next_cursor
    assert cursor
    for key, order in ((other, "desc"), (one, "asc")):
        with pytest.raises(Refused) as refused:
            await lines(views, key, cursor=cursor, order=order)
        assert refused.value.code is Code.INVALID_ARGUMENTS


async def test_the_history_of_a_ticket_that_one_may_not_see_does_not_exist(shown: Shown) -> None:
    desk = Desk()
    key = desk.open(1)
    views = await shown.show(desk)
    stranger = caller_of(BEN, departments=[BILLING])
    sentences: set[str] = set()
    for caller, reference in ((stranger, str(key)), (ALL, "XXX-00000")):
        with pytest.raises(Refused) as refused:
            await views.list_activity(caller, reference)
        assert refused.value.code is Code.NOT_FOUND
        sentences.add(refused.value.sentence.replace(reference, ""))
        with pytest.raises(Refused):
            await views.list_ticket_clients(caller, reference)
    assert len(sentences) == 1
