"""Remembered consent: who is asked once, and by what the app or the browser is known again."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from domain.application import Wish
from domain.clients import SetClientPolicy
from domain.consent import RevokeApp
from domain.oauth_client import OAuthClient
from domain.secret import digest_of
from tests.mcp.serving import Served
from tests.oauth.oauth_visiting import (
    BROWSER,
    LOOPBACK,
    Person,
    approve,
    arrive,
    asked_by,
    choose,
    connect,
    documented,
    dynamic,
    enter,
    is_page,
    keep,
    sent,
)
from tests.sign_in.browser import Browser
from tests.sign_in.conftest import PASSWORD, Clock

READ, BOTH = "tickets:read", "tickets:read tickets:write"
CURSOR = "cursor://anysphere.cursor-mcp/oauth/callback"


@pytest.fixture
def person(product: Served) -> Person:
    """Somebody new for each test."""
    return arrive(product, f"p{uuid4().hex}")


@pytest.fixture
def published(product: Served) -> OAuthClient:
    """An app that a document tells of, and that lives on a site."""
    return keep(product, documented(f"{uuid4().hex}.example"))


@pytest.fixture
def local(product: Served) -> OAuthClient:
    """A program on the agent's own computer."""
    return keep(product, dynamic(uuid4().hex, LOOPBACK))


def is_silent(browser: Browser, address: str) -> bool:
    """Whether a code is sent without a question."""
    answer = browser.get(address)
    return not is_page(answer) and "code" in sent(answer)


def test_a_published_app_is_approved_once(
    product: Served, person: Person, published: OAuthClient
) -> None:
    first = approve(person.browser, asked_by(published))
    again = person.browser.get(asked_by(published, state="again"))
    got = sent(again)
    assert again.location.startswith(published.redirect_uris[0])
    assert (got["state"], got["iss"]) == ("again", product.desk.settings.base_url)
    assert got["code"] != first["code"]
    assert product.run(product.desk.oauth.find_grant(digest_of(got["code"])))
    assert person.facts(product) == ["consent.granted", "consent.reused"]
    assert BROWSER not in person.browser.cookies


def test_a_published_app_is_known_again_in_any_browser(
    product: Served, person: Person, published: OAuthClient
) -> None:
    approve(person.browser, asked_by(published))
    assert is_silent(enter(product, person.member), asked_by(published))


def test_what_one_person_approved_another_is_asked_for(
    product: Served, person: Person, published: OAuthClient, local: OAuthClient
) -> None:
    approve(person.browser, asked_by(published))
    connect(product, person.browser, asked_by(local))
    other = arrive(product, f"p{uuid4().hex}").member
    browser = enter(product, other, **{BROWSER: person.browser.cookies[BROWSER]})
    assert is_page(browser.get(asked_by(published)))
    assert is_page(browser.get(asked_by(local)))


def test_an_app_on_a_site_that_registers_anew_is_known_by_its_redirect_uri(
    product: Served, person: Person
) -> None:
    site = f"https://{uuid4().hex}.example/callback"
    one, other = (keep(product, dynamic(uuid4().hex, site)) for _ in range(2))
    approve(person.browser, asked_by(one))
    assert is_silent(person.browser, asked_by(other))


def test_a_name_proves_nothing(product: Served, person: Person) -> None:
    one, other = (
        keep(product, dynamic(uuid4().hex, f"https://{uuid4().hex}.example/", name="Same"))
        for _ in range(2)
    )
    approve(person.browser, asked_by(one))
    assert is_page(person.browser.get(asked_by(other)))


def test_another_redirect_uri_of_the_same_app_is_asked_for(product: Served, person: Person) -> None:
    sites = [f"https://{uuid4().hex}.example/{n}" for n in range(2)]
    client = keep(product, documented(f"{uuid4().hex}.example", *sites))
    approve(person.browser, asked_by(client, sites[0]))
    assert is_page(person.browser.get(asked_by(client, sites[1])))
    approve(person.browser, asked_by(client, sites[1]))
    assert is_silent(person.browser, asked_by(client, sites[0]))
    assert is_silent(person.browser, asked_by(client, sites[1]))


def test_a_document_that_names_another_redirect_uri_is_asked_for_again(
    product: Served, person: Person
) -> None:
    host = f"{uuid4().hex}.example"
    before, after = f"https://{host}/before", f"https://{host}/after"
    approve(person.browser, asked_by(keep(product, documented(host, before))))
    changed = keep(product, documented(host, after))
    assert is_page(person.browser.get(asked_by(changed, after)))
    assert person.browser.get(asked_by(changed, before)).status == 400


def test_more_than_was_approved_is_asked_for_and_marked_as_new(
    product: Served, person: Person, published: OAuthClient
) -> None:
    approve(person.browser, asked_by(published, scope=READ))
    page = person.browser.get(asked_by(published, scope=BOTH))
    assert is_page(page)
    assert page.text.count("<em>(new)</em>") == 1
    assert "Act on tickets</strong> <em>(new)</em>" in page.text
    approve(person.browser, asked_by(published, scope=BOTH))
    assert is_silent(person.browser, asked_by(published, scope=BOTH))
    assert person.facts(product) == ["consent.granted", "consent.widened", "consent.reused"]


def test_less_than_was_approved_is_what_the_code_is_for(
    product: Served, person: Person, published: OAuthClient
) -> None:
    approve(person.browser, asked_by(published, scope=BOTH))
    code = sent(person.browser.get(asked_by(published, scope=READ)))["code"]
    grant = product.run(product.desk.oauth.find_grant(digest_of(code)))
    assert grant
    assert grant.scopes == ("tickets:read",)


