"""The authorization endpoint: what is refused, where that is said, and that nobody is led astray."""

from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.oauth.locations import AUTHORIZE, CONSENT
from domain.application import Wish
from domain.clients import SetClientPolicy
from tests.examples import examples
from tests.mcp.serving import Served
from tests.oauth.oauth_visiting import (
    LOOPBACK,
    SITE,
    Person,
    approve,
    arrive,
    asked_by,
    documented,
    dynamic,
    is_page,
    keep,
    registered,
    sent,
)
from tests.oauth.oauth_wire import Wire
from tests.sign_in.browser import Browser
from tests.sign_in.conftest import PASSWORD

APP = dynamic("app", SITE, LOOPBACK)
OURS = registered("ours")

# What of a request is wrong, though it is clear where the client wants to hear of it.
FAULTS = [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": None}, "invalid_request"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"scope": "openid"}, "invalid_scope"),
    ({"resource": "https://elsewhere.example/"}, "invalid_target"),
]

KNOWN = ("client_id", "redirect_uri", "state", "scope", "resource", "prompt", "code_challenge")


@pytest.fixture(scope="module")
def pia(moving: tuple[Served, object]) -> Person:
    product = moving[0]
    keep(product, APP)
    keep(product, OURS)
    return arrive(product, "Pia")


# Nobody vouches for where these would lead: RFC 6749 §4.1.2.1, OAuth 2.1 §4.1.2.1.
NOWHERE = {
    "an unknown client": asked_by(dynamic("nobody")),
    "no client": asked_by(APP, client_id=None),
    "two clients": f"{asked_by(APP)}&client_id=dcr_app",
    "two redirect URIs": f"{asked_by(APP)}&{urlencode({'redirect_uri': SITE})}",
    "another redirect URI": asked_by(APP, "https://app.example/callback/"),
    "another host": asked_by(APP, "https://evil.example/callback"),
    "localhost for 127.0.0.1": asked_by(APP, "http://localhost:33418/callback"),
    "a script": asked_by(APP, "javascript:alert(1)"),
    "quotes": asked_by(APP, 'https://app.example/callback"><script>'),
    "no redirect URI of two": asked_by(APP, ""),
    "no host at all": asked_by(APP, "http://[x"),
    "letters of others": asked_by(APP, "https://äpp.example/callback"),
    "nothing": AUTHORIZE,
    "bytes that are no UTF-8": f"{asked_by(APP)}&state=%ff",
    "a NUL": f"{asked_by(APP)}&x=%00",
    "too much": f"{asked_by(APP)}&x={'y' * 20_000}",
    "too many": f"{asked_by(APP)}&{'x=1&' * 200}",
}


@pytest.mark.parametrize("address", NOWHERE.values(), ids=NOWHERE.keys())
def test_where_nobody_vouches_for_the_address_nobody_is_sent_anywhere(
    pia: Person, product: Served, address: str
) -> None:
    for browser in (Browser(product.port), pia.browser):
        answer = browser.get(address)
        assert answer.status == 400
        assert "<h1>This app cannot be connected</h1>" in answer.text
        assert "location" not in answer.headers
        assert "evil" not in answer.text
        assert "<script" not in answer.text
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("state", ["a b&c=d/é\\%#", "é" * 2_500], ids=["odd", "long"])
def test_a_stranger_signs_in_first_and_comes_back_with_the_whole_request(
    product: Served, pia: Person, state: str
) -> None:
    address = asked_by(APP, state=state, scope="tickets:read")
    browser = Browser(product.port)
    answer = browser.get(address)
    assert answer.status == 303
    form = browser.get(answer.location).fields("/login")
    assert form["next"] == address
    form |= {"email": pia.member.email, "password": PASSWORD}
    going_on = browser.post("/login", form)
    assert going_on.status == 200
    refresh = going_on.text.partition('http-equiv="refresh" content="0; url=')[2]
    assert refresh.partition('"')[0].replace("&amp;", "&") == address
    assert is_page(browser.get(address))


@pytest.mark.parametrize(("wrong", "error"), FAULTS)
def test_nobody_is_led_anywhere_before_signing_in(
    product: Served, pia: Person, wrong: dict[str, str | None], error: str
) -> None:
    """RFC 9700 §4.11.2: else anybody could register an address and have us send people there."""
    assert pia
    for client in (APP, OURS):
        answer = Browser(product.port).get(asked_by(client, SITE, **wrong))
        assert answer.status == 303
        assert answer.location.startswith("/login?next=/oauth/authorize")
        assert error not in answer.location


@pytest.mark.parametrize(("wrong", "error"), FAULTS)
def test_a_client_that_nobody_vouches_for_is_only_linked_to(
    product: Served, pia: Person, wrong: dict[str, str | None], error: str
) -> None:
    answer = pia.browser.get(asked_by(APP, SITE, **wrong))
    assert answer.status == 400
    assert "go back to app.example" in answer.text
    text = unescape(answer.text)
    link = text.partition(f'href="{SITE}')[2].partition('"')[0]
    told = dict(parse_qsl(link.lstrip("?"), strict_parsing=True))
    assert told.pop("error_description") in text
    assert told == {"error": error, "state": "xyz 1/2", "iss": product.desk.settings.base_url}
    assert "refresh" not in answer.text


