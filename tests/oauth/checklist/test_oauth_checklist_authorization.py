"""What the standards ask, point by point: requests for authorization, and the person before them."""

from html import escape, unescape

import pytest

from api.mcp import PATH
from tests.oauth.oauth_stranger import CALLBACK, NAME, SCHEME, Stranger, brought, path_of
from tests.oauth.oauth_visiting import is_page
from tests.oauth.oauth_wire import Wire
from tests.sign_in.browser import Browser

# What is wrong though it is clear where to say so, and what that is called.
FAULTS: list[tuple[dict[str, str | None], str]] = [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "\"'\\ä\u2028"}, "unsupported_response_type"),
    ({"response_type": None}, "invalid_request"),
    ({"code_challenge": None}, "invalid_request"),
    ({"scope": "openid"}, "invalid_scope"),
    ({"scope": "\"'\\ä\u2028"}, "invalid_scope"),
    ({"resource": "https://elsewhere.example/"}, "invalid_target"),
]


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "short"},
        {"code_challenge": "x" * 44},
        {"code_challenge": "=" * 43},
        {"code_challenge": "ä" * 43},
    ],
)
def test_every_client_needs_a_proof_key(approved: Stranger, wrong: dict[str, str | None]) -> None:
    """9. MCP 2026-07-28, RFC 7636 §4.3, RFC 9700 §4.8.2: S256, not what the RFC defaults to."""
    answer = approved.ask(**wrong)
    assert answer.status == 303
    assert brought(answer.location)["error"] == "invalid_request"


@pytest.mark.parametrize(
    "name", ["response_type", "state", "scope", "code_challenge", "code_challenge_method", "prompt"]
)
def test_what_comes_twice_is_refused(approved: Stranger, name: str) -> None:
    """10. OAuth 2.1 §3.1."""
    answer = approved.ask((name, "x"), (name, "x"), **{name: None})
    assert brought(answer.location)["error"] == "invalid_request"


def test_what_is_blank_is_left_out_and_what_is_unknown_is_ignored(client: Stranger) -> None:
    """10. OAuth 2.1 §3.1: also where it comes twice."""
    blank = {"scope": "", "resource": "", "state": "", "prompt": ""}
    known = ("state", "")
    page = client.ask(known, ("x", "1"), ("x", "2"), ("nonce", "n"), redirect_uri=SCHEME, **blank)
    assert is_page(page)


def test_success_comes_with_the_state_and_the_issuer(client: Stranger) -> None:
    """11. OAuth 2.1 §4.1.2, RFC 9207 §2; what the redirect URI had already stays there."""
    location = client.person.open(client.address())
    assert location.startswith(f"{CALLBACK}&code=")
    got = brought(location)
    assert set(got) == {"a", "code", "state", "iss"}
    assert (got["state"], got["iss"]) == ("s t/å", client.server["issuer"])


@pytest.mark.parametrize(("wrong", "error"), FAULTS)
def test_errors_come_with_the_state_and_the_issuer_too(
    approved: Stranger, wrong: dict[str, str | None], error: str
) -> None:
    """11. OAuth 2.1 §4.1.2.1, RFC 9207 §2."""
    answer = approved.ask(**wrong)
    assert answer.status == 303
    got = brought(answer.location)
    assert set(got) == {"error", "error_description", "state", "iss"}
    assert (got["error"], got["state"]) == (error, "s t/å")
    assert got["iss"] == approved.server["issuer"]


def test_another_resource_is_refused_before_anybody_is_asked(approved: Stranger) -> None:
    """12. RFC 8707 §2: here, and not only at the resource."""
    ours, origin = f"{approved.wire.issuer}{PATH}", approved.wire.issuer
    for resource in (None, "", ours, f"{ours}/", origin, f"{origin}/"):
        got = brought(approved.ask(resource=resource).location)
        assert "code" in got, resource
    for resource in (
        "https://elsewhere.example/",
        f"{ours}/x",
        f"{ours}?x",
        f"{ours}#x",
        f"{origin}.evil.example",
        f"{origin}@evil.example{PATH}",
        f"{origin}/public",
        PATH,
        "http://[x",
        '"ä',
    ):
        got = brought(approved.ask(resource=resource).location)
        assert got["error"] == "invalid_target", resource
    twice = approved.ask(("resource", ours))
    assert brought(twice.location)["error"] == "invalid_target"


