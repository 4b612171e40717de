"""What the views hold of the account after some facts, in pages as large as the log and as small as a fact."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from domain import access_tokens, agent, budget, role
from domain.budget import BUDGET
from domain.call import UNKNOWN_TOOL, CallRecorded
from domain.fact import Attribution, Client
from domain.permissions import Permission, Role
from domain.ticket import facts as ticket
from tests.known import (
    ANA,
    BILLING,
    NOW,
    OPENED,
    READERS,
    SUPPORT,
    TICKET_ID,
)
from tests.projections.book import Book, Shown, only, showing

pytestmark = pytest.mark.anyio

LATER, LAST = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
ANA_HERE = Attribution(
    via="token",
    agent=ANA,
    role="agent",
    credential=UUID(int=9),
    client=Client("claude-code", "2.1.0", "https://client.example/id"),
    ip="192.0.2.1",
)


async def test_the_directory_shows_agents_as_they_are_now(shown: Shown, *, paged: bool) -> None:
    book = Book()
    joined = agent.Added(
        name="Ána", role=Role.AGENT, departments=(SUPPORT,), email="a@desk.example"
    )
    book.write(
        ANA,
        joined,
        agent.RoleChanged(role=Role.ADMIN, was=Role.AGENT),
        agent.DepartmentsChanged(departments=(BILLING,), was=(SUPPORT,)),
        agent.Deactivated(),
    )
    await showing(shown, book, paged=paged)
    row = await only(shown, "agents", "name, sort, email, role, departments, seat, active")
    assert list(row.values()) == [
        "Ána", "ana", "a@desk.example", "admin", [BILLING], True, False
    ]  # fmt: skip


async def test_a_revoked_token_stays_listed_and_its_digest_is_nowhere(
    shown: Shown, *, paged: bool
) -> None:
    token, digest = UUID(int=9), "ab" * 32
    book = Book()
    made = access_tokens.Generated(
        token=token, agent=ANA, digest=digest, mask="dl_pat_…1a2b", expires_at=LAST, label="laptop"
    )
    stream = access_tokens.tokens_of(ANA).id
    book.write(stream, made)
    book.write(stream, access_tokens.Revoked(token=token, digest=digest), at=LATER, by=ANA_HERE)
    await showing(shown, book, paged=paged)
    row = await only(shown, "credentials", "*")
    assert row == {
        "id": token,
        "agent": ANA,
        "mask": "dl_pat_…1a2b",
        "scopes": ["tickets:read", "tickets:write"],
        "label": "laptop",
        "generated_at": NOW,
        "expires_at": LAST,
        "generated_via": "system",
        "generated_with": None,
        "revoked_at": LATER,
        "revoked_by": ANA,
        "revoked_via": "token",
    }
    (generated, revoked) = await shown.rows("activity")
    assert generated["fact"]["mask"] == "dl_pat_…1a2b"
    assert (revoked["stream"], revoked["agent"]) == (stream, ANA)
    assert digest not in str((generated, revoked))


async def test_activity_says_who_did_what_through_what(shown: Shown) -> None:
    call = UUID(int=77)
    book = Book()
    book.write(TICKET_ID, OPENED)
    book.write(TICKET_ID, ticket.TagsAdded(tags=("vip",)), by=ANA_HERE, call=call)
    record = CallRecorded(
        tool="add_tags", arguments={"a": "\x00b"}, outcome="ok", units=1, ticket=TICKET_ID
    )
    book.write(call, record, by=ANA_HERE, call=call)
    await shown.show(book)
    opened, tagged, called = await shown.rows("activity")
    assert [row["topic"] for row in (opened, tagged, called)] == [
        "ticket.opened", "ticket.tags_added", "call.recorded"
    ]  # fmt: skip
    assert {row["ticket"] for row in (opened, tagged, called)} == {TICKET_ID}
    assert opened["agent"] is None
    assert opened["via"] == "system"
    assert tagged["fact"] == {"tags": ["vip"]}
    assert called == {
        "position": book.log[-1].position,
        "recorded_at": NOW,
        "happened_at": None,
        "agent": ANA,
        "role": "agent",
        "via": "token",
        "credential": UUID(int=9),
        "client_name": "claude-code",
        "client_version": "2.1.0",
        "client_id": "https://client.example/id",
        "call": call,
        "ip": "192.0.2.1",
        "topic": "call.recorded",
        "ticket": TICKET_ID,
        "stream": None,
        "tool": "add_tags",
        "outcome": "ok",
        "units": 1,
        "fact": {
            "tool": "add_tags",
            "arguments": {"a": "b"},
            "outcome": "ok",
            "units": 1,
            "ticket": str(TICKET_ID),
        },
    }


async def test_use_adds_up_by_day_agent_client_and_tool(shown: Shown, *, paged: bool) -> None:
    book = Book()

    def call(tool: str, outcome: str = "ok", *, days: int = 0) -> None:
        units = int(outcome == "ok")
        fact = CallRecorded(tool=tool, arguments={}, outcome=outcome, units=units)
        stream = UUID(int=1000 + len(book.log))
        book.write(stream, fact, at=NOW + timedelta(days=days), by=ANA_HERE)

    for outcome in ("ok", "not_found", "ok"):
        call("get_tags", outcome)
    call("get_tags", days=1)
    call("x" * 1_000, UNKNOWN_TOOL)
    await showing(shown, book, paged=paged)
    rows = await shown.rows("budget_use", "day, tool, agent, client, calls, units")
    assert [tuple(row.values()) for row in rows] == [
        (date(2026, 3, 4), "", ANA, "claude-code", 1, 0),
        (date(2026, 3, 4), "get_tags", ANA, "claude-code", 3, 2),
        (date(2026, 3, 5), "get_tags", ANA, "claude-code", 1, 1),
    ]


async def test_each_change_of_the_limit_is_kept(shown: Shown) -> None:
    book = Book()
    book.write(BUDGET.id, budget.Opened(calls_per_seat=100))
    book.write(BUDGET.id, budget.SeatsCounted(seats=2, limit=200))
    book.write(BUDGET.id, budget.LimitSet(limit=50))
    await shown.show(book)
    rows = await shown.rows("budget_limits", "position, seats, monthly_limit, fixed")
    assert [tuple(row.values())[1:] for row in rows] == [
        (0, 0, False), (2, 200, None), (None, 50, True)
    ]  # fmt: skip


async def test_a_role_follows_what_is_made_of_it(shown: Shown, *, paged: bool) -> None:
    book = Book()
    book.write(
        READERS,
        role.Added(name="Readers", permissions=(Permission.TICKETS_READ,)),
        role.HoldersCounted(holders=1),
        role.Renamed(name="Lé\u202ecteurs", was="Readers"),
        role.PermissionsSet(permissions=(), was=(Permission.TICKETS_READ,)),
        role.HoldersCounted(holders=0),
    )
    book.write(READERS, role.Removed(), at=LATER)
    await showing(shown, book, paged=paged)
    assert await only(shown, "roles", "*") == {
        "id": READERS,
        "name": "Lécteurs",
        "sort": "lecteurs",
        "permissions": [],
        "holders": 0,
        "added_at": NOW,
        "removed_at": LATER,
    }
