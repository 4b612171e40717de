"""Every route the product has, as it is served: none changes anything for another site, nor is framed."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from litestar.enums import HttpMethod
from litestar.routes import HTTPRoute

from api.csrf import csrf_token
from domain.permissions import Role
from infra.desk import new_id
from tests.mcp.serving import Served
from tests.panel.conftest import Join
from tests.panel.guarding import assert_guarded
from tests.sign_in.browser import FORM, Answer, Browser

LOOKING = {"GET", "HEAD", "OPTIONS"}
# Clients come to these without a browser: cookies count for nothing there.
WITHOUT_COOKIES = ("/oauth/token", "/oauth/register", "/oauth/revoke", "/public/api/mcp")
# What is tied to a browser in which nobody is signed in yet; tests/sign_in tries it.
BEFORE = ("/login", "/setup", "/password")
API = "/api/v1/"
REFUSED = "This form is out of date"


def routes(product: Served) -> Iterator[tuple[str, str]]:
    """Return each method with each path, in which something that there is not has been named."""
    for route in product.desk.app().routes:
        if isinstance(route, HTTPRoute):
            path = re.sub(r"{\w+:uuid}", str(new_id()), route.path)
            path = re.sub(r"{\w+:int}", "1", re.sub(r"{\w+:\w+}", "none", path))
            yield from ((HttpMethod(method).value, path) for method in route.methods)


@pytest.fixture(scope="module")
def changing(product: Served) -> list[tuple[str, str]]:
    """All that may change something in the name of who is signed in."""
    found = {each for each in routes(product) if each[0] not in LOOKING}
    known = {path for _, path in found}
    # Else the names above tell of nothing, or a mount has hidden the rest.
    assert {*WITHOUT_COOKIES[:3], *BEFORE, "/account/password", "/logout"} <= known
    assert len(found) > 60
    return sorted(one for one in found if one[1] not in WITHOUT_COOKIES)


def send(browser: Browser, method: str, path: str, csrf: str, **headers: str) -> Answer:
    """Send what changes something, with the session and a CSRF token, if any, where it belongs."""
    if path.startswith(API):
        given = {"Content-Type": "application/json", "Accept": "application/json"}
        token = {"X-CSRF-Token": csrf} if csrf else {}
        return browser.send(method, path, "{}", {**given, **token, **headers})
    given = {"Content-Type": FORM, "Origin": browser.origin, "Sec-Fetch-Site": "same-origin"}
    return browser.send(
        method, path, urlencode({"csrf": csrf} if csrf else {}), {**given, **headers}
    )


def test_nothing_is_changed_for_another_site_or_by_another_browsers_form(
    join: Join, ana: Browser, changing: list[tuple[str, str]]
) -> None:
    _, owner = join("Otis", Role.OWNER)
    ours, theirs = (csrf_token(browser.session) for browser in (owner, ana))
    for method, path in changing:
        refused = "cross_site" if path.startswith(API) else REFUSED
        for csrf, headers in (
            ("", {}),
            (theirs, {}),
            (ours, {"Origin": "https://evil.example"}),
            (ours, {"Sec-Fetch-Site": "cross-site"}),
        ):
            answer = send(owner, method, path, csrf, **headers)
            assert (answer.status, refused in answer.text) == (403, True), (method, path, headers)
        if not path.startswith(API):
            assert_guarded(answer)
    assert owner.is_signed_in()
    # The same from a page of ours is refused for what is wrong with it, if for anything.
    for method, path in changing:
        if path not in {"/logout", *BEFORE}:
            answer = send(owner, method, path, ours)
            assert answer.status < 500
            assert REFUSED not in answer.text, (method, path)
            assert "cross_site" not in answer.text, (method, path)
            if not path.startswith(API):
                # Any site may link to an address.
                assert owner.get(f"{path}?csrf={ours}").status in {404, 405}, path


def test_without_a_session_nothing_is_changed(
    product: Served, changing: list[tuple[str, str]]
) -> None:
    stranger = Browser(product.port)
    for method, path in changing:
        answer = send(stranger, method, path, "")
        expected = {401} if path.startswith(API) else {403} if path in BEFORE else {303}
        assert answer.status in expected, (method, path)
        assert not answer.location or answer.location == "/login", path


def test_where_clients_come_a_session_counts_for_nothing(join: Join) -> None:
    _, owner = join("Orla", Role.OWNER)
    for path in WITHOUT_COOKIES:
        answer = send(owner, "POST", path, "")
        assert answer.status in {400, 401, 415}, path
        assert "set-cookie" not in answer.headers


def test_no_page_nor_file_is_framed_or_kept(product: Served, olga: Browser) -> None:
    pages = {
        path
        for method, path in routes(product)
        if method == "GET" and not path.startswith(("/api/", "/public/", "/health/", "/.well"))
    }
    shown = sorted(pages - {"/style.css", "/panel.js", "/mark.svg"})
    assert len(shown) > 25
    for browser in (olga, Browser(product.port)):
        for path in shown:
            answer = browser.get(f"{path}?client=none+such")  # of whom no file holds much
            if answer.status != 303:
                assert_guarded(answer)
            else:
                assert (answer.text, answer.headers["cache-control"]) == ("", "no-store")
