"""The audit trail: which calls it shows to whoever asks for some of them."""

import random
from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID

import msgspec
import psycopg
import pytest

from domain.call import CallRecorded
from domain.fact import Attribution, Client
from domain.refusals import Code, Refused
from domain.ticket.words import code_of
from projections.audit import CallFilter, list_calls
from projections.facts import FactFilter, list_facts
from projections.reading import configure
from projections.view import qualified
from projections.views import Views
from tests.known import ANA, BEN, NOW
from tests.projections.book import SHOWN, Desk, Shown

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
TOKEN, SESSION = UUID(int=500), UUID(int=501)
ANA_BY_TOKEN = Attribution(
    via="token",
    agent=ANA,
    role="agent",
    credential=TOKEN,
    client=Client("Claude", "2.1"),
    ip="192.0.2.1",
)
BEN_IN_THE_PANEL = Attribution(via="panel", agent=BEN, role="admin", credential=SESSION)


class Calls(Desk):
    """A desk that tools are called at, one call an hour."""

    def call(
        self, tool: str, by: Attribution = ANA_BY_TOKEN, outcome: str = "ok", **more: Any
    ) -> UUID:
        key = UUID(int=7_000 + len(self.log))
        fact = CallRecorded(tool=tool, arguments={"n": len(self.log)}, outcome=outcome, **more)
        self.write(key, fact, at=NOW + len(self.log) * HOUR, by=by, call=key)
        return key


async def found(views: Views, **narrowed: Any) -> list[UUID]:
    return [line.call for line in (await views.list_calls(CallFilter(**narrowed))).calls]


async def test_a_call_is_shown_with_all_that_is_known_of_it(shown: Shown) -> None:
    desk = Calls()
    ticket = desk.open(1)
    first = desk.call("add_tags", units=1, ticket=ticket)
    key = desk.call("add_tags", outcome="replayed", ticket=ticket, original=first)
    views = await shown.show(desk)
    line = (await views.list_calls(CallFilter())).calls[0]
    assert msgspec.to_builtins(line) == {
        "position": desk.log[-1].position,
        "at": desk.log[-1].event.envelope.recorded_at.isoformat().replace("+00:00", "Z"),
        "call": str(key),
        "tool": "add_tags",
        "arguments": {"n": len(desk.log) - 1},
        "outcome": "replayed",
        "units": 0,
        "ticket": {"id": str(ticket), "code": code_of(1)},
        "original": str(first),
        "agent": {"id": str(ANA), "name": "Ana"},
        "role": "agent",
        "via": "token",
        "through": "via Claude",
        "client": {"name": "Claude", "version": "2.1"},
        "credential": {"id": str(TOKEN)},
        "ip": "192.0.2.1",
    }


async def test_an_apps_call_is_shown_with_the_client_it_was_issued_to(shown: Shown) -> None:
    desk = Calls()
    app = Attribution(
        via="app", agent=ANA, credential=UUID(int=700), client=Client("Claude", "2.1", "claude-1")
    )
    by_app, _ = desk.call("get_tags", by=app), desk.call("get_tags")
    views = await shown.show(desk)
    (line,) = (await views.list_calls(CallFilter(via="app"))).calls
    assert (line.call, line.through) == (by_app, "via Claude")
    assert msgspec.to_builtins(line.client) == {
        "name": "Claude",
        "version": "2.1",
        "id": "claude-1",
    }
    assert await found(views, credential=str(UUID(int=700))) == [by_app]


async def test_calls_are_found_by_what_they_were(shown: Shown) -> None:
    desk = Calls()
    ticket = desk.open(1)
    reads = desk.call("get_tags", ticket=ticket)
    denied = desk.call("add_tags", outcome="permission_denied")
    paged = desk.call("tickets.create", by=BEN_IN_THE_PANEL)
    views = await shown.show(desk)
    at = desk.log[-2].event.envelope.recorded_at  # of the second
    assert await found(views) == [paged, denied, reads]
    for narrowed, expected in (
        ({"agent": ANA}, [denied, reads]),
        ({"tool": "get_tags"}, [reads]),
        ({"outcome": "permission_denied"}, [denied]),
        ({"outcome": "ok"}, [paged, reads]),
        ({"ticket": str(ticket)}, [reads]),
        ({"ticket": code_of(1).lower()}, [reads]),
        ({"ticket": "XXX-00000"}, []),
        ({"via": "panel"}, [paged]),
        ({"credential": str(TOKEN)}, [denied, reads]),
        ({"at_from": at}, [paged, denied]),
        ({"at_to": at}, [reads]),
        ({"at_from": at, "at_to": at + HOUR}, [denied]),
        ({"agent": ANA, "outcome": "ok", "tool": "add_tags"}, []),
    ):
        assert await found(views, **narrowed) == expected, narrowed


