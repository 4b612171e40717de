"""Pages that answer: to strangers, to apps, to what is done, and to what cannot be done; and who frames them."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from api.sign_in.links import password_url
from tests.chromium import needs_chromium
from tests.journeys.accessible import faults_of
from tests.journeys.conftest import setup_path
from tests.journeys.walking import Walker, walking
from tests.mcp.company import Company
from tests.mcp.serving import Served
from tests.oauth.oauth_callback import FRAMING, listening
from tests.oauth.oauth_visiting import asked_by, dynamic, keep
from tests.sign_in.browser import Browser

pytestmark = needs_chromium


def generate(walker: Walker) -> None:
    walker.open("/account/mcp")
    walker.fill("What for", "Laptop")
    walker.press("Generate token")
    walker.at("Your new access token")


def try_out(walker: Walker) -> None:
    walker.open("/account/mcp")
    walker.press("Test the connection")
    walker.at("Connection test")


def add_somebody(walker: Walker) -> None:
    walker.open("/admin/agents/new")
    walker.fill("Name", "Nils")
    walker.fill("E-mail address", "nils@desk.example")
    walker.press("Add agent")
    walker.at("Password link")


def register(walker: Walker) -> None:
    walker.open("/admin/clients")
    walker.fill("Name", "Wiki")
    walker.fill("Redirect URIs", "https://wiki.example/callback")
    walker.page.get_by_role("radio", name="Yes: it runs on a server").check()
    walker.page.get_by_label("Client id", exact=True).press("Enter")
    walker.at("Client registered")


def add_somebody_twice(walker: Walker) -> None:
    walker.open("/admin/agents/new")
    walker.fill("Name", "Another Ana")
    walker.fill("E-mail address", "ana@desk.example")
    walker.press("Add agent")
    walker.sees("exists already")


def find_nothing(walker: Walker) -> None:
    walker.open("/tickets?query=nowhereatall")
    walker.sees("No ticket fits")


def go_astray(walker: Walker) -> None:
    walker.open("/nowhere")
    walker.at("There is no such page")


# What one does, and the status of the answer where it is a refusal, which browsers complain of.
OWNERS: dict[str, tuple[Callable[[Walker], None], str]] = {
    "a token shown": (generate, ""),
    "a connection tried": (try_out, ""),
    "a link shown": (add_somebody, ""),
    "a secret shown": (register, ""),
    "a form refused": (add_somebody_twice, "409"),
    "an empty list": (find_nothing, ""),
    "no page": (go_astray, "404"),
}


@pytest.fixture(scope="module")
def owner(chromium: Chromium, product: Served, olga: Browser) -> Iterator[Walker]:
    with walking(chromium, product, olga) as walker:
        yield walker


@pytest.fixture
def stranger(chromium: Chromium, product: Served) -> Iterator[Walker]:
    with walking(chromium, product) as walker:
        yield walker


def assert_in_order(walker: Walker, refused: str = "") -> None:
    """Assert that a page is for everybody, and that browsers complain of a refusal at most."""
    complaints = walker.complaints.taken()
    assert [said.partition(" ")[0] for said in complaints] == ([refused] if refused else [])
    assert faults_of(walker.page) == []
    assert walker.complaints.taken() == []


@pytest.mark.parametrize("name", OWNERS)
def test_an_answer_is_for_all_senses_schemes_and_sizes(owner: Walker, name: str) -> None:
    do, refused = OWNERS[name]
    do(owner)
    assert_in_order(owner, refused)


def test_so_is_what_a_stranger_is_told(stranger: Walker) -> None:
    stranger.open("/login")
    stranger.sign_in("olga@desk.example", "not the password")
    expect(stranger.page.get_by_role("alert")).to_be_visible()
    assert_in_order(stranger, "403")


def test_so_are_the_pages_that_links_open(
    stranger: Walker, chromium: Chromium, product: Served, begun: Served, company: Company
) -> None:
    with walking(chromium, begun) as first:
        first.open(setup_path(begun))
        first.at("Welcome")
        assert_in_order(first)
    ben, links = company.members["Ben"], product.desk.entrance.links
    secret = product.run(links.issue_reset(ben.id, "cli"))
    stranger.open(password_url(f"http://127.0.0.1:{product.port}", ben.id, secret))
    stranger.at("Set your password")
    assert_in_order(stranger)


def test_so_are_the_question_of_an_app_and_its_refusal(owner: Walker, product: Served) -> None:
    app = keep(product, dynamic("f" * 32, name="Some App"))
    owner.open(asked_by(app))
    owner.at("Some App")
    assert_in_order(owner)
    owner.open(asked_by(app, "https://elsewhere.example/"))
    owner.at("This app cannot be connected")
    assert_in_order(owner, "400")


def test_the_keyboard_skips_to_the_page_and_opens_the_menu(owner: Walker) -> None:
    owner.open("/account")
    owner.page.keyboard.press("Tab")
    expect(owner.page.get_by_role("link", name="Skip to the page")).to_be_focused()
    owner.page.keyboard.press("Enter")
    expect(owner.page.get_by_role("main")).to_be_focused()
    owner.page.locator("summary", has_text=": menu").focus()
    owner.page.keyboard.press("Enter")
    owner.page.keyboard.press("Tab")
    expect(owner.page.get_by_role("link", name="Edit profile")).to_be_focused()


def test_a_copy_button_copies_and_times_are_the_viewers(
    chromium: Chromium, product: Served, olga: Browser
) -> None:
    with walking(chromium, product, olga, timezone="Asia/Tokyo") as olga_in_tokyo:
        page = olga_in_tokyo.page
        generate(olga_in_tokyo)
        olga_in_tokyo.press("Copy the token")
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        shown = page.get_by_label("Laptop", exact=True).input_value()
        assert page.evaluate("navigator.clipboard.readText()") == shown
        time = page.get_by_role("time").first
        told = page.evaluate(
            "at => new Intl.DateTimeFormat([], {dateStyle: 'medium', timeStyle: 'short', "
            "timeZone: 'Asia/Tokyo'}).format(new Date(at))",
            time.get_attribute("datetime"),
        )
        expect(time).to_have_text(told)
        assert (time.get_attribute("title") or "").endswith("UTC")
        olga_in_tokyo.open("/account/mcp")
        olga_in_tokyo.press("Copy the URL")
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == product.url


def test_no_other_site_frames_a_page(owner: Walker, product: Served) -> None:
    """Another port is another origin of the same site: the browser sends the session along."""
    with listening() as elsewhere:
        for path in ("/account/mcp", "/tickets", "/oauth/authorize"):
            elsewhere.framed = f"http://127.0.0.1:{product.port}{path}"
            owner.open(elsewhere.uri(FRAMING))
            assert owner.page.frames[1].url.startswith("chrome-error:")
            assert "frame-ancestors" in "".join(owner.complaints.taken())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_other_site_sends_our_forms(
    owner: Walker, product: Served, olga: Browser, host: str
) -> None:
    """Not even with the right token in it, with the session (the same site) nor without (another)."""
    csrf = olga.get("/account").fields("/logout")["csrf"]
    fields = {"csrf": csrf, "label": "Forged", "kind": "full"}
    inputs = "".join(f'<input name="{name}" value="{text}">' for name, text in fields.items())
    action = f"http://127.0.0.1:{product.port}/account/mcp/tokens"
    form = f'<form method="post" action="{action}">{inputs}<button>Win</button></form>'
    visit(owner, f"http://{host}:{product.port + 1}", form)
    owner.press("Win")
    owner.at("This form is out of date")
    owner.complaints.taken()
    owner.open("/account/mcp")
    owner.at("MCP Integration")
    expect(owner.row("Forged")).to_have_count(0)


def visit(walker: Walker, site: str, content: str) -> None:
    """Go to a page of another site, which nobody has to serve."""
    page = f"{site}/there"
    walker.page.route(page, lambda route: route.fulfill(body=content, content_type="text/html"))
    walker.open(page)
