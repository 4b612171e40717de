"""The whole way in a real browser, without scripts: it holds the pages' policy against redirects."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from domain.oauth_client import OAuthClient
from tests.chromium import FOUND, needs_chromium
from tests.mcp.serving import Served
from tests.oauth.oauth_callback import FRAMING, ONWARD, Callback, brought, listening
from tests.oauth.oauth_visiting import SITE, Person, arrive, asked_by, dynamic, keep, redeem
from tests.sign_in.conftest import PASSWORD

pytestmark = needs_chromium

PRIVATE = "cursor://anysphere.cursor-mcp/oauth/callback"


@pytest.fixture(scope="module")
def chromium(moving: tuple[Served, object]) -> Iterator[Browser]:  # noqa: ARG001 - see below
    """A browser that finds no host but this one.

    Its driver has an event loop in this thread, in which nobody else begins one meanwhile.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=FOUND, args=["--host-resolver-rules=MAP *.example ~NOTFOUND"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, product: Served) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=f"http://127.0.0.1:{product.port}", java_script_enabled=False
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def callback() -> Iterator[Callback]:
    with listening() as server:
        yield server


@pytest.fixture
def program(product: Served, callback: Callback) -> OAuthClient:
    """A program on this computer; it comes with another address each time."""
    return keep(product, dynamic(uuid4().hex, callback.uri(), callback.uri(ONWARD), PRIVATE, SITE))


@pytest.fixture
def person(product: Served) -> Person:
    return arrive(product, f"p{uuid4().hex}")


def sign_in(page: Page, person: Person) -> None:
    page.get_by_label("E-mail address").fill(person.member.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


def landed(page: Page, uri: str) -> dict[str, str]:
    """Wait until the browser is at the client; return what it brought."""
    page.wait_for_url(f"{uri}?*")
    return brought(page.url)


def left_for(page: Page, press: str) -> str:
    """Press a button that leads where nobody is; return where the browser tried to go."""
    # Leaving a page fails also what it was still being shown with.
    with page.expect_event(
        "requestfailed", lambda request: request.is_navigation_request()
    ) as failed:
        page.get_by_role("button", name=press).click(no_wait_after=True)
    return failed.value.url


def test_the_whole_way_leads_to_the_app_and_later_silently(
    page: Page, product: Served, person: Person, program: OAuthClient, callback: Callback
) -> None:
    page.goto(asked_by(program))
    sign_in(page, person)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Connect “")
    page.get_by_role("button", name="Approve").focus()
    page.keyboard.press("Enter")
    redeem(product, landed(page, callback.uri())["code"])

    page.goto("/account")
    page.locator("details.me summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(asked_by(program, state="later"))
    sign_in(page, person)
    assert landed(page, callback.uri())["state"] == "later"
    assert person.facts(product) == ["consent.granted", "consent.reused"]


def test_denying_leads_to_the_app(
    page: Page, person: Person, program: OAuthClient, callback: Callback
) -> None:
    page.goto(asked_by(program))
    sign_in(page, person)
    page.get_by_role("button", name="Deny").click()
    assert landed(page, callback.uri())["error"] == "access_denied"


def test_the_app_may_lead_on_to_another_site(
    page: Page, person: Person, program: OAuthClient, callback: Callback
) -> None:
    """Chromium holds `form-action` against every redirect that follows, whoever it is from."""
    page.goto(asked_by(program, callback.uri(ONWARD)))
    sign_in(page, person)
    page.get_by_role("button", name="Approve").click()
    there = callback.uri().replace("127.0.0.1", "localhost")
    assert landed(page, there)["code"]


@pytest.mark.parametrize("uri", [SITE, PRIVATE])
def test_a_site_and_a_private_scheme_are_gone_to(
    page: Page, person: Person, program: OAuthClient, uri: str
) -> None:
    page.goto(asked_by(program, uri))
    sign_in(page, person)
    assert left_for(page, "Approve").startswith(f"{uri}?code=")


def test_no_site_frames_the_page(
    page: Page, product: Served, person: Person, program: OAuthClient, callback: Callback
) -> None:
    page.goto(asked_by(program))
    sign_in(page, person)
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    callback.framed = f"http://127.0.0.1:{product.port}{asked_by(program)}"
    page.goto(callback.uri(FRAMING))
    assert page.frames[1].url.startswith("chrome-error:")


def test_on_a_phone_a_long_name_hides_no_button(
    page: Page, product: Served, person: Person
) -> None:
    host = f"{'long-name-' * 6}x.{'longer-name-' * 5}x.example"
    client = keep(product, dynamic(uuid4().hex, f"https://{host}/", name="W" * 200))
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(asked_by(client))
    sign_in(page, person)
    boxes = [page.get_by_role("button", name=name).bounding_box() for name in ("Approve", "Deny")]
    approve, deny = filter(None, boxes)
    assert (approve["width"], approve["height"]) == (deny["width"], deny["height"])
    for box in (
        approve,
        deny,
        page.locator("h1").bounding_box(),
        page.locator("dl").bounding_box(),
    ):
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
    text = page.locator("main").bounding_box()
    assert text