async def test_clocks_that_differ_hide_nothing(shown: Shown) -> None:
    desk = Calls()
    keys: list[UUID] = []
    for number in range(40):  # every other one's clock is most of a minute behind
        key = UUID(int=7_000 + number)
        at = NOW + timedelta(seconds=10 * number - (50 if number % 2 else 0))
        desk.write(key, CallRecorded(tool="get_tags", arguments={}, outcome="ok"), at=at, call=key)
        keys.append(key)
    views = await shown.show(desk)
    for second in range(0, 400, 10):
        moment = NOW + timedelta(seconds=second)
        since = set(await found(views, at_from=moment))
        assert since == {
            event.envelope.call
            for _, event in desk.log
            if event.envelope.call and event.envelope.recorded_at >= moment
        }
        assert set(await found(views, at_to=moment)) == set(keys) - since


async def test_a_walk_meets_each_call_once_newest_first(shown: Shown) -> None:
    desk = Calls()
    calls = [desk.call("get_tags") for _ in range(10)]
    wanted = CallFilter(tool="get_tags")
    walked: list[UUID] = []
    cursor = None
    while True:
        views = await shown.show(desk)
        page = await views.list_calls(wanted, cursor=cursor, limit=3)
        walked += [line.call for line in page.calls]
        cursor = page.next_cursor or None
        if cursor is None:
            break
        desk.call("get_tags")
    assert walked == calls[::-1]


async def test_a_cursor_belongs_to_its_filter(shown: Shown) -> None:
    desk = Calls()
    desk.call("get_tags")
    desk.call("get_tags")
    views = await shown.show(desk)
    cursor = (await views.list_calls(CallFilter(), limit=1)).next_cursor
    assert cursor
    with pytest.raises(Refused) as refused:
        await views.list_calls(CallFilter(tool="get_tags"), cursor=cursor)
    assert refused.value.code is Code.INVALID_ARGUMENTS


async def test_words_of_any_length_fit_the_indexes(shown: Shown) -> None:
    desk = Calls()
    luck = random.Random(7)  # noqa: S311 - so that nothing can be packed
    tool, name, key = (
        "".join(chr(luck.randint(0x20000, 0x2A6D0)) for _ in range(999)) for _ in "123"
    )
    by = msgspec.structs.replace(ANA_BY_TOKEN, via="app", client=Client(name, id=key))
    call = desk.call(tool, by)
    views = await shown.show(desk)
    assert await found(views, agent=ANA, client=key, tool=tool) == [call]


# Every tenth row is of agent 0, every fourth by client 3, every seventh of tool 6, and agent 0 has
# neither. Rows take turns in being calls and facts.
MANY: LiteralString = """
INSERT INTO {views}.activity (
    position, recorded_at, agent, via, client_name, client_id, topic, stream, tool, outcome, fact
)
SELECT n, now(), lpad(to_hex(n % 10), 32, '0')::uuid, 'app', client, client || '-id', 'agent.renamed',
    '00000000-0000-0000-0000-000000000063', CASE WHEN n / 10 % 2 = 0 THEN tool END, 'ok', '{{}}'
FROM generate_series(1, 10000) n CROSS JOIN LATERAL (
    SELECT n % 10 = 0 AS zero, n / 3 % 4 AS c, n / 3 % 7 AS t
) r CROSS JOIN LATERAL (
    SELECT 'client ' || CASE WHEN zero AND c = 3 THEN 0 ELSE c END AS client,
        'tool ' || CASE WHEN zero AND t = 6 THEN 0 ELSE t END AS tool
) w
"""
NEVER_MET = [
    CallFilter(agent=UUID(int=0), client="client 3"),
    CallFilter(agent=UUID(int=0), client="client 3-id"),
    CallFilter(agent=UUID(int=0), tool="tool 6"),
    FactFilter(agent=UUID(int=0), client="client 3"),
    FactFilter(agent=UUID(int=0), client="client 3-id"),
]


async def test_what_an_agent_never_did_is_no_walk_through_all_that_others_did(
    prepared: str,
) -> None:
    async with await psycopg.AsyncConnection.connect(prepared) as connection:
        await configure(connection)
        await connection.execute(qualified(MANY, SHOWN))
        await connection.execute("ANALYZE")
        for wanted in NEVER_MET:
            async with connection.transaction():
                if isinstance(wanted, CallFilter):
                    assert (await list_calls(connection, SHOWN, wanted)).calls == []
                else:
                    assert (await list_facts(connection, SHOWN, wanted)).facts == []
                looked_at = await connection.execute(
                    "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables "
                    "WHERE relname = 'activity' AND schemaname = %s",
                    (SHOWN,),
                )
                row = await looked_at.fetchone()
                assert row
                assert row[0] < 10, wanted  # by the planner, for the highest position


async def test_many_large_calls_come_in_pages_that_fit(shown: Shown) -> None:
    desk = Calls()
    for number in range(5):
        fact = CallRecorded(tool="x", arguments={"text": "y" * 20_000}, outcome="unknown_tool")
        desk.write(UUID(int=7_000 + number), fact, call=UUID(int=7_000 + number))
    page = await (await shown.show(desk)).list_calls(CallFilter())
    assert len(page.calls) == 1
    assert page.next_cursor
