"""Guessing passwords: how often one may try, and that nothing tells whether an address exists."""

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from api.rates import RateLimited
from api.sign_in import throttle
from api.sign_in.hashing import Hashing
from api.sign_in.people import Visitor
from api.sign_in.service import SignIn
from tests.mcp.company import Member
from tests.mcp.serving import Served
from tests.sign_in.browser import Answer, Browser
from tests.sign_in.conftest import PASSWORD, Clock

Hire = Callable[[str], Member]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def tries(browser: Browser, email: str, *passwords: str) -> list[Answer]:
    """Try passwords in one form after another, as fast as it goes."""
    fields = browser.get("/login").fields("/login")
    return [
        browser.post("/login", {**fields, "email": email, "password": password})
        for password in passwords
    ]


@pytest.mark.parametrize("email", ["bert@desk.example", "nobody@desk.example"])
def test_after_five_failures_one_has_to_wait_whoever_it_is(
    browser: Browser, hired: Hire, clock: Clock, email: str
) -> None:
    clock.stop()
    if email.startswith("bert"):
        hired("Bert")
    *failed, limited = tries(browser, email, *["wrong"] * 5, PASSWORD)
    assert [answer.status for answer in failed] == [403] * 5
    assert limited.status == 429
    assert limited.headers["retry-after"] == "2"
    assert limited.refusal == "Too many attempts. Try again in 2 seconds."


def test_who_waited_may_try_again_and_success_forgets_the_failures(
    browser: Browser, hired: Hire, clock: Clock
) -> None:
    email = hired("Carl").email
    clock.stop()
    tries(browser, email, *["wrong"] * 5)
    assert tries(browser, email, PASSWORD)[0].status == 429
    clock.ahead += timedelta(seconds=3)
    assert tries(browser, email, PASSWORD)[0].status == 303
    browser.submit("/account", "/logout")
    assert [each.status for each in tries(browser, email, *["wrong"] * 5)] == [403] * 5


def test_an_account_waits_half_a_minute_at_most(
    browser: Browser, hired: Hire, clock: Clock
) -> None:
    email = hired("Dirk").email
    clock.stop()
    waits: list[int] = []
    tries(browser, email, *["wrong"] * 4)
    for _ in range(6):
        failed, limited = tries(browser, email, "wrong", PASSWORD)
        assert (failed.status, limited.status) == (403, 429)
        waits.append(int(limited.headers["retry-after"]))
        clock.ahead += timedelta(seconds=waits[-1])
    assert waits == [2, 4, 8, 16, 30, 30]


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
        assert rows_in(connection) == [(network[0].key, 30)]


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


def test_of_attempts_at_one_moment_no_more_are_counted_than_may_be_made(product: Served) -> None:
    counting = product.desk.throttle

    async def take_all() -> list[datetime | None]:
        networks = [throttle.network(f"198.51.100.{number}") for number in range(40)]
        account = throttle.account("raced@desk.example")
        return await asyncio.gather(
            *(counting.take([account, *network], NOW) for network in networks)
        )

    assert product.run(take_all()).count(None) == 5
    assert product.run(counting.take([throttle.account("raced@desk.example")], NOW)) is not None


def test_what_was_not_looked_at_is_given_back(product: Served, desk_database: str) -> None:
    counting = product.desk.throttle
    tried = [throttle.account("busy@desk.example"), *throttle.network("203.0.113.14")]
    for _ in range(10):
        assert product.run(counting.take(tried, NOW)) is None
        product.run(counting.give_back(tried))
    with psycopg.connect(desk_database) as connection:
        assert {failures for _, failures in rows_in(connection)} == {0}


def rows_in(connection: psycopg.Connection) -> list[tuple[bytes, int]]:
    return connection.execute("SELECT key, failures FROM acct_main.attempts").fetchall()


def test_attempts_side_by_side_are_no_way_around(
    browser: Browser, hired: Hire, clock: Clock
) -> None:
    email = hired("Emil").email
    fields = {**browser.get("/login").fields("/login"), "email": email}
    clock.stop()

    def attempt(password: str) -> int:
        other = Browser(browser.port, **browser.cookies)
        return other.post("/login", {**fields, "password": password}).status

    with ThreadPoolExecutor(16) as threads:
        statuses = list(threads.map(attempt, [*["wrong"] * 30, *[PASSWORD] * 10]))
    # Of the right ones the first comes when others have failed five times at least.
    assert sorted(statuses) == [*[403] * 5, *[429] * 35]


def test_the_current_password_cannot_be_guessed_faster_by_a_stolen_session(
    browser: Browser, hired: Hire, clock: Clock
) -> None:
    clock.stop()
    browser.sign_in(hired("Fred").email, PASSWORD)
    change = {"password": "another password", "again": "another password"}
    answers = [
        browser.submit("/account", "/account/password", current=current, **change)
        for current in [*["wrong"] * 5, PASSWORD]
    ]
    assert [answer.status for answer in answers] == [403] * 5 + [429]
    assert "Try again in" in answers[-1].refusal


def test_what_strangers_do_to_an_account_keeps_nobody_from_another_password(
    product: Served, browser: Browser, hired: Hire, clock: Clock
) -> None:
    clock.stop()
    email = hired("Fritz").email
    browser.sign_in(email, PASSWORD)
    answers = tries(Browser(product.port), email, *["wrong"] * 5, PASSWORD)
    assert answers[-1].status == 429
    change = {"current": PASSWORD, "password": "another password", "again": "another password"}
    assert browser.submit("/account", "/account/password", **change).status == 303


def test_what_was_refused_because_too_many_hash_is_no_failure(
    product: Served, hired: Hire, desk_database: str
) -> None:
    email, desk = hired("Franka").email, product.desk
    busy = Hashing(os.urandom, most=0)
    sign_in = SignIn(desk.helpdesk, busy, desk.throttle, os.urandom, timedelta(days=1))
    for _ in range(10):
        with pytest.raises(RateLimited):
            product.run(sign_in.sign_in(email, PASSWORD, Visitor(ip="203.0.113.15")))
    with psycopg.connect(desk_database) as connection:
        assert [failures for _, failures in rows_in(connection)] == [0, 0]


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
        assert rows_in(connection) == [(kept.key, 1)]


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


def test_an_unknown_address_takes_as_long_as_a_known_one(
    product: Served, hired: Hire, desk_database: str
) -> None:
    known, unknown = hired("Gina").email, "gone@desk.example"
    browser = Browser(product.port)
    fields = browser.get("/login").fields("/login")
    took: dict[str, list[float]] = {known: [], unknown: []}
    with psycopg.connect(desk_database, autocommit=True) as connection:
        for _ in range(30):
            for email, times in took.items():
                connection.execute("DELETE FROM acct_main.attempts")
                began = time.perf_counter()
                answer = browser.post("/login", {**fields, "email": email, "password": "wrong"})
                times.append(time.perf_counter() - began)
                assert answer.status == 403
    medians = [statistics.median(times) for times in took.values()]
    # Without a hash to verify the answer would come at least three times as fast.
    assert max(medians) < 1.5 * min(medians), medians