def test_after_revocation_the_person_is_asked_again(
    product: Served, person: Person, published: OAuthClient, local: OAuthClient
) -> None:
    for client in (published, local):
        consent = connect(product, person.browser, asked_by(client))
        assert is_silent(person.browser, asked_by(client))
        revoke(product, person, consent)
        assert is_page(person.browser.get(asked_by(client)))


def test_a_denial_takes_nothing_away(person: Person, published: OAuthClient) -> None:
    approve(person.browser, asked_by(published))
    page = person.browser.get(asked_by(published, prompt="consent"))
    answer = choose(person.browser, page, "deny")
    assert sent(answer)["error"] == "access_denied"
    assert is_silent(person.browser, asked_by(published))


def test_an_app_may_have_the_person_asked(person: Person, published: OAuthClient) -> None:
    approve(person.browser, asked_by(published))
    assert is_page(person.browser.get(asked_by(published, prompt="login consent")))


def test_an_administrator_may_have_everybody_asked_always(
    product: Served, person: Person, published: OAuthClient
) -> None:
    approve(person.browser, asked_by(published))
    set_policy(product, SetClientPolicy(always_ask=True))
    try:
        assert is_page(person.browser.get(asked_by(published)))
    finally:
        set_policy(product, SetClientPolicy(always_ask=False))
    assert is_silent(person.browser, asked_by(published))


@pytest.mark.parametrize("landing", [LOOPBACK, CURSOR])
def test_a_program_is_known_again_in_the_same_browser_while_it_is_connected(
    product: Served, person: Person, landing: str
) -> None:
    client = keep(product, dynamic(uuid4().hex, landing))
    connect(product, person.browser, asked_by(client))
    assert is_silent(person.browser, asked_by(client))
    assert person.browser.cookies[BROWSER]


def test_a_program_is_known_again_from_another_port(
    product: Served, person: Person, local: OAuthClient
) -> None:
    """RFC 8252 §7.3; Claude Code takes another one each time."""
    connect(product, person.browser, asked_by(local))
    moved = LOOPBACK.replace("33418", "50123")
    assert sent(person.browser.get(asked_by(local, moved)))["code"]
    assert person.browser.get(asked_by(local, moved)).location.startswith(moved)


def test_a_program_is_asked_for_in_another_browser_and_then_known_in_both(
    product: Served, person: Person, local: OAuthClient
) -> None:
    connect(product, person.browser, asked_by(local))
    other = enter(product, person.member)
    assert is_page(other.get(asked_by(local)))
    guessed = enter(product, person.member, **{BROWSER: "0" * 64})
    assert is_page(guessed.get(asked_by(local)))
    approve(other, asked_by(local))
    assert is_silent(other, asked_by(local))
    assert is_silent(person.browser, asked_by(local))


def test_a_program_that_never_took_its_code_is_asked_for(
    person: Person, local: OAuthClient
) -> None:
    approve(person.browser, asked_by(local))
    assert is_page(person.browser.get(asked_by(local)))


def test_a_program_whose_tokens_are_all_dead_is_asked_for(
    product: Served, person: Person, clock: Clock, local: OAuthClient, published: OAuthClient
) -> None:
    for client in (local, published):
        connect(product, person.browser, asked_by(client))
    mark = person.browser.cookies[BROWSER]
    clock.ahead = timedelta(days=31)
    browser = enter(product, person.member, **{BROWSER: mark})
    assert is_page(browser.get(asked_by(local)))
    assert is_silent(browser, asked_by(published))


def test_a_program_that_registers_anew_is_asked_for(
    product: Served, person: Person, local: OAuthClient
) -> None:
    connect(product, person.browser, asked_by(local))
    again = keep(product, dynamic(uuid4().hex, LOOPBACK))
    assert is_page(person.browser.get(asked_by(again)))


def test_a_published_program_is_known_by_its_browser_only(product: Served, person: Person) -> None:
    """A document proves nothing of who listens on a port: any program could name it as its own."""
    client = keep(product, documented(f"{uuid4().hex}.example", LOOPBACK))
    connect(product, person.browser, asked_by(client))
    assert is_silent(person.browser, asked_by(client))
    assert is_page(enter(product, person.member).get(asked_by(client)))


def test_whoever_signs_in_on_the_way_goes_on_without_a_question(
    product: Served, person: Person, published: OAuthClient
) -> None:
    approve(person.browser, asked_by(published))
    browser = Browser(product.port)
    form = browser.get(browser.get(asked_by(published)).location).fields("/login")
    form |= {"email": person.member.email, "password": PASSWORD}
    assert browser.post("/login", form).status == 200  # a page, from which the way goes on
    assert is_silent(browser, asked_by(published))


def test_nobody_goes_on_silently_to_a_host_that_is_no_longer_allowed(
    product: Served, person: Person, published: OAuthClient
) -> None:
    approve(person.browser, asked_by(published))
    set_policy(product, SetClientPolicy(allowed_hosts=("other.example",)))
    try:
        assert person.browser.get(asked_by(published)).status == 403
    finally:
        set_policy(product, SetClientPolicy(any_host=True))


def set_policy(product: Served, command: SetClientPolicy) -> None:
    product.run(product.desk.execute(Wish(command)))


def revoke(product: Served, person: Person, consent: UUID) -> None:
    wish = Wish(RevokeApp(agent=person.member.id, consent=consent))
    product.run(product.desk.execute(wish))
