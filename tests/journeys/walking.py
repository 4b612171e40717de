"""Somebody who walks through the panel in Chromium: finds things by what they are called, not how made."""

from collections.abc import Generator
from contextlib import contextmanager

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Locator, Page, expect

from tests.chromium import Complaints
from tests.mcp.serving import Served
from tests.sign_in.browser import Browser


class Walker:
    """One tab. `by_keys` presses and follows with the keyboard, else with the mouse."""

    def __init__(self, page: Page, complaints: Complaints, *, by_keys: bool) -> None:
        self.page = page
        self.complaints = complaints
        self._by_keys = by_keys

    def open(self, path: str) -> None:
        self.page.goto(path)

    def at(self, heading: str) -> None:
        """Wait for the page whose heading says so."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def choose(self, label: str, option: str) -> None:
        # A label around a list has the list's text, too.
        self.page.get_by_role("combobox", name=label, exact=True).select_option(option)

    def press(self, button: str, place: Locator | None = None) -> None:
        self._use((place or self.page).get_by_role("button", name=button, exact=True))

    def follow(self, link: str, place: Locator | None = None) -> None:
        self._use((place or self.page).get_by_role("link", name=link, exact=True))

    def unfold(self, summary: str, place: Locator | None = None) -> None:
        self._use((place or self.page).locator("summary", has_text=summary))

    def revoke(self, credential: str) -> None:
        """Revoke what the row of a table tells, and wait until it is gone."""
        row = self.row(credential)
        self.unfold("Revoke …", row)
        self.press("Yes, revoke it", row)
        expect(row).to_have_count(0)

    def row(self, text: str) -> Locator:
        """Return the row of a table that holds a text."""
        return self.page.get_by_role("row").filter(has_text=text)

    def menu(self, entry: str) -> None:
        """Take the way that the avatar's menu offers."""
        self.unfold(": menu")
        self.follow(entry, self.page.get_by_role("banner"))

    def sign_in(self, email: str, password: str) -> None:
        self.fill("E-mail address", email)
        self.fill("Password", password)
        self.press("Sign in")

    def is_in(self) -> None:
        """Wait for a page of the panel."""
        expect(self.page.locator("summary", has_text=": menu")).to_be_visible()

    def sign_out(self) -> None:
        self.unfold(": menu")
        self.press("Sign out")
        self.at("Sign in")

    def _use(self, found: Locator) -> None:
        if self._by_keys:
            found.press("Enter")
        else:
            found.click()


@contextmanager
def walking(
    chromium: Chromium,
    product: Served,
    signed_in: Browser | None = None,
    *,
    scripts: bool = True,
    timezone: str | None = None,
) -> Generator[Walker]:
    """Somebody with a browser of her own; without scripts she uses the keyboard.

    In the end the browser must have had nothing to complain of but what the walker took.
    """
    at = f"http://127.0.0.1:{product.port}"
    context = chromium.new_context(
        base_url=at,
        java_script_enabled=scripts,
        timezone_id=timezone,
        permissions=["clipboard-read", "clipboard-write"],
    )
    complaints = Complaints(context)
    cookies = signed_in.cookies if signed_in else {}
    for name, value in cookies.items():
        context.add_cookies([{"name": name, "value": value, "url": at}])
    yield Walker(context.new_page(), complaints, by_keys=not scripts)
    found = complaints.taken()
    context.close()
    assert not found, found
