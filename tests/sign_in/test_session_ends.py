"""How sessions end without anybody signing out: by time, and by what happens to their agent."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import msgspec
import psycopg
import pytest

from api.sign_in.people import People
from api.sign_in.proof import Proved
from domain import agent
from domain.application import Unauthorized, Wish
from domain.decider import Command
from domain.fact import Attribution
from domain.permissions import Role
from domain.session import CloseSession, OpenSession
from tests.mcp.company import Member
from tests.mcp.serving import Served, served
from tests.sign_in.browser import SESSION, Browser
from tests.sign_in.conftest import PASSWORD, Clock, give_password

Hire = Callable[[str], Member]


def test_a_session_that_nobody_uses_for_a_day_is_over(
    browser: Browser, hired: Hire, clock: Clock
) -> None:
    browser.sign_in(hired("Dora").email, PASSWORD)
    clock.ahead += timedelta(hours=23, minutes=59)
    assert browser.is_signed_in()
    clock.ahead += timedelta(hours=23, minutes=59)
    assert browser.is_signed_in()
    clock.ahead += timedelta(hours=24, minutes=1)
    assert not browser.is_signed_in()


def test_a_session_is_over_after_two_weeks_however_much_it_is_used(
    browser: Browser, hired: Hire, clock: Clock
) -> None:
    browser.sign_in(hired("Elsa").email, PASSWORD)
    for _ in range(14):
        assert browser.is_signed_in()
        clock.ahead += timedelta(hours=23, minutes=59)
    assert browser.is_signed_in()
    clock.ahead += timedelta(minutes=14)
    assert not browser.is_signed_in()


def test_a_session_used_by_another_process_is_not_idle(
    browser: Browser, hired: Hire, clock: Clock, product: Served, desk_database: str
) -> None:
    browser.sign_in(hired("Gerd").email, PASSWORD)
    assert browser.is_signed_in()
    with served(desk_database, clock) as other:
        clock.ahead += timedelta(hours=20)
        assert Browser(other.port, **{SESSION: browser.session}).is_signed_in()
    clock.ahead += timedelta(hours=20)
    assert browser.is_signed_in()
    assert product.port == browser.port


def test_a_session_that_idleness_ended_is_listed_no_more(
    browser: Browser, hired: Hire, clock: Clock, product: Served
) -> None:
    email = hired("Ines").email
    unused, used = Browser(product.port), Browser(product.port)
    unused.sign_in(email, PASSWORD)
    used.sign_in(email, PASSWORD)
    clock.ahead += timedelta(hours=20)
    assert used.is_signed_in()
    product.run(product.desk.authenticator.write_down_uses())
    browser.sign_in(email, PASSWORD)
    assert listed(browser) == 3
    clock.ahead += timedelta(hours=5)
    assert listed(browser) == 2
    assert [each.is_signed_in() for each in (unused, used, browser)] == [False, True, True]


def listed(browser: Browser) -> int:
    """Return how many sessions both the API and the page list."""
    sessions = msgspec.json.decode(browser.get("/api/v1/sessions").text)["sessions"]
    assert browser.get("/account").text.count("signed in <time") == len(sessions)
    return len(sessions)


def another_role(member: UUID) -> Command:
    return agent.ChangeRole(agent=member, role=Role.ADMIN)


def another_address(member: UUID) -> Command:
    return agent.ChangeEmail(agent=member, email=f"{member}@desk.example")


def deactivation(member: UUID) -> Command:
    return agent.DeactivateAgent(agent=member)


@pytest.mark.parametrize("change", [another_role, another_address, deactivation])
def test_what_happens_to_an_agent_ends_the_sessions_at_once(
    product: Served, hired: Hire, change: Callable[[UUID], Command]
) -> None:
    member = hired(change.__name__)
    browsers = [Browser(product.port) for _ in range(2)]
    for browser in browsers:
        browser.sign_in(member.email, PASSWORD)
        assert browser.is_signed_in()
    product.run(product.desk.execute(Wish(change(member.id))))
    assert not any(browser.is_signed_in() for browser in browsers)


def test_a_new_password_by_link_ends_the_sessions_at_once(
    product: Served, browser: Browser, hired: Hire
) -> None:
    member = hired("Rolf")
    browser.sign_in(member.email, PASSWORD)
    give_password(product, member, "another password")
    assert not browser.is_signed_in()
    assert browser.sign_in(member.email, PASSWORD).status == 403


def test_no_session_lives_that_was_opened_with_the_password_before(
    product: Served, browser: Browser, hired: Hire, desk_database: str
) -> None:
    member, words = hired("Ralf"), [PASSWORD, *(f"password number {n}" for n in range(12))]
    with ThreadPoolExecutor(1) as beside, psycopg.connect(desk_database) as connection:
        for old, new in pairwise(words):
            connection.execute("DELETE FROM acct_main.attempts")
            connection.commit()
            changed = beside.submit(give_password, product, member, new)
            browser.sign_in(member.email, old)
            changed.result()
            assert not browser.is_signed_in()


def test_who_proved_an_old_password_opens_nothing_once_it_is_another(
    product: Served, hired: Hire
) -> None:
    member, desk = hired("Rita"), product.desk
    people = People(desk.helpdesk)

    async def proved() -> Proved:
        authority = await desk.ledger.authority()
        person = await people.by_id(member.id)

        async def still_right() -> bool:
            return await people.by_id(member.id) == person

        by = Attribution(via="panel", agent=member.id)
        return Proved(by, authority, desk.ledger, still_right)

    def open_session(identity: Proved) -> None:
        opened = OpenSession(
            session=desk.helpdesk.new_id(),
            agent=member.id,
            digest=os.urandom(32).hex(),
            expires_at=desk.helpdesk.now() + timedelta(days=1),
        )
        product.run(desk.helpdesk.execute(identity, Wish(opened)))

    before, unrelated = product.run(proved()), product.run(proved())
    hired("Somebody else")
    open_session(unrelated)
    give_password(product, member, "another password")
    with pytest.raises(Unauthorized):
        open_session(before)


def test_a_session_that_is_ended_on_another_process_is_over_on_this_one(
    browser: Browser, hired: Hire, desk_database: str
) -> None:
    browser.sign_in(hired("Timo").email, PASSWORD)
    assert browser.is_signed_in()
    with served(desk_database) as other:
        elsewhere = Browser(other.port, **{SESSION: browser.session})
        assert elsewhere.submit("/account", "/logout").status == 303
    assert not browser.is_signed_in()


def test_sessions_that_ended_are_kept_in_the_view_with_the_reason(
    product: Served, browser: Browser, hired: Hire
) -> None:
    member = hired("Udo")
    for _ in range(2):
        browser.sign_in(member.email, PASSWORD)
        browser.submit("/account", "/logout")
    browser.sign_in(member.email, PASSWORD)
    desk = product.desk
    (alive,) = product.run(desk.views.list_sessions(member.id))
    assert (alive.agent.name, alive.client, alive.ip) == (member.name, "tests", "127.0.0.1")
    product.run(desk.execute(Wish(CloseSession(session=alive.id))))
    assert product.run(desk.views.list_sessions(member.id)) == []
    ended = product.run(desk.views.list_sessions(member.id, include_ended=True))
    assert [line.why for line in ended] == ["revoked", "signed_out", "signed_out"]
    assert all(line.ended_at for line in ended)
