"""The first owner's link: it works once, for a day, and only while there is no owner."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from domain.account import Account
from domain.application import Wish
from domain.budget import OpenBudget
from domain.permissions import Role
from infra.desk import projection_of
from infra.projector.rebuild import prepare_views
from tests.database import Databases
from tests.mcp.serving import Served, served
from tests.sign_in.browser import Browser
from tests.sign_in.conftest import PASSWORD, Clock
from tests.sign_in.links import setup_path

OLGA = {
    "name": "Olga Owner",
    "email": "olga@first.example",
    "password": PASSWORD,
    "again": PASSWORD,
}


@pytest.fixture
def begun(databases: Databases) -> Iterator[tuple[Served, Clock]]:
    """A served account with nobody in it yet."""
    clock = Clock()
    with databases.copy() as url:
        asyncio.run(prepare_views(url, projection_of(Account.named("main"))))
        with served(url, clock) as product:
            product.run(product.desk.execute(Wish(OpenBudget())))
            yield product, clock


def owners(product: Served) -> list[str]:
    product.settle()
    page = product.run(product.desk.views.list_agents())
    return [agent.name for agent in page.agents if agent.role == Role.OWNER]


def test_the_first_owner_comes_in_by_the_link_and_is_signed_in(
    begun: tuple[Served, Clock],
) -> None:
    product, _ = begun
    browser = Browser(product.port)
    unowned = "Nobody owns this helpdesk yet"
    assert unowned in browser.get("/login").text
    answer = browser.submit(setup_path(product), **OLGA)
    assert (answer.status, answer.location) == (303, "/account/mcp")
    assert unowned not in Browser(product.port).get("/login").text
    assert "Olga Owner" in browser.get("/account").text
    for query in ("", "?status=new", "?query=anything"):
        assert "There are no tickets yet" in browser.get(f"/tickets{query}").text
    empty = browser.get("/tickets/new").text
    assert "There is no department for it" in empty
    assert '<a href="/admin/departments">add the first</a>' in empty
    assert Browser(product.port).sign_in(OLGA["email"], PASSWORD).status == 303
    assert owners(product) == ["Olga Owner"]


def test_the_first_owner_gets_to_the_first_ticket_by_what_the_pages_offer(
    begun: tuple[Served, Clock],
) -> None:
    product, _ = begun
    browser = Browser(product.port)
    browser.submit(setup_path(product), **OLGA)
    assert "one can be chosen later" in browser.get("/admin/agents/new").text
    added = browser.submit("/admin/departments", "/admin/departments/add", name="Support")
    assert added.status == 303
    department = re.search(r"departments/([-0-9a-f]+)", added.location)
    assert department
    opened = browser.submit(
        "/tickets/new",
        "/tickets/open_ticket",
        subject="First",
        name="Cy",
        body="Hello?",
        department_id=department[1],
        priority="medium",
        channel="call",
    )
    assert opened.status == 303
    assert "Nobody works in Support yet." in browser.get(opened.location).text


def test_the_first_owner_comes_with_the_password_or_not_at_all(
    begun: tuple[Served, Clock],
) -> None:
    product, _ = begun
    Browser(product.port).submit(setup_path(product), **OLGA)
    with psycopg.connect(product.desk.settings.database_url) as connection:
        stored = connection.execute(
            "SELECT topic, xmin FROM acct_main.events "
            "WHERE topic IN ('agent.added', 'password.set') ORDER BY topic"
        ).fetchall()
        ((hashed,),) = connection.execute("SELECT xmin FROM acct_main.passwords").fetchall()
    assert stored == [("agent.added", hashed), ("password.set", hashed)]


def test_a_setup_link_works_once_and_only_while_there_is_no_owner(
    begun: tuple[Served, Clock],
) -> None:
    product, _ = begun
    first = Browser(product.port)
    path = setup_path(product)
    second = Browser(product.port)
    fields = second.get(path).fields("/setup")
    assert first.submit(path, **OLGA).status == 303
    answer = second.post("/setup", {**fields, **OLGA, "email": "two@first.example"})
    assert answer.status == 404
    assert "has an owner already" in answer.text
    assert not second.session
    for other in (path, setup_path(product)):
        answer = second.get(other)
        assert answer.status == 404
        assert 'href="/login"' in answer.text
    assert owners(product) == ["Olga Owner"]


def test_two_who_open_the_link_at_once_become_one_owner(begun: tuple[Served, Clock]) -> None:
    product, _ = begun
    path = setup_path(product)
    browsers = [Browser(product.port) for _ in range(8)]
    forms = [
        {**browser.get(path).fields("/setup"), **OLGA, "email": f"o{number}@first.example"}
        for number, browser in enumerate(browsers)
    ]

    def send(number: int) -> int:
        return browsers[number].post("/setup", forms[number]).status

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(send, range(8)))
    assert sorted(statuses) == [303, *[404] * 7]
    assert len(owners(product)) == 1


def test_of_setup_links_the_last_counts_for_a_day(begun: tuple[Served, Clock]) -> None:
    product, clock = begun
    browser = Browser(product.port)
    first, last = setup_path(product), setup_path(product)
    assert browser.get(first).status == 404
    clock.ahead += timedelta(hours=23, minutes=59)
    assert browser.get(last).status == 200
    fields = browser.get(last).fields("/setup")
    clock.ahead += timedelta(minutes=2)
    assert browser.get(last).status == 404
    assert browser.post("/setup", {**fields, **OLGA}).status == 404
    assert owners(product) == []


def test_a_setup_form_that_does_not_fit_is_shown_again_as_it_was(
    begun: tuple[Served, Clock],
) -> None:
    product, _ = begun
    browser = Browser(product.port)
    path = setup_path(product)
    for why, change in {
        "at least 10": {"password": "short", "again": "short"},
        "differ": {"again": "another password"},
        "no e-mail address": {"email": "no address"},
        "a name of 1 to 200": {"name": " "},
        "name of 1 to 200": {"name": "x" * 201},
        "address or your name": {"password": "olga owner", "again": "olga owner"},
    }.items():
        answer = browser.submit(path, **{**OLGA, **change})
        assert (answer.status, why in answer.refusal) == (400, True), answer.text
        kept = answer.fields("/setup")
        assert (kept["name"], kept["email"]) == (
            {**OLGA, **change}["name"],
            {**OLGA, **change}["email"],
        )
        assert kept["password"] == kept["again"] == ""
    assert owners(product) == []


def test_what_people_type_is_shown_as_text(begun: tuple[Served, Clock]) -> None:
    product, _ = begun
    browser = Browser(product.port)
    evil = '"><script>alert(1)</script>'
    answer = browser.submit(setup_path(product), **{**OLGA, "name": evil, "again": "x"})
    assert answer.status == 400
    assert "<script" not in answer.text
    assert answer.fields("/setup")["name"] == evil
    assert not re.search(r'value="[^"]*' + PASSWORD, answer.text)
