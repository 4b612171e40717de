"""Signing in and out, and one's own account."""

from collections.abc import Callable

import psycopg
import pytest
from argon2 import PasswordHasher
from psycopg.sql import SQL, Identifier

from domain.secret import SESSION as PREFIX
from domain.secret import encode_secret
from tests.mcp.company import Member
from tests.sign_in.browser import SESSION, Browser
from tests.sign_in.conftest import PASSWORD

Hire = Callable[[str], Member]


def test_whoever_has_the_password_comes_in_and_goes_out_again(
    browser: Browser, hired: Hire
) -> None:
    ines = hired("Ines")
    answer = browser.sign_in(ines.email, PASSWORD)
    assert (answer.status, answer.location) == (303, "/")
    page = browser.get("/account")
    assert ines.name in page.text
    assert ines.email in page.text
    was = browser.session
    answer = browser.submit("/account", "/logout")
    assert (answer.status, answer.location) == (303, "/login?done=out")
    assert not browser.session
    browser.cookies[SESSION] = was
    assert not browser.is_signed_in()


def test_case_and_space_around_an_address_do_not_matter(browser: Browser, hired: Hire) -> None:
    hired("Cass")
    assert browser.sign_in("  CASS@Desk.Example ", PASSWORD).status == 303


def test_a_password_may_be_typed_in_other_code_points(browser: Browser, hired: Hire) -> None:
    nora = hired("Nora")
    browser.sign_in(nora.email, PASSWORD)
    composed, decomposed = "Gr\u00fc\u00dfe an alle", "Gru\u0308\u00dfe an alle"
    change = {"current": PASSWORD, "password": decomposed, "again": decomposed}
    assert browser.submit("/account", "/account/password", **change).status == 303
    assert Browser(browser.port).sign_in(nora.email, composed).status == 303


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("wanda@desk.example", "not the password"),
        ("nobody@desk.example", PASSWORD),
        ("ida@desk.example", PASSWORD),  # deactivated
        ("ivo@desk.example", PASSWORD),  # no seat
        ("ana@desk.example", PASSWORD),  # never had a password
        ("wanda@desk.example", ""),
        ("wanda@desk.example", "x" * 5_000),
        ("", ""),
        ("\u0000\u00e9", "\u0000" * 20),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(
    browser: Browser, hired: Hire, email: str, password: str
) -> None:
    if not browser.sign_in("wanda@desk.example", PASSWORD).location:
        hired("Wanda")
    browser.cookies.clear()
    answer = browser.sign_in(email, password)
    expected = Browser(browser.port).sign_in("somebody@else.example", "something else")
    assert (answer.status, answer.refusal) == (expected.status, expected.refusal)
    assert answer.status == 403
    assert answer.refusal.startswith("The address or the password is not right.")
    assert not browser.session


def test_who_is_sent_on_is_sent_nothing_else(browser: Browser) -> None:
    onward = browser.get("/account")
    assert (onward.status, onward.location) == (303, "/login?next=/account")
    assert (onward.text, onward.headers["content-length"]) == ("", "0")


def test_a_planted_session_is_not_kept(browser: Browser, hired: Hire) -> None:
    fritz = hired("Fritz")
    planted = encode_secret(PREFIX, bytes(32))
    browser.cookies[SESSION] = planted
    assert browser.sign_in(fritz.email, PASSWORD).status == 303
    assert browser.session not in {planted, ""}
    assert not Browser(browser.port, **{SESSION: planted}).is_signed_in()


def test_signing_in_gives_a_new_session_and_ends_the_one_before(
    browser: Browser, hired: Hire
) -> None:
    sofia = hired("Sofia")
    login = browser.get("/login").fields("/login")
    browser.sign_in(sofia.email, PASSWORD)
    first = browser.session
    again = {**login, "email": sofia.email, "password": PASSWORD}
    assert browser.post("/login", again).status == 303
    assert browser.session not in {first, ""}
    assert browser.is_signed_in()
    assert not Browser(browser.port, **{SESSION: first}).is_signed_in()


def test_another_password_gives_a_new_session_and_ends_all_others(
    browser: Browser, hired: Hire
) -> None:
    paula = hired("Paula")
    other = Browser(browser.port)
    for each in (browser, other):
        each.sign_in(paula.email, PASSWORD)
    was = browser.session
    change = {"current": PASSWORD, "password": "another password", "again": "another password"}
    assert browser.submit("/account", "/account/password", **change).status == 303
    assert browser.session not in {was, ""}
    assert browser.is_signed_in()
    assert not other.is_signed_in()
    assert not Browser(browser.port, **{SESSION: was}).is_signed_in()
    assert other.sign_in(paula.email, PASSWORD).status == 403
    assert other.sign_in(paula.email, "another password").status == 303


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"current": "wrong"}, "current password"),
        ({"password": "short", "again": "short"}, "at least 10"),
        ({"again": "something else"}, "differ"),
        ({"password": "PIA@desk.example", "again": "PIA@desk.example"}, "address or your name"),
    ],
)
def test_a_password_that_is_not_taken_changes_nothing(
    browser: Browser, hired: Hire, change: dict[str, str], why: str
) -> None:
    if browser.sign_in("pia@desk.example", PASSWORD).status != 303:
        hired("Pia")
        browser.sign_in("pia@desk.example", PASSWORD)
    good = {"current": PASSWORD, "password": "another password", "again": "another password"}
    answer = browser.submit("/account", "/account/password", **{**good, **change})
    assert answer.status in {400, 403}
    assert why in answer.refusal
    assert browser.is_signed_in()
    assert Browser(browser.port).sign_in("pia@desk.example", PASSWORD).status == 303


