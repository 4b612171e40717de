"""Requests that another site makes a browser send, and pages as other sites may not use them."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from api.cookies import clear_session, read_session, session_cookie_name, set_session
from api.csrf import csrf_token, is_same_origin
from domain.secret import SESSION as PREFIX
from domain.secret import encode_secret
from tests.mcp.company import Member
from tests.sign_in.browser import SESSION, Browser
from tests.sign_in.conftest import PASSWORD

Hire = Callable[[str], Member]
SECRET = encode_secret(PREFIX, bytes(range(32)))

OPEN = ("/login", "/setup", "/password")
CLOSED = ("/logout", "/account/password", "/account/sessions")


@pytest.mark.parametrize("path", [*OPEN, *CLOSED])
def test_a_form_of_another_site_is_refused(browser: Browser, hired: Hire, path: str) -> None:
    fields = tied_fields(browser, hired, path)
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = browser.post(path, fields, headers)
        assert (answer.status, "out of date" in answer.text) == (403, True), headers
    assert browser.is_signed_in() == (path in CLOSED)


@pytest.mark.parametrize("path", [*OPEN, *CLOSED])
def test_a_form_without_the_token_of_its_cookie_is_refused(
    browser: Browser, hired: Hire, path: str
) -> None:
    fields = tied_fields(browser, hired, path)
    for token in ("", "x", csrf_token(SECRET), "\u00e9"):
        assert browser.post(path, {**fields, "csrf": token}).status == 403
    del fields["csrf"]
    assert browser.post(path, fields).status == 403
    assert browser.is_signed_in() == (path in CLOSED)


def test_a_form_from_before_signing_in_is_no_good_afterwards(browser: Browser, hired: Hire) -> None:
    before = browser.get("/login").fields("/login")["csrf"]
    browser.sign_in(signed(hired, browser), PASSWORD)
    assert browser.post("/logout", {"csrf": before}).status == 403
    assert browser.is_signed_in()


def test_a_form_is_no_good_in_another_browser(browser: Browser, hired: Hire) -> None:
    email = signed(hired, browser)
    other = Browser(browser.port)
    other.sign_in(email, PASSWORD)
    browser.sign_in(email, PASSWORD)
    theirs = other.get("/account").fields("/logout")
    assert browser.post("/logout", theirs).status == 403


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{}", "application/json"),
        ("csrf=a", "text/plain"),
        ("a=%ff", "application/x-www-form-urlencoded"),
        ("\u00ff", "application/x-www-form-urlencoded"),
        ("&".join(f"a{n}=b" for n in range(1000)), "application/x-www-form-urlencoded"),
        ("a" * 70_000, "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_form_is_refused_with_a_page(browser: Browser, body: str, kind: str) -> None:
    answer = browser.send("POST", "/login", body, {"Content-Type": kind})
    assert answer.status in {400, 413}
    assert "<h1>" in answer.text


def test_a_host_that_is_not_ours_gets_no_page_to_sign_in(browser: Browser) -> None:
    answer = browser.get("/login", Host="evil.example")
    assert answer.status == 421
    assert "/login" not in answer.text
    assert not browser.cookies


@pytest.mark.parametrize("path", ["/login", "/account", "/setup?token=x", "/nowhere"])
def test_pages_tell_browsers_to_trust_nothing_else(
    browser: Browser, hired: Hire, path: str
) -> None:
    if path == "/account":
        browser.sign_in(signed(hired, browser), PASSWORD)
    answer = browser.get(path)
    policy = answer.headers["content-security-policy"]
    scripted = "; script-src 'self'; connect-src 'self'" if path == "/account" else ""
    assert policy == (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        f"frame-ancestors 'none'; base-uri 'none'{scripted}"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    hidden = "setup" in path
    assert answer.headers["referrer-policy"] == ("no-referrer" if hidden else "same-origin")
    for foreign in ("<script>", "style=", "http://", "https://"):
        assert foreign not in answer.text


def test_a_page_that_is_not_there_leads_on_and_machines_get_json(browser: Browser) -> None:
    answer = browser.get("/nowhere")
    assert answer.status == 404
    assert 'href="/"' in answer.text
    answer = browser.get("/nowhere", Accept="application/json")
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_the_style_is_ours(browser: Browser) -> None:
    answer = browser.get("/style.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert "prefers-color-scheme: dark" in answer.text
    assert answer.text.count("url(") == len(re.findall(r"url\(.?data:", answer.text))


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("https://desk.example", f"__Host-{SESSION}"),
        ("https://localhost:8443", f"__Host-{SESSION}"),
        ("http://127.0.0.1:8080", SESSION),
        ("http://localhost:8080", SESSION),
        ("http://[::1]:8080", SESSION),
        ("http://desk.example", SESSION),
    ],
)
def test_cookies_are_secure_and_for_one_host_by_https(base_url: str, name: str) -> None:
    assert session_cookie_name(base_url) == name
    cookie = set_session(SECRET, base_url, timedelta(days=14))
    assert (cookie.secure, cookie.httponly) == (name != SESSION, True)
    assert (cookie.path, cookie.domain, cookie.samesite) == ("/", None, "lax")
    assert cookie.max_age == 14 * 86_400
    assert clear_session(base_url).max_age == 0
    headers = {b"cookie": f"a=b; {name}=junk; {name}={SECRET}; x{name}=c".encode()}
    assert read_session(headers, base_url) == SECRET
    assert read_session({b"cookie": f"{name}=junk".encode()}, base_url) is None
    assert read_session({}, base_url) is None


@pytest.mark.parametrize(
    ("headers", "hidden", "same"),
    [
        ({}, False, True),  # a program
        ({b"origin": b"https://desk.example"}, False, True),
        ({b"origin": b"https://desk.example", b"sec-fetch-site": b"same-origin"}, False, True),
        ({b"sec-fetch-site": b"none"}, False, True),
        ({b"origin": b"https://desk.example.evil.example"}, False, False),
        ({b"origin": b"http://desk.example"}, False, False),
        ({b"origin": b"null"}, False, False),
        ({b"origin": b"null"}, True, True),
        ({b"origin": b"null", b"sec-fetch-site": b"cross-site"}, True, False),
        ({b"origin": b"https://desk.example", b"sec-fetch-site": b"cross-site"}, False, False),
        ({b"origin": b""}, False, False),
        ({b"origin": b"\xff"}, True, False),
    ],
)
def test_the_browsers_own_word_says_where_a_request_is_from(
    headers: dict[bytes, bytes], hidden: bool, same: bool
) -> None:
    assert is_same_origin(headers, ["https://desk.example"], hidden=hidden) is same


def tied_fields(browser: Browser, hired: Hire, path: str) -> dict[str, str]:
    """Return what a form of ours for this path would send from this browser."""
    email = signed(hired, browser)
    if path in OPEN:
        fields = browser.get("/login").fields("/login")
        return {**fields, "email": email, "password": PASSWORD}
    browser.sign_in(email, PASSWORD)
    return dict(browser.get("/account").fields("/logout"))


def signed(hired: Hire, browser: Browser) -> str:
    """Return the address of somebody who can sign in."""
    email = "hanna@desk.example"
    if Browser(browser.port).sign_in(email, PASSWORD).status != 303:
        hired("Hanna")
    return email
