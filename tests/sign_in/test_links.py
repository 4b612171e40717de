"""One-time links: the first owner's, and the one to set a password."""

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest

from api.sign_in.links import password_url, setup_url
from domain.account import Account
from domain.agent import ChangeEmail, DeactivateAgent, ReactivateAgent
from domain.application import Wish
from domain.budget import OpenBudget
from domain.permissions import Role
from infra.desk import projection_of
from infra.projector.rebuild import prepare_views
from tests.database import Databases
from tests.mcp.company import Member
from tests.mcp.serving import Served, served
from tests.sign_in.browser import Browser
from tests.sign_in.conftest import PASSWORD, Clock

Hire = Callable[[str], Member]
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


def setup_path(product: Served) -> str:
    secret = product.run(product.desk.entrance.links.issue_setup("cli"))
    return path_of(setup_url("http://x", secret))


def reset_path(product: Served, member: UUID) -> str:
    secret = product.run(product.desk.entrance.links.issue_reset(member, "cli"))
    return path_of(password_url("http://x", member, secret))


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def owners(product: Served) -> list[str]:
    product.settle()
    page = product.run(product.desk.views.list_agents())
    return [agent.name for agent in page.agents if agent.role == Role.OWNER]


def test_the_first_owner_comes_in_by_the_link_and_is_signed_in(
    begun: tuple[Served, Clock],
) -> None:
    product, _ = begun
    browser = Browser(product.port)
    answer = browser.submit(setup_path(product), **OLGA)
    assert (answer.status, answer.location) == (303, "/account/mcp")
    assert "Olga Owner" in browser.get("/account").text
    for query in ("", "?status=new", "?query=anything"):
        assert "There are no tickets yet" in browser.get(f"/tickets{query}").text
    empty = browser.get("/tickets/new").text
    assert "There is no department for it" in empty
    assert '<a href="/admin/departments">add the first</a>' in empty
    assert Browser(product.port).sign_in(OLGA["email"], PASSWORD).status == 303
    assert owners(product) == ["Olga Owner"]


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


def test_a_reset_link_works_once(product: Served, hired: Hire, browser: Browser) -> None:
    member = hired("Gabi")
    path = reset_path(product, member.id)
    assert f"<strong>{member.email}</strong>" in browser.get(path).text
    new = {"password": "another password", "again": "another password"}
    differing = browser.submit(path, **{**new, "again": "yet another password"})
    assert (differing.status, f"<strong>{member.email}</strong>" in differing.text) == (400, True)
    answer = browser.submit(path, **new)
    assert (answer.status, answer.location) == (303, "/login?done=password")
    assert "Your password is set" in browser.get(answer.location).text
    assert not browser.session
    answer = browser.get(path)
    assert (answer.status, 'href="/login"' in answer.text) == (404, True)
    assert browser.sign_in(member.email, PASSWORD).status == 403
    assert browser.sign_in(member.email, "another password").status == 303


def test_two_who_send_a_reset_form_at_once_set_one_password(
    product: Served, hired: Hire, browser: Browser
) -> None:
    member = hired("Hugo")
    path = reset_path(product, member.id)
    fields = browser.get(path).fields("/password")
    words = [f"password number {number}" for number in range(8)]

    def send(word: str) -> int:
        mine = Browser(product.port, **browser.cookies)
        return mine.post("/password", {**fields, "password": word, "again": word}).status

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(send, words))
    assert sorted(statuses) == [303, *[404] * 7]
    right = words[statuses.index(303)]
    assert browser.sign_in(member.email, right).status == 303


def test_a_reset_link_is_dead_after_an_hour(
    product: Served, hired: Hire, browser: Browser, clock: Clock
) -> None:
    member = hired("Inga")
    path = reset_path(product, member.id)
    clock.ahead += timedelta(minutes=59)
    fields = browser.get(path).fields("/password")
    clock.ahead += timedelta(minutes=2)
    assert browser.get(path).status == 404
    new = {"password": "another password", "again": "another password"}
    assert browser.post("/password", {**fields, **new}).status == 404
    clock.ahead = timedelta()
    assert browser.sign_in(member.email, PASSWORD).status == 303


def test_a_reset_link_is_dead_once_the_password_is_another_or_there_is_a_newer_one(
    product: Served, hired: Hire, browser: Browser
) -> None:
    member = hired("Jens")
    first, last = reset_path(product, member.id), reset_path(product, member.id)
    assert [browser.get(path).status for path in (first, last)] == [404, 200]
    other = Browser(product.port)
    other.sign_in(member.email, PASSWORD)
    change = {"current": PASSWORD, "password": "another password", "again": "another password"}
    other.submit("/account", "/account/password", **change)
    assert browser.get(last).status == 404


def test_a_reset_link_is_dead_once_the_address_is_another(
    product: Served, hired: Hire, browser: Browser
) -> None:
    member = hired("Jana")
    path = reset_path(product, member.id)
    fields = browser.get(path).fields("/password")
    product.run(product.desk.execute(Wish(ChangeEmail(agent=member.id, email="jana@new.example"))))
    assert browser.get(path).status == 404
    new = {"password": "another password", "again": "another password"}
    assert browser.post("/password", {**fields, **new}).status == 404
    assert browser.sign_in("jana@new.example", PASSWORD).status == 303
    assert browser.get(reset_path(product, member.id)).status == 200


def test_a_reset_link_does_not_outlive_leaving_and_coming_back(
    product: Served, hired: Hire, browser: Browser
) -> None:
    member = hired("Jule")
    path = reset_path(product, member.id)
    for command in (DeactivateAgent(agent=member.id), ReactivateAgent(agent=member.id)):
        product.run(product.desk.execute(Wish(command)))
        assert browser.get(path).status == 404


@pytest.mark.parametrize(
    "asked", ["", "?agent=x&token=y", "?agent=00000000-0000-0000-0000-000000000000", "?token=%00"]
)
@pytest.mark.parametrize("path", ["/setup", "/password"])
def test_what_is_no_link_opens_nothing_and_leads_on(
    browser: Browser, path: str, asked: str
) -> None:
    answer = browser.get(path + asked)
    assert answer.status == 404
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert 'href="/login"' in answer.text


def test_a_link_of_one_agent_opens_no_other(product: Served, hired: Hire, browser: Browser) -> None:
    kurt, lars = hired("Kurt"), hired("Lars")
    path = reset_path(product, kurt.id)
    assert browser.get(path.replace(str(kurt.id), str(lars.id))).status == 404


def test_a_form_that_is_wrong_is_shown_again_and_the_link_stays_good(
    product: Served, hired: Hire, browser: Browser
) -> None:
    member = hired("Moni")
    path = reset_path(product, member.id)
    answer = browser.submit(path, password="short", again="short")  # noqa: S106 - refused
    assert (answer.status, "at least 10" in answer.refusal) == (400, True)
    new = {"password": "another password", "again": "another password"}
    assert browser.post("/password", {**answer.fields("/password"), **new}).status == 303


def test_what_people_type_is_shown_as_text(begun: tuple[Served, Clock]) -> None:
    product, _ = begun
    browser = Browser(product.port)
    evil = '"><script>alert(1)</script>'
    answer = browser.submit(setup_path(product), **{**OLGA, "name": evil, "again": "x"})
    assert answer.status == 400
    assert "<script" not in answer.text
    assert answer.fields("/setup")["name"] == evil
    assert not re.search(r'value="[^"]*' + PASSWORD, answer.text)
