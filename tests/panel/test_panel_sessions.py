"""Where one is signed in, as the account's page lists it: this browser first, the others to be ended."""

import re

from tests.mcp.serving import Served
from tests.panel.conftest import Enter, Join
from tests.panel.guarding import forge
from tests.sign_in.browser import Browser

ACCOUNT = "/account"


def listed(browser: Browser) -> list[str]:
    page = browser.get(ACCOUNT).text.partition('<ul class="sessions">')[2].partition("</ul>")[0]
    return re.findall(r"<li>(.*?)</li>", page, re.DOTALL)


def test_this_browser_stands_first_and_each_other_can_be_ended(
    product: Served, join: Join, enter: Enter
) -> None:
    member, browser = join("Sam")
    others = [enter(member), enter(member)]
    for other in others:
        other.send("GET", ACCOUNT, "", {"User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/150.0"})
    product.run(product.desk.authenticator.write_down_uses())
    for one in (browser, others[0]):
        first, *rest = listed(one)
        assert "this browser" in first
        assert "<form" not in first
        assert "last used" not in first
        assert len(rest) == 2
        keys = [re.findall(r'name="session" value="([^"]+)"', line) for line in rest]
        assert len({key for (key,) in keys}) == 2
        for line in rest:
            assert "this browser" not in line
            assert re.search(r"last used <time [^>]+>", line)
    for (key,) in [
        re.findall(r'name="session" value="([^"]+)"', line) for line in listed(browser)[1:]
    ]:
        assert (
            forge(browser, f"{ACCOUNT}/sessions", session=key).location == f"{ACCOUNT}?done=session"
        )
    assert len(listed(browser)) == 1
    assert [one.is_signed_in() for one in (browser, *others)] == [True, False, False]


def test_another_persons_sessions_are_neither_listed_nor_ended(join: Join, enter: Enter) -> None:
    member, browser = join("Susi")
    _, stranger = join("Stan")
    enter(member)
    (key,) = re.findall(r'name="session" value="([^"]+)"', "".join(listed(browser)))
    assert len(listed(stranger)) == 1
    assert forge(stranger, f"{ACCOUNT}/sessions", session=key).status in {403, 404}
    assert len(listed(browser)) == 2