def test_ones_sessions_are_listed_and_each_can_be_ended(browser: Browser, hired: Hire) -> None:
    lena = hired("Lena")
    other = Browser(browser.port)
    for each in (browser, other):
        each.sign_in(lena.email, PASSWORD)
    page = browser.get("/account")
    assert page.text.count("signed in <time") == 2
    assert page.text.count("this browser") == 1
    assert browser.submit("/account", "/account/sessions").status == 303
    assert not other.is_signed_in()
    assert browser.get("/account").text.count("signed in <time") == 1


@pytest.mark.parametrize(
    ("user_agent", "shown"),
    [
        (
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/138.0.0.0 Safari/537.36"
            ),
            "Chrome on Linux",
        ),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0"
            ),
            "Edge on Windows",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
                "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
            ),
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
            "Firefox on Android",
        ),
        ("<b>script</b>/1.0", "&lt;b&gt;script&lt;/b&gt;/1.0"),
    ],
)
def test_a_browser_is_shown_by_its_name(
    browser: Browser, hired: Hire, user_agent: str, shown: str
) -> None:
    if browser.sign_in("tess@desk.example", PASSWORD).status != 303:
        hired("Tess")
    browser.cookies.clear()
    fields = browser.get("/login").fields("/login")
    form = {**fields, "email": "tess@desk.example", "password": PASSWORD}
    assert browser.post("/login", form, {"User-Agent": user_agent}).status == 303
    assert f"<p>{shown}<br>" in browser.get("/account").text


def test_a_session_of_somebody_else_cannot_be_ended(browser: Browser, hired: Hire) -> None:
    mia, zoe = hired("Mia"), hired("Zoe")
    other = Browser(browser.port)
    browser.sign_in(mia.email, PASSWORD)
    other.sign_in(zoe.email, PASSWORD)
    Browser(browser.port).sign_in(mia.email, PASSWORD)
    third = Browser(browser.port)
    third.sign_in(zoe.email, PASSWORD)
    theirs = other.get("/account").fields("/account/sessions")["session"]
    assert browser.submit("/account", "/account/sessions", session=theirs).status == 403
    assert third.is_signed_in()


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("/account?done=password", "/account?done=password"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\u00e9", "/"),
        ("/a\r\nSet-Cookie: a=b", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_one_goes_on_to_pages_of_ours_only(
    browser: Browser, hired: Hire, asked: str, given: str
) -> None:
    if browser.sign_in("nele@desk.example", PASSWORD).status != 303:
        hired("Nele")
    browser.cookies.clear()
    form = {"email": "nele@desk.example", "password": PASSWORD, "next": asked}
    answer = browser.submit("/login", **form)
    assert (answer.status, answer.location) == (303, given)


def test_whoever_is_not_signed_in_is_led_to_the_page_and_back(
    browser: Browser, hired: Hire
) -> None:
    rosa = hired("Rosa")
    answer = browser.get("/account")
    assert (answer.status, answer.location) == (303, "/login?next=/account")
    browser.sign_in(rosa.email, PASSWORD)
    assert browser.get("/login?next=/account").location == "/account"


def test_a_hash_of_weaker_parameters_is_made_anew_when_its_owner_signs_in(
    browser: Browser, hired: Hire, desk_database: str
) -> None:
    member = hired("Yara")
    other = Browser(browser.port)
    other.sign_in(member.email, PASSWORD)
    weaker = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    with psycopg.connect(desk_database, autocommit=True) as connection:
        connection.execute(
            "UPDATE acct_main.passwords SET hash = %s WHERE agent = %s", (weaker, member.id)
        )
        assert browser.sign_in(member.email, "wrong").status == 403
        query = "SELECT hash FROM acct_main.passwords WHERE agent = %s"
        assert connection.execute(query, (member.id,)).fetchone() == (weaker,)
        assert browser.sign_in(member.email, PASSWORD).status == 303
        (made,) = connection.execute(query, (member.id,)).fetchone() or ("",)
    assert made.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert other.is_signed_in()
    assert Browser(browser.port).sign_in(member.email, PASSWORD).status == 303


def test_neither_password_nor_session_is_anywhere_in_the_database_but_hashed(
    browser: Browser, hired: Hire, desk_database: str
) -> None:
    vera = hired("Vera")
    browser.sign_in(vera.email, PASSWORD)
    with psycopg.connect(desk_database) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname LIKE 'acct_main%'"
        ).fetchall()
        assert tables
        for table in tables:
            every = SQL("SELECT t::text FROM {} AS t").format(Identifier(*table))
            for (row,) in connection.execute(every):
                for secret in (PASSWORD, browser.session):
                    assert secret not in row
                    assert secret.encode().hex() not in row
        hashes = connection.execute("SELECT hash FROM acct_main.passwords").fetchall()
    assert all(made.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for (made,) in hashes)
