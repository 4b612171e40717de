"""At most ten active access tokens, however many are asked for at once and in how many processes."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.access_tokens import MAX_ACTIVE, RevokeToken, tokens_of
from domain.application import Wish
from domain.decider import Command
from domain.issuing import new_token
from domain.refusals import Code, Refused
from infra.desk import Desk, new_id
from tests.access_tokens.conftest import Two

pytestmark = pytest.mark.anyio

AT_ONCE = 20


async def tried(desk: Desk, *commands: Command) -> Code | None:
    """Carry out commands and return the refusal's code, None where they were carried out."""
    try:
        await desk.execute(*map(Wish, commands))
    except Refused as refusal:
        return refusal.code
    return None


async def generated(two: Two, number: int = AT_ONCE) -> int:
    """Generate that many at once, every other one in the other process; return how many came."""
    outcomes = await asyncio.gather(
        *(
            tried(
                two.there if place % 2 else two.here,
                new_token(two.agent, new_id(), os.urandom(32)).command,
            )
            for place in range(number)
        )
    )
    assert set(outcomes) <= {None, Code.LIMIT_REACHED}
    return outcomes.count(None)


async def held(desk: Desk, agent: UUID) -> set[UUID]:
    """Return the tokens not revoked, by the log and by the table that lets them in."""
    state = (await desk.helpdesk.states.refresh(tokens_of(agent))).state
    assert state
    async with desk.pool.connection() as connection:
        rows = await connection.execute(
            "SELECT credential FROM acct_main.credentials WHERE agent = %s", (agent,)
        )
        assert {credential async for (credential,) in rows} == set(state.tokens)
    return set(state.tokens)


async def test_twenty_at_once_come_to_ten(two: Two) -> None:
    assert await generated(two) == MAX_ACTIVE
    assert len(await held(two.here, two.agent)) == MAX_ACTIVE


async def test_each_that_is_revoked_makes_room_for_one(two: Two) -> None:
    await generated(two)
    for token in sorted(await held(two.here, two.agent))[:3]:
        await two.here.execute(Wish(RevokeToken(agent=two.agent, token=token)))
    assert await generated(two) == 3
    assert len(await held(two.there, two.agent)) == MAX_ACTIVE


async def test_each_that_expires_makes_room_for_one(two: Two) -> None:
    two_years_ago = datetime.now(UTC).replace(hour=0) - timedelta(days=732)
    for _ in range(2):
        command = new_token(two.agent, new_id(), os.urandom(32)).command
        await two.here.execute(Wish(command, two_years_ago))
    assert await generated(two) == MAX_ACTIVE
    assert await generated(two) == 0
    assert len(await held(two.here, two.agent)) == MAX_ACTIVE + 2


async def test_a_lost_one_is_replaced_once_though_there_are_ten(two: Two) -> None:
    await generated(two)
    before = await held(two.here, two.agent)
    lost = min(before)
    outcomes = await asyncio.gather(
        *(
            tried(desk, new_token(two.agent, new_id(), os.urandom(32), replaces=lost).command)
            for desk in (two.here, two.there) * (AT_ONCE // 2)
        )
    )
    assert outcomes.count(None) == 1
    assert outcomes.count(Code.NOT_FOUND) == AT_ONCE - 1
    after = await held(two.here, two.agent)
    assert len(after) == MAX_ACTIVE
    assert before - after == {lost}
