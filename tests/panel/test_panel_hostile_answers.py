"""Pages that answer a form or an app, where every name in them is markup: what they tell is text."""

import pytest

from domain.permissions import Role
from tests.mcp.company import Member
from tests.mcp.serving import Served
from tests.oauth.oauth_visiting import SITE, asked_by, dynamic, is_page, keep
from tests.panel.conftest import Enter, Join
from tests.panel.guarding import Marks, assert_guarded, assert_harmless, forge
from tests.panel.trap import HOSTILE
from tests.sign_in.browser import Answer, Browser

MCP = "/account/mcp"


@pytest.fixture(scope="module")
def hostile(join: Join) -> tuple[Member, Browser]:
    return join(HOSTILE, Role.ADMIN)


def assert_told_as_text(answer: Answer) -> None:
    assert answer.status in {200, 201}, answer
    assert "onerror" in answer.text  # else nothing is tried here
    assert_harmless(answer)
    assert_guarded(answer)


def test_what_is_shown_once_tells_names_as_text(
    olga: Browser, hostile: tuple[Member, Browser]
) -> None:
    member, browser = hostile
    assert_told_as_text(forge(olga, f"/admin/agents/{member.id}/password-link"))
    client = {"name": HOSTILE[:90], "redirect_uris": "https://hostile.example/", "kind": "public"}
    assert_told_as_text(forge(olga, "/admin/clients/register", **client))
    made = forge(browser, f"{MCP}/tokens", label=HOSTILE[:100], kind="full")
    assert_told_as_text(made)
    assert_told_as_text(forge(browser, f"{MCP}/test", token=member.token))


def test_an_app_that_asks_tells_its_name_and_whose_access_it_gets_as_text(
    product: Served, hostile: tuple[Member, Browser], enter: Enter
) -> None:
    app, browser = keep(product, dynamic("h" * 32, name=HOSTILE)), enter(hostile[0])
    for asked in (
        asked_by(app),
        asked_by(app, state=HOSTILE),
        asked_by(app, "javascript:alert(1)"),
    ):
        answer = browser.get(asked)
        assert_harmless(answer)
        assert_guarded(answer)
        assert is_page(answer) == ("&lt;img src=x onerror=" in answer.text)
    assert is_page(browser.get(asked_by(app)))
    # Where it is wrong but for the way back, the page's own link leads there and nowhere else.
    marks = Marks()
    marks.feed(browser.get(asked_by(app, scope=HOSTILE, state=HOSTILE)).text)
    (way,) = marks.wrong
    assert way.startswith(f"a href={SITE}?error=invalid_scope&")
    assert marks.scripts == []
