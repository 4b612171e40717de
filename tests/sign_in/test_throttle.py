"""Guessing passwords: how often one may try, and that nothing tells whether an address exists."""

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from api.rates import RateLimited
from api.sign_in.hashing import Hashing
from api.sign_in.people import Visitor
from api.sign_in.service import SignIn
from domain.application import Helpdesk
from domain.ledger import Unavailable
from infra.desk import new_id, utc_now
from infra.event_store.ledger import PostgresLedger
from infra.pool import reading_pool
from tests.mcp.company import Member
from tests.mcp.serving import Served
from tests.sign_in.browser import Answer, Browser
from tests.sign_in.conftest import PASSWORD, Clock, failures_in

Hire = Callable[[str], Member]


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
        assert list(failures_in(connection).values()) == [0, 0]


def test_what_the_database_did_not_answer_is_no_failure(
    product: Served, hired: Hire, desk_database: str
) -> None:
    email, desk = hired("Frieda").email, product.desk
    gone = PostgresLedger(reading_pool(desk_database, 2), desk.account, desk.writer)
    helpdesk = Helpdesk(gone, desk.views, utc_now, new_id)
    hashing = Hashing(os.urandom)
    sign_in = SignIn(helpdesk, hashing, desk.throttle, os.urandom, timedelta(days=1))
    for _ in range(10):
        with pytest.raises(Unavailable):
            product.run(sign_in.sign_in(email, PASSWORD, Visitor(ip="203.0.113.16")))
    with psycopg.connect(desk_database) as connection:
        assert list(failures_in(connection).values()) == [0, 0]


def test_people_of_one_office_sign_in_at_one_moment(product: Served, hired: Hire) -> None:
    emails = [hired(name).email for name in ("Gerd", "Gesa", "Gitta")]
    sign_in = product.desk.entrance.sign_in

    async def all_at_once() -> None:
        visitor = Visitor(ip="203.0.113.17")
        await asyncio.gather(*(sign_in.sign_in(email, PASSWORD, visitor) for email in emails))

    for _ in range(5):
        product.run(all_at_once())


def test_an_unknown_address_takes_as_long_as_a_known_one(
    product: Served, hired: Hire, desk_database: str
) -> None:
    known, unknown = hired("Gina").email, "gone@desk.example"
    browser = Browser(product.port)
    fields = browser.get("/login").fields("/login")
    took: dict[str, list[float]] = {known: [], unknown: []}
    with psycopg.connect(desk_database, autocommit=True) as connection:
        for _ in range(15):
            for email, times in took.items():
                connection.execute("DELETE FROM acct_main.attempts")
                began = time.process_time()  # whoever else is at work must not count
                answer = browser.post("/login", {**fields, "email": email, "password": "wrong"})
                times.append(time.process_time() - began)
                assert answer.status == 403
    medians = [statistics.median(times) for times in took.values()]
    # Without a hash to verify the answer would come at least three times as fast.
    assert max(medians) < 1.5 * min(medians), medians
