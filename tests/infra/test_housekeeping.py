"""Housekeeping: uses of credentials are written down, whatever happens in between."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.access_tokens import RevokeToken
from domain.application import Unauthorized, Wish
from domain.ledger import Unavailable
from domain.permissions import Role
from infra.database import opened
from infra.desk import Desk
from infra.housekeeping import Housekeeping
from infra.settings import Settings
from tests.mcp.company import add_agent
from tests.sign_in.conftest import Clock

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def last_used(desk: Desk, credential: UUID) -> datetime | None:
    return (await desk.ledger.last_used([credential])).get(credential)


async def test_a_use_is_written_down_by_the_end_at_the_latest(database: str) -> None:
    async with opened(Settings(database_url=database), follow=False) as desk:
        ana = await add_agent(desk, "Ana", Role.AGENT)
        before = datetime.now(UTC)
        await desk.authenticator.identify(ana.token, None, None)
        assert await last_used(desk, ana.credential) is None
    async with Desk(Settings(database_url=database)).open(follow=False) as later:
        written = await last_used(later, ana.credential)
    assert written
    assert before <= written <= datetime.now(UTC)


async def test_what_was_revoked_elsewhere_counts_as_used_no_more(database: str) -> None:
    clock = Clock()
    clock.stop()
    async with opened(Settings(database_url=database), follow=False) as founding:
        ana = await add_agent(founding, "Ana", Role.AGENT)
    one, other = (Desk(Settings(database_url=database), clock) for _ in range(2))
    async with one.open(follow=False), other.open(follow=False):
        await (await one.authenticator.identify(ana.token, None, None)).confirm()
        used = clock()
        clock.ahead += timedelta(seconds=30)
        await other.execute(Wish(RevokeToken(agent=ana.id, token=ana.credential)))
        late = await one.authenticator.identify(ana.token, None, None)  # from memory
        with pytest.raises(Unauthorized):
            await late.confirm()
        await one.authenticator.write_down_uses()
        assert await last_used(other, ana.credential) == used


async def test_a_use_that_revocation_came_after_stays_one(database: str) -> None:
    async with opened(Settings(database_url=database), follow=False) as desk:
        ana = await add_agent(desk, "Ana", Role.AGENT)
        listening = await desk.authenticator.identify(ana.token, None, None)
        await listening.confirm()
        await desk.execute(Wish(RevokeToken(agent=ana.id, token=ana.credential)))
        with pytest.raises(Unauthorized):
            await listening.confirm()
        await desk.authenticator.write_down_uses()
        assert await last_used(desk, ana.credential)


async def test_of_two_processes_the_later_use_is_kept(database: str) -> None:
    one, other = (Desk(Settings(database_url=database)) for _ in range(2))
    tokens = [UUID(int=number) for number in range(1, 500)]
    async with one.open(follow=False), other.open(follow=False):
        # In opposite orders and at once: neither waits for the other.
        for round_ in range(5):
            later = NOON + timedelta(minutes=round_ + 1)
            earlier = NOON + timedelta(minutes=round_)
            await asyncio.gather(
                one.ledger.note_used(dict.fromkeys(tokens, later)),
                other.ledger.note_used(dict.fromkeys(reversed(tokens), earlier)),
            )
            assert await one.ledger.last_used(tokens) == dict.fromkeys(tokens, later)


async def test_an_errand_that_fails_is_run_again_and_the_others_meanwhile(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[str] = []
    enough = asyncio.Event()

    async def out_of_reach() -> None:
        done.append("tried")
        raise Unavailable

    async def defect() -> None:
        raise ZeroDivisionError

    async def other() -> None:
        done.append("done")
        if done.count("done") == 3:
            enough.set()

    async def last() -> None:
        done.append("last")

    errands = (out_of_reach, defect, other)
    async with Housekeeping(errands, last, lambda: NOON, seconds=0) as housekeeping:
        await asyncio.wait_for(enough.wait(), 20)
        assert housekeeping.last_round
        assert housekeeping.last_round.at == NOON
        failed = [name.rpartition(".")[2] for name in housekeeping.last_round.failed]
        assert failed == ["out_of_reach", "defect"]
    assert done[:4] == ["tried", "done"] * 2
    assert done[-1] == "last"
    levels = {record.levelno for record in caplog.records}
    assert levels == {logging.WARNING, logging.ERROR}
