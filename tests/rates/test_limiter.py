"""Rate limits: shares of a minute, taken from a count that all processes have in common."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID, uuid4

import pytest

from api.rates import RateLimited, network_of
from domain.ledger import Unavailable
from infra.pool import reading_pool
from infra.rates import Limits, PostgresRateLimiter
from tests.event_store.log import MAIN
from tests.rates.conftest import Clock, Counts, Process

pytestmark = pytest.mark.anyio

Start = Callable[..., Process]
ANA = UUID(int=1)


async def let_through(requests: Iterable[Awaitable[None]]) -> int:
    """Return how many of requests that come all at once pass."""
    outcomes = await asyncio.gather(*requests, return_exceptions=True)
    for outcome in outcomes:
        assert outcome is None or isinstance(outcome, RateLimited), outcome
    return outcomes.count(None)


def requests_of(process: Process) -> int:
    """Return how often the process has asked the database."""
    return process.pool.get_stats().get("requests_num", 0)


# 20 is a share of one, 45 of two with a last one that is shorter, 200 of ten.
@pytest.mark.parametrize("limit", [1, 20, 45, 200])
async def test_two_processes_let_through_as_many_as_one_may(
    started: Start, counts: Counts, limit: int
) -> None:
    counts.let_last(ANA)
    one, other = started(limit), started(limit)
    passed = await let_through(
        process.limiter.require_credential(ANA)
        for _ in range(2 * limit + 5)
        for process in (one, other)
    )
    assert passed == limit


async def test_what_a_process_leased_and_left_is_all_that_others_lack(
    started: Start, counts: Counts
) -> None:
    counts.let_last(ANA)
    one, other = started(200), started(200)
    await one.limiter.require_credential(ANA)
    assert await let_through(other.limiter.require_credential(ANA) for _ in range(300)) == 190
    assert await let_through(one.limiter.require_credential(ANA) for _ in range(300)) == 9


async def test_many_at_once_ask_the_database_once(started: Start) -> None:
    process = started(1_200)
    assert await let_through(process.limiter.require_credential(ANA) for _ in range(60)) == 60
    assert requests_of(process) == 1


async def test_one_that_goes_away_takes_nothing_from_the_others(started: Start) -> None:
    process = started(1_200)
    first, *others = (
        asyncio.ensure_future(process.limiter.require_credential(ANA)) for _ in range(5)
    )
    await asyncio.sleep(0)  # all of them wait for the lease by now
    first.cancel()
    assert await let_through(others) == 4
    assert first.cancelled()
    assert requests_of(process) == 1


async def test_those_who_come_just_as_a_lease_arrives_hold_nobody_up(
    started: Start, counts: Counts
) -> None:
    class Impatient(Clock):
        reads = 0

        def __call__(self) -> float:
            self.reads += 1
            assert self.reads < 100_000, "it turns in a circle and lets nobody else run"
            return super().__call__()

    counts.let_last(ANA)
    limiter = PostgresRateLimiter(started().pool, MAIN, Limits(39), Impatient())
    requests: list[asyncio.Task[None]] = []
    # With shares of one, two in every turn of the loop: some come between a lease and its waiters.
    # However fast the database is, there are more of them than the limit lets through.
    while len(requests) < 100 or (not requests[-2].done() and len(requests) < 10_000):
        requests += [asyncio.create_task(limiter.require_credential(ANA)) for _ in range(2)]
        await asyncio.sleep(0)
    assert await let_through(requests) == 39


async def test_each_credential_and_each_address_has_its_own(started: Start, counts: Counts) -> None:
    process = started(credential=1, address=1)
    counts.let_last(ANA)
    await process.limiter.require_credential(ANA)
    with pytest.raises(RateLimited):
        await process.limiter.require_credential(ANA)
    await process.limiter.require_credential(uuid4())
    await process.limiter.require_address("192.0.2.1")
    await process.limiter.require_address("192.0.2.2")


async def test_other_kinds_count_by_themselves_up_to_a_limit_of_their_own(
    started: Start, counts: Counts
) -> None:
    process = started(credential=1)
    counts.let_last(ANA)
    await process.limiter.require_credential(ANA)
    asked = [process.limiter.require("document", str(ANA), 3) for _ in range(8)]
    assert 3 <= await let_through(asked) <= 6  # where the minute turns meanwhile, twice the limit
    await process.limiter.require("document", str(uuid4()), 3)


async def test_a_limit_of_zero_is_none_and_asks_nothing(started: Start) -> None:
    process = started()
    for _ in range(10):
        await process.limiter.require_credential(ANA)
        await process.limiter.require_address("192.0.2.1")
    assert requests_of(process) == 0


async def test_who_cannot_be_told_apart_is_not_counted(started: Start) -> None:
    process = started(1, 1)
    for _ in range(3):
        await process.limiter.require_credential(None)
        await process.limiter.require_address(None)
    assert requests_of(process) == 0


async def test_a_new_minute_frees_at_the_moment_that_was_named(
    started: Start, counts: Counts, clock: Clock
) -> None:
    process = started(2)
    counts.let_last(ANA)
    for _ in range(2):
        await process.limiter.require_credential(ANA)
    with pytest.raises(RateLimited) as limited:
        await process.limiter.require_credential(ANA)
    assert 1 <= limited.value.retry_after <= 60

    clock.now += limited.value.retry_after
    with pytest.raises(RateLimited):  # by the database's clock it is still the same minute
        await process.limiter.require_credential(ANA)
    counts.shift("2 minutes")
    clock.now += 60
    for _ in range(2):
        await process.limiter.require_credential(ANA)


async def test_while_the_minute_is_used_up_nobody_asks_again(
    started: Start, counts: Counts
) -> None:
    process = started(1)
    counts.let_last(ANA)
    assert await let_through(process.limiter.require_credential(ANA) for _ in range(3)) == 1
    asked = requests_of(process)
    assert await let_through(process.limiter.require_credential(ANA) for _ in range(100)) == 0
    assert requests_of(process) == asked


async def test_a_lease_ends_with_its_minute(started: Start, counts: Counts, clock: Clock) -> None:
    process = started(200)
    await process.limiter.require_credential(ANA)
    counts.shift("1 minute")
    clock.now += 60
    await process.limiter.require_credential(ANA)
    assert requests_of(process) == 2
    assert counts.taken() == [10]


async def test_minutes_that_are_over_are_removed(
    started: Start, counts: Counts, clock: Clock
) -> None:
    process = started(200)
    await process.limiter.require_credential(ANA)
    await process.limiter.remove_old()
    assert counts.taken() == [10]
    counts.shift("3 minutes")
    clock.now += 180
    await process.limiter.remove_old()
    assert counts.taken() == []
    await process.limiter.require_credential(ANA)
    counts.shift("-1 hour")  # a clock that went wrong, and was put right
    await process.limiter.remove_old()
    assert counts.taken() == []


async def test_without_the_database_nobody_passes(clock: Clock) -> None:
    nowhere = reading_pool("postgresql://127.0.0.1:1/nowhere", 2)
    async with nowhere:
        limiter = PostgresRateLimiter(nowhere, MAIN, Limits(1_200, 6_000), clock)
        with pytest.raises(Unavailable):
            await asyncio.gather(*(limiter.require_credential(ANA) for _ in range(3)))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", "unknown"),
        ("a\0b", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_an_address_counts_for_its_network(address: str, network: str) -> None:
    assert network_of(address) == network
