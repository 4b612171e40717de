"""What is asked of one ticket, of the directory and of tokens: who sees it and what it says."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain import access_tokens, agent
from domain.caller import Caller, insider
from domain.permissions import Role
from domain.refusals import Code, Refused
from domain.ticket import facts as ticket
from domain.ticket.words import Channel, Priority, Status, code_of
from projections.metadata import Named, Requester
from projections.tags import TagLine
from projections.views import Views
from tests.known import ANA, BEN, BILLING, CONTACT, NOW, SUPPORT, caller_of
from tests.projections.book import ALL, Desk, Shown

pytestmark = pytest.mark.anyio

ANA_SEES_SUPPORT = caller_of(ANA, departments=[SUPPORT])
LATER = NOW + timedelta(hours=1)

QUESTIONS: dict[str, Callable[[Views, Caller, str], Awaitable[Any]]] = {
    "metadata": Views.get_ticket_metadata,
    "context": Views.get_ticket_context,
    "messages": Views.get_ticket_messages,
    "one message": lambda views, caller, it: views.get_ticket_messages(
        caller, it, message_id=UUID(int=1)
    ),
    "tags": Views.get_tags,
}


async def test_metadata_says_how_the_ticket_stands(shown: Shown) -> None:
    desk = Desk()
    it = desk.open(1, "Late parcel", "Where is it?", tags=("VIP",), priority=Priority.HIGH)
    desk.write(it, ticket.Assigned(agent=ANA), ticket.Resolved(was=Status.NEW), at=LATER)
    views = await shown.show(desk)
    found = await views.get_ticket_metadata(ALL, str(it))
    assert msgspec.structs.asdict(found) == {
        "id": it,
        "code": code_of(1),
        "subject": "Late parcel",
        "status": Status.RESOLVED,
        "status_name": "resolved",
        "priority": Priority.HIGH,
        "channel": Channel.EMAIL,
        "department": Named(SUPPORT, "Support"),
        "requester": Requester(CONTACT, "Kim", "kim@customer.example"),
        "tags": ["VIP"],
        "message_count": 1,
        "created_at": NOW,
        "changed_at": LATER,
        "agent": Named(ANA, "Ana"),
        "last_message_at": NOW,
        "resolved_at": LATER,
    }


async def test_what_a_ticket_lacks_is_left_out_of_the_answer(shown: Shown) -> None:
    desk = Desk()
    views = desk.open(1) and await shown.show(desk)
    found = msgspec.json.encode(await views.get_ticket_metadata(ALL, code_of(1)))
    assert not {"agent", "last_message_at", "resolved_at"} & set(msgspec.json.decode(found))


async def test_times_are_told_in_utc(shown: Shown) -> None:
    desk = Desk()
    views = desk.open(1) and await shown.show(desk)
    found = msgspec.json.encode(await views.get_ticket_metadata(ALL, code_of(1)))
    assert b'"created_at":"2026-03-04T05:06:07Z"' in found


async def test_a_ticket_is_found_by_its_id_or_its_code_as_people_write_them(shown: Shown) -> None:
    desk = Desk()
    it = desk.open(1)
    views = await shown.show(desk)
    for reference in (str(it), str(it).upper(), it.hex, code_of(1), f" {code_of(1).lower()} "):
        assert (await views.get_ticket_metadata(ALL, reference)).id == it
    for _ in range(2):
        assert await views.find_ticket(code_of(1)) == it
    assert await views.find_ticket(code_of(2)) is None


async def test_a_code_is_found_once_its_ticket_is_there(shown: Shown) -> None:
    desk = Desk()
    views = await shown.show(desk)
    assert await views.find_ticket(code_of(1)) is None
    it = desk.open(1)
    await shown.show(desk)
    assert await views.find_ticket(code_of(1)) == it


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_ticket_of_another_department_does_not_exist(shown: Shown, question: str) -> None:
    desk = Desk()
    it = desk.open(1, department=BILLING)
    views = await shown.show(desk)
    answers: list[str] = []
    for reference in (code_of(1), str(it), code_of(2), "no such thing"):
        with pytest.raises(Refused) as refused:
            await QUESTIONS[question](views, ANA_SEES_SUPPORT, reference)
        assert refused.value.code is Code.NOT_FOUND
        answers.append(refused.value.sentence.replace(repr(reference), "…"))
    assert len(set(answers)) == 1


@pytest.mark.parametrize("question", [name for name in QUESTIONS if name != "one message"])
@pytest.mark.parametrize(
    "caller",
    [ANA_SEES_SUPPORT, caller_of(BEN, Role.ADMIN), insider("cli")],
    ids=["a member", "an admin", "the command line"],
)
async def test_a_ticket_is_seen_by_its_department_and_by_those_who_see_all(
    shown: Shown, question: str, caller: Caller
) -> None:
    desk = Desk()
    desk.open(1)
    await QUESTIONS[question](await shown.show(desk), caller, code_of(1))


async def test_a_transferred_ticket_is_seen_by_its_new_department_only(shown: Shown) -> None:
    desk = Desk()
    it = desk.open(1)
    desk.write(it, ticket.Transferred(department=BILLING, was=SUPPORT))
    views = await shown.show(desk)
    assert await views.get_ticket_metadata(caller_of(BEN, departments=[BILLING]), code_of(1))
    with pytest.raises(Refused):
        await views.get_ticket_metadata(ANA_SEES_SUPPORT, code_of(1))


async def test_tags_are_listed_in_the_order_they_came_with_who_added_them(shown: Shown) -> None:
    desk = Desk()
    it = desk.open(1, tags=("vip",))
    desk.write(it, ticket.TagsAdded(tags=("Late", "again")), at=LATER, by=ANA_SEES_SUPPORT.by)
    views = await shown.show(desk)
    found = await views.get_tags(ALL, code_of(1))
    assert found.ticket_id == it
    assert found.code == code_of(1)
    assert found.tags == [
        TagLine("vip", NOW),
        TagLine("Late", LATER, "Ana"),
        TagLine("again", LATER, "Ana"),
    ]


async def test_a_ticket_without_tags_has_none(shown: Shown) -> None:
    desk = Desk()
    desk.open(1)
    assert (await (await shown.show(desk)).get_tags(ALL, code_of(1))).tags == []


async def test_agents_are_listed_by_name_with_their_departments(shown: Shown) -> None:
    desk = Desk()
    zoe, imported = UUID(int=201), UUID(int=202)
    desk.write(zoe, agent.Added(name="élan", role=Role.OWNER, departments=()))
    desk.write(imported, agent.Added(name="Carl", role=Role.AGENT, departments=(), seat=False))
    views = await shown.show(desk)
    found = await views.list_agents()
    assert [(it.name, [d.name for d in it.departments], it.seat) for it in found.agents] == [
        ("Ana", ["Support"], True),
        ("Ben", ["Billing", "Support"], True),
        ("Carl", [], False),
        ("élan", [], True),
    ]
    assert not found.next_cursor


async def test_agents_who_left_are_listed_only_when_asked_for(shown: Shown) -> None:
    desk = Desk()
    desk.write(BEN, agent.Deactivated())
    views = await shown.show(desk)
    assert [it.name for it in (await views.list_agents()).agents] == ["Ana"]
    everyone = (await views.list_agents(include_inactive=True)).agents
    assert [(it.name, it.active) for it in everyone] == [("Ana", True), ("Ben", False)]
    counts = [(it.name, it.agents) for it in (await views.list_departments()).departments]
    assert counts == [("Billing", 0), ("Support", 1)]


async def test_agents_of_one_department_are_those_who_take_its_tickets(shown: Shown) -> None:
    desk = Desk()
    views = await shown.show(desk)
    assert [it.name for it in (await views.list_agents(department_id=BILLING)).agents] == ["Ben"]
    with pytest.raises(Refused, match="list_departments") as refused:
        await views.list_agents(department_id=UUID(int=999))
    assert refused.value.code is Code.NOT_FOUND


async def test_tokens_are_listed_by_their_masks(shown: Shown) -> None:
    desk = Desk()
    for number, owner in enumerate((ANA, BEN)):
        made = access_tokens.Generated(
            token=UUID(int=number), agent=owner, digest="ab", mask=f"…{number}", expires_at=LATER
        )
        desk.write(access_tokens.tokens_of(owner).id, made)
    views = await shown.show(desk)
    assert [(it.mask, it.agent.name) for it in await views.list_tokens()] == [
        ("…0", "Ana"),
        ("…1", "Ben"),
    ]
    assert [it.mask for it in await views.list_tokens(agent_id=BEN)] == ["…1"]
