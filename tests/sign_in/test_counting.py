"""Counted attempts: how many may be made, on what they count, and what is left of them."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from api.sign_in import throttle
from tests.mcp.serving import Served
from tests.sign_in.conftest import failures_in

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_network_waits_a_quarter_of_an_hour_at_most() -> None:
    (network,) = throttle.network("203.0.113.9")
    waits = [network.delay(failures).total_seconds() for failures in range(29, 41)]
    assert waits == [0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    assert network.delay(10**9) == timedelta(minutes=15)


def test_people_who_sign_in_at_one_moment_keep_nobody_waiting(product: Served) -> None:
    counting = product.desk.throttle
    network = throttle.network("203.0.113.11")
    for _ in range(20):
        later = NOW + timedelta(milliseconds=1)
        assert product.run(counting.take([throttle.account("a"), *network], later)) is None
        assert product.run(counting.take([throttle.account("b"), *network], NOW)) is None
        product.run(counting.succeeded(throttle.account("a"), network))
        product.run(counting.succeeded(throttle.account("b"), network))


def test_who_has_to_wait_leaves_nothing_behind(product: Served, desk_database: str) -> None:
    counting = product.desk.throttle
    network = throttle.network("203.0.113.12")
    for _ in range(30):
        assert product.run(counting.take(network, NOW)) is None
    for number in range(20):
        tried = [throttle.account(f"{number}@desk.example"), *network]
        assert product.run(counting.take(tried, NOW)) is not None
    with psycopg.connect(desk_database) as connection:
        assert failures_in(connection) == {network[0].key: 30}


def test_who_has_to_wait_waits_for_nobody_elses_attempt(
    product: Served, desk_database: str
) -> None:
    counting = product.desk.throttle
    network = throttle.network("203.0.113.13")
    for _ in range(30):
        assert product.run(counting.take(network, NOW)) is None
    with psycopg.connect(desk_database) as connection:
        connection.execute("SELECT * FROM acct_main.attempts FOR UPDATE")
        tried = [throttle.account("x"), *network]
        assert product.run(counting.take(tried, NOW)) == NOW + timedelta(seconds=2)


def test_of_attempts_at_one_moment_no_more_are_counted_than_may_be_made(
    product: Served, desk_database: str
) -> None:
    counting = product.desk.throttle

    async def take_all() -> list[datetime | None]:
        networks = [throttle.network(f"198.51.100.{number}") for number in range(40)]
        account = throttle.account("raced@desk.example")
        return await asyncio.gather(
            *(counting.take([account, *network], NOW) for network in networks)
        )

    assert product.run(take_all()).count(None) == 5
    assert product.run(counting.take([throttle.account("raced@desk.example")], NOW)) is not None
    with psycopg.connect(desk_database) as connection:
        assert sorted(failures_in(connection).values()) == [1, 1, 1, 1, 1, 5]


def test_what_was_not_looked_at_is_given_back(product: Served, desk_database: str) -> None:
    counting = product.desk.throttle
    tried = [throttle.account("busy@desk.example"), *throttle.network("203.0.113.14")]
    for _ in range(10):
        assert product.run(counting.take(tried, NOW)) is None
        product.run(counting.give_back(tried))
    with psycopg.connect(desk_database) as connection:
        assert set(failures_in(connection).values()) == {0}


def test_a_network_may_fail_thirty_times_over_all_accounts(product: Served) -> None:
    desk = product.desk
    counting = desk.throttle
    network = throttle.network("203.0.113.9")
    for number in range(30):
        tried = [throttle.account(f"{number}@desk.example"), *network]
        assert product.run(counting.take(tried, NOW)) is None
    stranger = throttle.account("stranger@desk.example")
    assert product.run(counting.take([stranger, *network], NOW)) == NOW + timedelta(seconds=2)
    # What was refused counts on nothing: the stranger may try from elsewhere.
    elsewhere = throttle.network("203.0.113.10")
    for _ in range(5):
        assert product.run(counting.take([stranger, *elsewhere], NOW)) is None
    # Who gets in takes nothing from the failures of the others there.
    product.run(counting.succeeded(stranger, elsewhere))
    assert product.run(counting.take([stranger, *elsewhere], NOW)) is None


def test_failures_are_forgotten_after_a_day(product: Served) -> None:
    counting = product.desk.throttle
    tried = [throttle.account("late@desk.example")]
    for _ in range(5):
        product.run(counting.take(tried, NOW))
    assert product.run(counting.take(tried, NOW)) is not None
    later = NOW + timedelta(days=1, seconds=1)
    for _ in range(5):
        assert product.run(counting.take(tried, later)) is None
    assert product.run(counting.take(tried, later)) is not None


def test_what_is_forgotten_is_removed(product: Served, desk_database: str) -> None:
    counting = product.desk.throttle
    now = datetime.now(UTC)
    old, kept = throttle.account("old"), throttle.account("kept")
    product.run(counting.take([old], now - timedelta(days=1, minutes=1)))
    product.run(counting.take([kept], now - timedelta(hours=23)))
    product.run(counting.remove_old())
    with psycopg.connect(desk_database) as connection:
        assert failures_in(connection) == {kept.key: 1}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.10", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
    ],
)
def test_a_network_is_an_address_and_in_ipv6_what_one_household_has(
    one: str, other: str, same: bool
) -> None:
    assert (throttle.network(one) == throttle.network(other)) is same


def test_where_there_is_no_telling_attempts_count_by_account_alone() -> None:
    assert throttle.network(None) == []


@pytest.mark.parametrize("ip", ["", "unix", "1.2.3.4:5678", "[2001:db8::1]"])
def test_what_is_no_address_is_one_network(ip: str) -> None:
    assert throttle.network(ip) == throttle.network("unknown")
