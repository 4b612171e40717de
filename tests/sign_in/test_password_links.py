"""The link to set a password: it works once, for an hour, for one agent; and what is no link."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from domain.agent import ChangeEmail, DeactivateAgent, ReactivateAgent
from domain.application import Wish
from tests.mcp.company import Member
from tests.mcp.serving import Served
from tests.sign_in.browser import Browser
from tests.sign_in.conftest import PASSWORD, Clock
from tests.sign_in.links import reset_path

Hire = Callable[[str], Member]


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
