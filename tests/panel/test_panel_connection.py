"""The connection test in the panel: a real request to the public address, with a token or without."""

import re

import msgspec

from api.cookies import session_cookie_name
from api.mcp import PATH
from api.pages.account.connection import OFTEN
from api.snippets import PLACEHOLDER
from domain.access_tokens import RevokeToken
from domain.application import Wish
from tests.mcp.company import Company
from tests.mcp.serving import Served, served
from tests.mcp.wire import modern
from tests.panel.conftest import Join
from tests.panel.guarding import assert_guarded, assert_harmless
from tests.sign_in.browser import Answer, Browser

PAGE, TEST = "/account/mcp", "/account/mcp/test"
SAID = re.compile(r"(\d+) tools, answered in \d+ ms, as (\w+)\.")
# No name of DNS is so long: it is unknown without anybody being asked.
UNKNOWN = f"https://{'x' * 64}.example"


def tried(browser: Browser, token: str = "") -> Answer:
    answer = browser.submit(PAGE, TEST, token=token)
    assert_guarded(answer)
    assert_harmless(answer)
    return answer


def test_without_a_token_it_goes_the_way_of_oauth_up_to_the_sign_in(
    product: Served, join: Join
) -> None:
    _, browser = join("Tora")
    answer = browser.submit(PAGE, TEST, url="http://192.0.2.1/", host="192.0.2.1")
    assert answer.status == 200
    assert "Clients find the way with the URL alone" in answer.text
    assert product.url in answer.text
    assert f"http://127.0.0.1:{product.port}/oauth/authorize" in answer.text
    assert (answer.text.count("✓"), answer.text.count("✗")) == (4, 0)
    assert "192.0.2.1" not in answer.text


def test_with_a_token_it_tells_the_tools_and_as_whom(company: Company, join: Join) -> None:
    member, browser = join("Tove")
    for token, whose in ((member.token, "Tove"), (f" Bearer {company.token('Ben')}\n", "Ben")):
        answer = tried(browser, token)
        assert SAID.findall(answer.text) == [("13", whose)]
        assert "<code>transfer_ticket</code>" in answer.text
        assert token.split()[-1] not in answer.text


def test_a_new_token_is_tested_from_where_it_is_shown(product: Served, join: Join) -> None:
    _, browser = join("Thea")
    shown = browser.submit(PAGE, f"{PAGE}/tokens", label="Script", kind="reading")
    form = shown.fields(TEST)
    assert modern(form["token"], "tools/list").send(product.port).status == 200
    answer = browser.post(TEST, form)
    assert SAID.findall(answer.text) == [("7", "Thea")]
    assert form["token"] not in answer.text


def test_a_token_that_is_none_or_no_more_is_told_so(product: Served, join: Join) -> None:
    member, browser = join("Toni")
    for mistyped in (member.token[:-1], f"{member.token}x", "dl_pat_\0", "💥", "x" * 9000):
        answer = tried(browser, mistyped)
        assert answer.status == 400
        assert "no access token of this server" in answer.refusal
        assert mistyped not in answer.text
    assert product.run(
        product.desk.execute(Wish(RevokeToken(agent=member.id, token=member.credential)))
    )
    answer = tried(browser, member.token)
    assert answer.status == 200
    assert "A client with this token gets no tools." in answer.refusal
    assert "unknown, revoked or past its time" in answer.text
    assert member.token not in answer.text


def test_nobody_tries_tokens_in_numbers(join: Join) -> None:
    _, browser = join("Tilo")
    form = browser.get(PAGE).fields(TEST)
    answers = [browser.post(TEST, form) for _ in range(OFTEN + 1)]
    assert {answer.status for answer in answers[:-1]} == {200}
    assert answers[-1].status == 429
    assert "Too many tests" in answers[-1].refusal
    assert int(answers[-1].headers["retry-after"]) > 0


def test_behind_a_proxy_all_say_the_address_that_it_is_known_by(
    founded: tuple[str, Company], ana: Browser
) -> None:
    """And where the server does not reach that itself, it says what to do."""
    url, company = founded
    public = f"{UNKNOWN}{PATH}"
    with served(url, public_url=UNKNOWN) as behind:
        browser = Browser(behind.port, **{session_cookie_name(UNKNOWN): ana.session})
        page = browser.get(PAGE).text
        assert page.count(public) >= 8  # the details, and each client's lines
        assert not re.findall(r"https?://(?!x{64}\.example)[\w.:]+", page)
        asked = modern("", "tools/list").but(authorization=None).send(behind.port)
        hint = f"{UNKNOWN}/.well-known/oauth-protected-resource{PATH}"
        assert f'resource_metadata="{hint}"' in asked.headers["www-authenticate"]
        told = browser.get(hint.removeprefix(UNKNOWN), Accept="application/json").text
        assert msgspec.json.decode(told)["resource"] == public
        for token in ("", company.token("Ana")):
            answer = tried(browser, token)
            assert answer.status == 200
            assert "cannot be found from the server" in answer.text
            assert f"curl -s {public}" in answer.text
            assert f"Bearer {PLACEHOLDER}" in answer.text
            assert not token or token not in answer.text
