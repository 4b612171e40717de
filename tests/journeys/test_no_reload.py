"""What scripts spare a reload, and the menu: the same pages without them are in the journeys."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from tests.chromium import needs_chromium
from tests.journeys.walking import Walker, walking
from tests.mcp.company import Ticket
from tests.mcp.serving import Served
from tests.panel.ticket_pages import path_of
from tests.sign_in.browser import Browser

pytestmark = needs_chromium


@pytest.fixture
def owner(chromium: Chromium, product: Served, olga: Browser) -> Iterator[Walker]:
    with walking(chromium, product, olga) as walker:
        yield walker


def test_tickets_are_found_while_one_types(owner: Walker, ticket: Ticket, word: str) -> None:
    page = owner.page
    owner.open("/tickets")
    page.evaluate("window.kept = true")
    page.get_by_label("Search").press_sequentially(word)
    expect(page.locator("#found h2")).to_have_text([f"About a {word}"])
    expect(page.locator("#live")).to_have_text("1 ticket")
    expect(page.locator("#found time")).not_to_contain_text("UTC")  # but told in one's own zone
    expect(page).to_have_url(re.compile(rf"/tickets\?query={word}$"))
    expect(page.get_by_label("Search")).to_be_focused()
    page.get_by_label("Resolved", exact=True).check()
    expect(page.locator("#found")).to_contain_text("No ticket fits")
    assert page.evaluate("window.kept")
    page.reload()
    expect(page.locator("#found")).to_contain_text("No ticket fits")
    assert ticket.code not in page.content()


def test_a_list_that_the_browser_kept_is_asked_for_anew(owner: Walker) -> None:
    """WebKit keeps pages by plain http, and empties their fields when it shows them again."""
    owner.open("/tickets")
    shown = "new PageTransitionEvent('pageshow', { persisted: true })"
    with owner.page.expect_event("load"):
        owner.page.evaluate(f"dispatchEvent({shown})")
    owner.at("Tickets")


def test_a_server_that_is_not_reached_is_said(owner: Walker) -> None:
    owner.open("/tickets")
    owner.page.route("**/tickets?*", lambda route: route.abort())
    owner.fill("Search", "a word")
    expect(owner.page.locator("#live")).to_have_text("The server was not reached. Try again.")
    assert owner.complaints.taken()


def test_an_action_leaves_the_page_and_what_is_half_written(owner: Walker, ticket: Ticket) -> None:
    page = owner.page
    page.set_viewport_size({"width": 1280, "height": 300})
    owner.open(path_of(ticket))
    page.get_by_label("Reply to").fill("Half of")
    # As by its corner; the policy allows no style that a swap would carry over.
    page.get_by_label("Reply to").evaluate("field => { field.style.height = '20rem' }")
    field = page.get_by_label("New tags")
    field.fill("checks")
    page.evaluate("window.at = scrollY")
    field.press("Enter")
    expect(page.locator("#live")).to_have_text("The tags are added.")
    expect(page.locator("aside .tags").first).to_contain_text("checks")
    assert page.evaluate("window.at > 0 && scrollY === window.at")
    expect(field).to_be_focused()
    owner.press("Resolve")
    expect(page.get_by_role("button", name="Reopen", exact=True)).to_be_visible()
    expect(page.get_by_label("Reply to")).to_have_value("Half of")
    owner.press("Write reply")
    expect(page.get_by_role("article").last).to_contain_text("Half of")
    expect(page.get_by_label("Reply to")).to_have_value("")
    assert page.evaluate("window.at > 0")


def test_what_went_wrong_with_an_action_is_shown(owner: Walker, ticket: Ticket) -> None:
    page = owner.page
    owner.open(path_of(ticket))
    page.evaluate("for (const one of document.getElementsByName('csrf')) one.value = 'x'")
    owner.press("Resolve")
    owner.at("This form is out of date")
    assert [complaint[:8] for complaint in owner.complaints.taken()] == ["403 POST"]
    owner.open(path_of(ticket))
    page.context.clear_cookies()
    owner.press("Resolve")
    owner.at("Sign in")


def test_the_menu_closes_by_escape_and_by_a_click_elsewhere(owner: Walker) -> None:
    page = owner.page
    owner.open("/account")
    menu = page.locator("details.me")
    menu.locator("summary").click()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()
    menu.locator("summary").click()
    expect(menu).to_have_attribute("open", "")
    page.get_by_role("heading", level=1).click()
    expect(menu).not_to_have_attribute("open", "")
