"""Takes the README's pictures of the demo: `python -m tests.panel.screenshots`."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from playwright.sync_api import Browser, Page, sync_playwright

from tests.chromium import FOUND
from tests.conformance.demo import served_demo
from tests.mcp.wire import CLIENT_INFO, call

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
OWNER, PASSWORD = "owner@demo.example", "a few words in a row"
SIZE = (1280, 800)
APP = {
    "client_name": "Claude Code",
    "redirect_uris": ["http://localhost:33418/callback"],
    "token_endpoint_auth_method": "none",
}
# The challenge of RFC 7636, appendix B.
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def take(browser: Browser, at: str, link: str, token: str) -> None:
    context = browser.new_context(
        base_url=at,
        viewport={"width": SIZE[0], "height": SIZE[1]},
        color_scheme="light",
        timezone_id="Europe/Berlin",
        locale="en-GB",
    )
    page = context.new_page()
    sign_in(page, link)
    page.goto("/tickets")
    picture(page, "tickets")
    page.locator("main h2 a").first.click()
    act(page, at, token)
    picture(page, "ticket")
    page.get_by_role("heading", name="History").evaluate("heading => heading.scrollIntoView()")
    picture(page, "history")
    page.goto("/account/mcp")
    picture(page, "mcp-integration")
    page.goto(f"/oauth/authorize?{asked(at)}")
    picture(page, "consent")
    page.goto("/audit")
    picture(page, "audit")
    context.close()


def sign_in(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    page.get_by_label("E-mail address").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/tickets")


def act(page: Page, at: str, token: str) -> None:
    """Have a client do what an assistant does, so that the history and the audit trail tell of it."""
    code = page.url.rpartition("/")[2]
    for tool, arguments in (
        ("search_tickets", {"query": "Steuerrohr"}),
        ("get_ticket_context", {"ticket_id": code}),
        ("reopen_ticket", {"ticket_id": code}),
        ("add_tags", {"ticket_id": code, "tags": ["recall"]}),
        ("list_departments", {}),
        ("transfer_ticket", {"ticket_id": code, "department_id": "Warranty"}),
        ("resolve_ticket", {"ticket_id": code}),
    ):
        meta = {CLIENT_INFO: {"name": "Claude Code", "version": "2.1"}}
        request = call(token, tool, meta, **arguments)
        assert request.send(urlsplit(at).port or 80).status == 200
    page.reload()


def asked(at: str) -> str:
    client = httpx2.post(f"{at}/oauth/register", json=APP).json()["client_id"]
    return str(
        httpx2.QueryParams(
            response_type="code",
            client_id=client,
            redirect_uri=APP["redirect_uris"][0],
            code_challenge=CHALLENGE,
            code_challenge_method="S256",
            state="s",
        )
    )


def picture(page: Page, name: str) -> None:
    page.screenshot(path=FOLDER / f"{name}.png")
    sys.stdout.write(f"docs/screenshots/{name}.png\n")


def main() -> None:
    if FOUND is None:
        raise SystemExit("no Chromium is installed")
    FOLDER.mkdir(exist_ok=True)
    with served_demo() as demo, sync_playwright() as playwright:
        url = urlsplit(demo.url)
        at = f"{url.scheme}://{url.netloc}"
        browser = playwright.chromium.launch(executable_path=FOUND)
        take(browser, at, demo.link, demo.token)
        browser.close()


if __name__ == "__main__":
    main()