@pytest.mark.parametrize(("wrong", "error"), FAULTS)
def test_a_client_that_an_administrator_registered_is_told_what_is_wrong(
    product: Served, pia: Person, wrong: dict[str, str | None], error: str
) -> None:
    told = sent(pia.browser.get(asked_by(OURS, **wrong)))
    assert (told["error"], told["state"]) == (error, "xyz 1/2")
    assert told["iss"] == product.desk.settings.base_url


def test_a_client_that_somebody_approved_is_told_too(product: Served) -> None:
    person, other = arrive(product, "Alma"), arrive(product, "Bert")
    client = keep(product, dynamic("alma"))
    approve(person.browser, asked_by(client))
    assert sent(person.browser.get(asked_by(client, scope="x")))["error"] == "invalid_scope"
    assert other.browser.get(asked_by(client, scope="x")).status == 400


@pytest.mark.parametrize("name", ["state", "scope", "code_challenge", "response_type"])
def test_what_comes_twice_is_refused(pia: Person, name: str) -> None:
    """OAuth 2.1 §3.1."""
    address = f"{asked_by(OURS)}&{urlencode({name: 'code'})}"
    assert sent(pia.browser.get(address))["error"] == "invalid_request"


def test_unknown_parameters_are_passed_over_and_blank_ones_are_none(pia: Person) -> None:
    """OAuth 2.1 §3.1."""
    assert is_page(pia.browser.get(asked_by(OURS, scope="", resource="", nonce="1", ui="2")))


def test_a_request_without_a_state_gets_none_back(product: Served, pia: Person) -> None:
    client = keep(product, dynamic("stateless"))
    assert set(approve(pia.browser, asked_by(client, state=None))) == {"code", "iss"}


def test_a_loopback_client_may_come_from_any_port(pia: Person) -> None:
    """RFC 8252 §7.3; Claude Code takes another one each time."""
    for port in ("1024", "65535"):
        assert is_page(pia.browser.get(asked_by(APP, LOOPBACK.replace("33418", port))))


def test_no_document_is_looked_for_before_signing_in(product: Served) -> None:
    """Else strangers could have us ask anybody (CIMD, security considerations)."""
    client = documented("unheard.example")
    answer = Browser(product.port).get(asked_by(client))
    assert answer.status == 303
    assert answer.location.startswith("/login?next=")


def test_a_document_that_is_no_good_is_said_to_be(pia: Person) -> None:
    answer = pia.browser.get(asked_by(documented("127.0.0.1")))
    assert answer.status == 400
    assert "<h1>This app cannot be connected</h1>" in answer.text


def test_an_app_that_no_administrator_allowed_gets_nothing(product: Served) -> None:
    person = arrive(product, "Lina")
    allowed = keep(product, documented("allowed.example"))
    elsewhere = keep(product, documented("elsewhere.example"))
    unheard = documented("unheard.example")
    set_policy(product, SetClientPolicy(allowed_hosts=("allowed.example",)))
    try:
        assert is_page(person.browser.get(asked_by(allowed)))
        assert is_page(person.browser.get(asked_by(OURS)))
        for client in (APP, elsewhere, unheard):
            answer = person.browser.get(asked_by(client))
            assert answer.status == 403
            assert "An administrator has not allowed this app" in answer.text
        assert "elsewhere.example" in person.browser.get(asked_by(elsewhere)).text
        assert person.facts(product) == []
    finally:
        set_policy(product, SetClientPolicy(any_host=True))


def test_nothing_but_get_is_offered_where_people_come(wire: Wire, pia: Person) -> None:
    """RFC 6749 §3.1 lets POST be left out."""
    fields = dict(parse_qsl(urlsplit(asked_by(APP)).query))
    for answer in (pia.browser.post(AUTHORIZE, fields), wire.form(AUTHORIZE, fields)):
        assert answer.status == 405
        assert set(answer.headers["allow"].split(", ")) == {"OPTIONS", "GET"}


@pytest.mark.parametrize("path", [AUTHORIZE, CONSENT])
def test_pages_of_other_sites_read_nothing_here(wire: Wire, path: str) -> None:
    """OAuth 2.1 §3.1: no CORS at the authorization endpoint."""
    for answer in (
        wire.get(path, Origin="https://app.example"),
        wire.send("OPTIONS", path, None, {"Origin": "https://app.example"}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_host_that_is_not_ours_is_answered_nothing(pia: Person) -> None:
    assert pia.browser.get(asked_by(APP), Host="evil.example").status == 421


@settings(max_examples=examples(20), deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*KNOWN, "x"]), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_any_text_may_be_sent_in_any_parameter(pia: Person, other: dict[str, str]) -> None:
    redirect_uri = other.pop("redirect_uri", None)
    answer = pia.browser.get(asked_by(OURS, redirect_uri, **other))
    assert answer.status in {200, 303, 400}
    if answer.status == 303:
        assert answer.location.startswith(SITE)


def set_policy(product: Served, command: SetClientPolicy) -> None:
    product.run(product.desk.execute(Wish(command)))
