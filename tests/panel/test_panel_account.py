"""One's own account in the panel, the way in to it, and what every page answers to HEAD."""

from tests.mcp.serving import Served
from tests.panel.addresses import PLAIN_PAGES
from tests.panel.conftest import Enter, Join
from tests.sign_in.browser import Browser


def test_head_tells_of_a_page_what_get_would(olga: Browser, product: Served) -> None:
    for path in (*PLAIN_PAGES, "/", "/login", "/setup?token=x", "/nowhere", "/audit/export.csv"):
        told, page = olga.send("HEAD", path, "", {}), olga.get(path)
        assert (told.status, told.text) == (page.status, ""), path
        for name in ("content-type", "cache-control", "location", "content-security-policy"):
            assert told.headers.get(name) == page.headers.get(name), (path, name)
    stranger = Browser(product.port).send("HEAD", "/account/mcp", "", {})
    assert (stranger.status, stranger.location) == (303, "/login?next=/account/mcp")
    assert olga.send("HEAD", "/logout", "", {}).status == 405


def test_sessions_are_ended_one_by_one(join: Join, enter: Enter) -> None:
    member, browser = join("Selma")
    other = enter(member)
    ended = browser.submit("/account", "/account/sessions")
    assert ended.location == "/account?done=session"
    assert "that browser is signed out" in browser.get(ended.location).text
    assert not other.is_signed_in()
    assert browser.is_signed_in()


def test_who_is_signed_in_already_is_led_on(ana: Browser) -> None:
    for asked, given in (("", "/"), ("?next=/account/mcp", "/account/mcp"), ("?next=//x", "/")):
        answer = ana.get(f"/login{asked}")
        assert (answer.status, answer.location) == (303, given)
    assert ana.get("/login?next=/account&again").status == 200
    assert ana.get("/").location == "/tickets"
