"""The panel in a real browser: for all senses and sizes, and with its script, which spares a hand."""

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from axe_playwright_python.sync_playwright import (  # pyright: ignore[reportMissingTypeStubs] - it has none
    Axe,
)
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from domain.permissions import Role
from tests.chromium import FOUND, needs_chromium
from tests.mcp.company import Ticket
from tests.mcp.serving import Served
from tests.oauth.oauth_visiting import Person, arrive
from tests.panel.ticket_pages import path_of
from tests.sign_in.conftest import PASSWORD

pytestmark = needs_chromium

MCP = "/account/mcp"
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
# What axe itself files under it: WCAG 2.2 AA, and what it knows to be good besides.
PAGES = (
    "/account",
    MCP,
    "/tickets",
    "/audit",
    "/admin/agents",
    "/admin/clients",
    "/admin/budget",
)


@pytest.fixture(scope="module")
def person(product: Served) -> Person:
    return arrive(product, "Bea", Role.OWNER)


@pytest.fixture(scope="module")
def chromium(person: Person) -> Iterator[Browser]:  # noqa: ARG001 - see below
    """A browser; its driver has an event loop in this thread, so nobody begins one meanwhile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=FOUND)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, product: Served, person: Person) -> StorageState:
    """What the browser keeps once the person has signed in."""
    context = chromium.new_context(base_url=address(product))
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("E-mail address").fill(person.member.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: not url.endswith("/login"))
    kept = context.storage_state()
    context.close()
    return kept


def address(product: Served) -> str:
    return f"http://127.0.0.1:{product.port}"


@pytest.fixture
def said(page: Page) -> list[str]:
    """What the browser complained of so far: scripts that failed, policies that were broken."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text) if message.type in {"error", "warning"} else None
        ),
    )
    return complaints


@pytest.fixture
def page(chromium: Browser, product: Served, signed_in: StorageState) -> Iterator[Page]:
    """A tab of somebody who is signed in."""
    context = chromium.new_context(
        base_url=address(product),
        storage_state=signed_in,
        permissions=["clipboard-read", "clipboard-write"],
        timezone_id="Asia/Tokyo",
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def violations(page: Page) -> str:
    """Return what axe has against a page, or nothing."""
    found: Any = cast("Any", Axe()).run(page)  # which has no types
    return found.generate_report() if found.response["violations"] else ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/login", *PAGES])
def test_a_page_is_for_all_senses_and_keeps_to_its_policy(
    page: Page, said: list[str], path: str, size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    if path == "/login":
        page.context.clear_cookies()
    page.goto(path)
    assert violations(page) == ""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert said == []


def test_a_new_token_is_copied_by_a_button(page: Page, said: list[str]) -> None:
    page.goto(MCP)
    page.get_by_label("What for").fill("Browser")
    page.get_by_role("button", name="Generate token").click()
    shown = page.get_by_label("Browser", exact=True).input_value()
    page.get_by_role("button", name="Copy the token").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == shown
    assert violations(page) == ""
    assert said == []


def test_times_are_the_viewers_with_the_exact_one_beside(page: Page) -> None:
    page.goto("/account")
    time = page.locator("time").first
    exact = time.get_attribute("datetime") or ""
    told = page.evaluate(
        "at => new Intl.DateTimeFormat([], {dateStyle: 'medium', timeStyle: 'short', "
        "timeZone: 'Asia/Tokyo'}).format(new Date(at))",
        exact,
    )
    expect(time).to_have_text(told)
    assert (time.get_attribute("title") or "").endswith("UTC")


def test_the_avatar_leads_to_the_integration_by_keyboard_alone(page: Page) -> None:
    page.goto("/account")
    page.locator("details.me summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Edit profile")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/account")
    page.get_by_role("link", name="MCP Integration").press("Enter")
    page.wait_for_url(f"**{MCP}")
    expect(page.get_by_role("heading", name="MCP Integration")).to_be_visible()


def test_tickets_are_found_while_one_types(
    page: Page, said: list[str], ticket: Ticket, word: str
) -> None:
    page.goto("/tickets")
    page.evaluate("window.kept = true")
    page.get_by_label("Search").press_sequentially(word)
    expect(page.locator("#found h2")).to_have_text([f"About a {word}"])
    expect(page.locator("#live")).to_have_text("1 ticket")
    expect(page).to_have_url(re.compile(rf"/tickets\?query={word}$"))
    expect(page.get_by_label("Search")).to_be_focused()
    page.get_by_label("Resolved", exact=True).check()
    expect(page.locator("#found")).to_contain_text("No ticket fits")
    assert page.evaluate("window.kept")
    assert violations(page) == ""
    assert said == []
    page.reload()
    expect(page.locator("#found")).to_contain_text("No ticket fits")
    assert ticket.code not in page.content()


def test_an_action_leaves_the_page_where_it_is(page: Page, said: list[str], ticket: Ticket) -> None:
    page.set_viewport_size({"width": 1280, "height": 300})
    page.goto(path_of(ticket))
    field = page.get_by_label("New tags")
    field.fill("checks")
    page.evaluate("window.at = scrollY")
    field.press("Enter")
    expect(page.locator("#live")).to_have_text("The tags are added.")
    expect(page.locator("aside .tags").first).to_contain_text("checks")
    assert page.evaluate("window.at > 0 && scrollY === window.at")
    expect(field).to_be_focused()
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.get_by_role("button", name="Reopen", exact=True)).to_be_visible()
    assert page.evaluate("window.at > 0")
    assert violations(page) == ""
    assert said == []


def test_what_went_wrong_with_an_action_is_shown(page: Page, ticket: Ticket) -> None:
    page.goto(path_of(ticket))
    page.evaluate("for (const one of document.getElementsByName('csrf')) one.value = 'x'")
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.get_by_role("heading", name="This form is out of date")).to_be_visible()
    page.goto(path_of(ticket))
    page.context.clear_cookies()
    page.get_by_role("button", name="Resolve", exact=True).click()
    page.wait_for_url("**/login*")


def test_the_menu_closes_by_escape_and_by_a_click_elsewhere(page: Page) -> None:
    page.goto("/account")
    menu = page.locator("details.me")
    menu.locator("summary").click()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()
    menu.locator("summary").click()
    expect(menu).to_have_attribute("open", "")
    page.get_by_role("heading", name="Your account").click()
    expect(menu).not_to_have_attribute("open", "")