@pytest.mark.parametrize(("wrong", "error"), [({}, ""), *FAULTS])
def test_nobody_is_led_away_before_signing_in(
    approved: Stranger, nobody: Browser, wrong: dict[str, str | None], error: str
) -> None:
    """13. OAuth 2.1 §7.13.2, RFC 9700 §4.11.2: nor is an error told."""
    answer = nobody.get(path_of(approved.address(**wrong)))
    assert answer.status == 303
    assert answer.location.startswith("/login?next=/oauth/authorize")
    assert not error or error not in answer.location


@pytest.mark.parametrize(("wrong", "error"), FAULTS)
def test_whom_nobody_approved_gets_a_page_between(
    client: Stranger, wrong: dict[str, str | None], error: str
) -> None:
    """13. RFC 9700 §4.11.2: the person sees where a link leads, which no script follows."""
    other = Stranger(client.wire, client.person, redirect_uris=["https://unheard.example/"])
    answer = other.ask(**wrong)
    assert (answer.status, answer.location) == (400, "")
    assert "unheard.example" in answer.text
    assert f"?error={error}&" in unescape(answer.text)
    assert "http-equiv" not in answer.text
    assert "<script" not in answer.text


def test_the_page_says_who_asks_for_what_and_where_it_goes(client: Stranger) -> None:
    """14. OAuth 2.1 §7.11, RFC 9700 §4.16, MCP security best practices."""
    answer = client.ask(redirect_uri="http://127.0.0.1:4711/callback", scope="tickets:read")
    for words in (escape(NAME), "127.0.0.1", "on this computer", "Nobody has verified", "Pia"):
        assert words in answer.text
    assert "stranger.example" in client.ask(redirect_uri=CALLBACK, prompt="consent").text
    assert "<script" not in answer.text
    powers = answer.text.partition('<ul class="powers">')[2]
    assert "<li>" in powers
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"


def test_no_other_page_answers_for_the_person(client: Stranger, nobody: Browser) -> None:
    """14. RFC 9700 §4.16, §4.7: a token of this session, this page, this person."""
    browser = client.person.browser
    page = client.ask(redirect_uri=SCHEME)
    form = {**page.fields("/oauth/consent"), "answer": "approve"}
    for answer in (
        browser.post("/oauth/consent", {**form, "csrf": "x"}),
        browser.post("/oauth/consent", {k: v for k, v in form.items() if k != "csrf"}),
        browser.post("/oauth/consent", form, {"Origin": "https://evil.example"}),
        browser.post("/oauth/consent", form, {"Sec-Fetch-Site": "cross-site"}),
    ):
        assert (answer.status, answer.location) == (403, "")
    elsewhere = nobody.post("/oauth/consent", form)
    assert "code=" not in elsewhere.location


def test_no_is_told_as_well(client: Stranger) -> None:
    """15. RFC 6749 §4.1.2.1, OAuth 2.1 §7.5.3: 303, which `Person.open` insists on; never 307."""
    got = brought(client.person.open(client.address(redirect_uri=SCHEME), "deny"))
    assert got["error"] == "access_denied"
    assert (got["state"], got["iss"]) == ("s t/å", client.server["issuer"])


def test_the_way_back_is_a_303_also_where_nobody_is_asked(approved: Stranger) -> None:
    """15. OAuth 2.1 §7.5.3."""
    answer = approved.ask()
    assert answer.status == 303
    assert "code" in brought(answer.location)


@pytest.mark.parametrize("path", ["/oauth/authorize", "/oauth/consent"])
def test_no_page_of_another_site_reads_what_people_are_asked(wire: Wire, path: str) -> None:
    """15. OAuth 2.1 §3.1: no CORS at the authorization endpoint."""
    for method in ("GET", "POST", "OPTIONS"):
        asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
        answer = wire.send(method, path, None, asked)
        assert not [name for name in answer.headers if name.startswith("access-control")]
