"""How many requests an address has: pages count, and what asks the database for its health."""

import http.client
from collections.abc import Iterator

import psycopg
import pytest

from tests.mcp.company import Company
from tests.mcp.serving import Served, served
from tests.sign_in.browser import Answer, Browser
from tests.sign_in.conftest import PASSWORD, give_password

LIMIT = 40


@pytest.fixture(autouse=True)
def nothing_counted(desk_database: str, company: Company) -> None:  # noqa: ARG001 - filled first
    with psycopg.connect(desk_database) as connection:
        connection.execute("DELETE FROM acct_main.rates")


@pytest.fixture
def limited(desk_database: str) -> Iterator[Served]:
    with served(desk_database, rate_per_address=LIMIT) as product:
        yield product


def first_refused(browser: Browser, path: str) -> Answer:
    """Ask for a page until there are no more requests; the minute may turn meanwhile, once."""
    for _ in range(2 * LIMIT + 1):
        answer = browser.get(path)
        if answer.status == http.client.TOO_MANY_REQUESTS:
            return answer
    raise AssertionError(f"{path} is answered any number of times")


@pytest.mark.parametrize(
    "path", ["/", "/login", "/account", "/setup?token=x", "/password?agent=x&token=y"]
)
def test_pages_are_for_so_many_requests_a_minute(limited: Served, path: str) -> None:
    browser = Browser(limited.port)
    refused = first_refused(browser, path)
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert "Too many requests. Try again in" in refused.text
    assert refused.headers["content-type"].startswith("text/html")
    # The page that says so is to look as all do.
    assert browser.get("/style.css").status == 200


def test_pages_leave_readiness_what_it_needs(limited: Served) -> None:
    browser = Browser(limited.port)
    first_refused(browser, "/login")
    assert browser.get("/health/ready").status == 200


def test_readiness_is_asked_so_many_times_a_minute(limited: Served) -> None:
    browser = Browser(limited.port)
    refused = first_refused(browser, "/health/ready")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.headers["content-type"] == "application/problem+json"
    assert browser.get("/health/live").status == 200


def test_who_is_told_to_wait_has_no_new_session(desk_database: str, company: Company) -> None:
    with served(desk_database, rate_per_credential=LIMIT) as product:
        ana = company.members["Ana"]
        give_password(product, ana, PASSWORD)
        browser = Browser(product.port)
        fields = browser.get("/login").fields("/login")
        browser.sign_in(ana.email, PASSWORD)
        first_refused(browser, "/account")
        answer = browser.post("/login", {**fields, "email": ana.email, "password": PASSWORD})
    with psycopg.connect(desk_database) as connection:
        opened = connection.execute(
            "SELECT count(*) FROM acct_main.events WHERE topic = 'session.opened'"
        ).fetchone()
    # Unless the minute has just turned.
    assert opened == ((1,) if answer.status == http.client.TOO_MANY_REQUESTS else (2,))
