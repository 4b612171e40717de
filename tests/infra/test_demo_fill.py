"""Filling the demo: all that its content tells comes true, once, in an account without tickets."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from domain.application import Wish
from domain.department import AddDepartment
from domain.ticket.commands import OpenTicket
from domain.ticket.words import Channel, Contact, Status
from infra.database import opened
from infra.demo.content import load_demo
from infra.demo.fill import fill
from infra.demo.story import demo_id
from infra.desk import Desk, new_id
from infra.settings import Settings

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def desk_on(database: str) -> AsyncGenerator[Desk]:
    async with opened(Settings(database_url=database)) as desk:
        yield desk


async def shown(desk: Desk) -> dict[str, tuple[Any, ...]]:
    """Return status, messages, assignee and opening of each ticket, by its subject."""
    assert await desk.views_caught_up()
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT t.subject, t.status, t.messages, a.email, t.created_at "
            "FROM acct_main_views.tickets t LEFT JOIN acct_main_views.agents a ON a.id = t.agent"
        )
        return {row[0]: row[1:] async for row in found}


def expected() -> dict[str, tuple[Any, ...]]:
    codes = {status.word: status.value for status in Status}
    return {
        ticket.subject: (
            codes[ticket.status],
            len(ticket.messages),
            ticket.assignee,
            NOW - timedelta(minutes=ticket.opened_minutes_ago),
        )
        for ticket in load_demo().tickets
    }


async def test_all_tickets_end_as_their_stories_do(database: str) -> None:
    async with desk_on(database) as desk:
        assert await fill(desk, NOW)
        assert await shown(desk) == expected()


async def test_the_history_names_the_agents_and_when_it_happened(database: str) -> None:
    (story,) = [ticket for ticket in load_demo().tickets if ticket.changes[1:]][:1]
    async with desk_on(database) as desk:
        await fill(desk, NOW)
        events = await desk.ledger.load(demo_id("ticket", story.subject))
    opened_at = NOW - timedelta(minutes=story.opened_minutes_ago)
    told = {(event.envelope.at, event.envelope.by.agent) for event in events}
    for change in story.changes:
        moment = opened_at + timedelta(minutes=change.minutes_after)
        assert (moment, demo_id("agent", change.author)) in told


async def test_an_account_with_tickets_of_its_own_is_left_alone(database: str) -> None:
    async with desk_on(database) as desk:
        department, ticket = new_id(), new_id()
        await desk.execute(Wish(AddDepartment(department=department, name="Support")))
        opening = OpenTicket(
            ticket=ticket,
            code="KQM-40713",
            subject="The lid is stuck",
            department=department,
            requester=Contact(id=new_id(), name="Kim"),
            channel=Channel.EMAIL,
        )
        await desk.execute(Wish(opening))
        assert await desk.views_caught_up()
        assert not await fill(desk, NOW)
        assert list(await shown(desk)) == ["The lid is stuck"]


async def test_filling_that_was_broken_off_is_taken_up_where_it_ended(database: str) -> None:
    async with desk_on(database) as desk:
        await fill(desk, NOW)
        async with desk.pool.connection() as connection:
            (half,) = await (
                await connection.execute("SELECT max(notification_id) / 2 FROM acct_main.events")
            ).fetchone() or (0,)
    # As if nothing had happened after the middle of the log.
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM acct_main.events WHERE notification_id > %s", (half,))
        connection.execute("DROP SCHEMA acct_main_views CASCADE")
    async with desk_on(database) as desk:
        assert await fill(desk, NOW)
        assert await shown(desk) == expected()
        log = await desk.live.progress.read()
        assert await fill(desk, NOW)
        assert await desk.live.progress.read() == log
