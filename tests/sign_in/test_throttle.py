"""Guessing passwords: how often one may try, and that nothing tells whether an address exists."""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from api.sign_in import throttle
from infra.throttle import PostgresThrottle
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


def test_delays_double_up_to_a_quarter_of_an_hour(
    browser: Browser, hired: Hire, clock: Clock
) -> None:
    email = hired("Dirk").email
    clock.stop()
    waits: list[int] = []
    tries(browser, email, *["wrong"] * 4)
    for _ in range(11):
        failed, limited = tries(browser, email, "wrong", PASSWORD)
        assert (failed.status, limited.status) == (403, 429)
        waits.append(int(limited.headers["retry-after"]))
        clock.ahead += timedelta(seconds=waits[-1])
    doubled = [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    assert waits == doubled


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


def test_a_network_may_fail_thirty_times_over_all_accounts(product: Served) -> None:
    desk = product.desk
    counting = PostgresThrottle(desk.pool, desk.account)
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


def test_failures_are_forgotten_after_a_day(product: Served, desk_database: str) -> None:
    desk = product.desk
    counting = PostgresThrottle(desk.pool, desk.account)
    tried = [throttle.account("late@desk.example")]
    for _ in range(5):
        product.run(counting.take(tried, NOW))
    assert product.run(counting.take(tried, NOW)) is not None
    later = NOW + timedelta(days=1, seconds=1)
    assert product.run(counting.take([throttle.account("other")], later)) is None
    with psycopg.connect(desk_database) as connection:
        rows = connection.execute("SELECT last_at FROM acct_main.attempts").fetchall()
    assert rows == [(later,)]


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


@pytest.mark.parametrize("ip", [None, "", "unix", "testclient"])
def test_who_comes_from_no_address_is_counted_by_account_alone(ip: str | None) -> None:
    assert throttle.network(ip) == []


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
