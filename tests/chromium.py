"""A real browser, where one is installed, and what it complains of while somebody walks through pages."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Request,
    Response,
    sync_playwright,
)

NAMES = ("chromium", "chromium-browser", "google-chrome")
FOUND = next(filter(None, map(shutil.which, NAMES)), None)
needs_chromium = pytest.mark.skipif(
    FOUND is None, reason=f"none of {', '.join(NAMES)} is installed"
)
# The browser says so in the console as well, without the address.
_OF_STATUS = "Failed to load resource: the server responded with a status of"
_MILLISECONDS = 20_000


@contextmanager
def launched(*arguments: str) -> Generator[Browser]:
    """A browser; its driver has an event loop in this thread, so nobody begins one meanwhile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=FOUND, args=arguments)
        yield browser
        browser.close()


class Complaints:
    """What a browser found wrong: policies broken, scripts failed, requests refused or failed."""

    def __init__(self, context: BrowserContext) -> None:
        self._found: list[str] = []
        context.set_default_timeout(_MILLISECONDS)
        context.on("console", self._said)
        context.on("weberror", lambda failed: self._found.append(str(failed.error)))
        context.on("response", self._answered)
        context.on("requestfailed", self._failed)

    def taken(self) -> list[str]:
        """Return what there is, and forget it."""
        found, self._found = self._found, []
        return found

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_OF_STATUS):
            self._found.append(message.text)

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._found.append(f"{response.status} {response.request.method} {response.url}")

    def _failed(self, request: Request) -> None:
        # Who goes on does not wait until the page before has all its pictures.
        if request.failure != "net::ERR_ABORTED":
            self._found.append(f"{request.failure} {request.method} {request.url}")
