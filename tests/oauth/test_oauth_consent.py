"""The consent page: who asks, where the access goes, and what it allows, in words that hold."""

import re

import pytest

from domain.application import Wish
from domain.permissions import TOOL_SCOPES, Permission, Role, Scope, permissions_of
from domain.role import AddRole
from infra.desk import new_id
from tests.mcp.serving import Served
from tests.oauth.oauth_visiting import (
    LOOPBACK,
    SITE,
    Person,
    arrive,
    asked_by,
    documented,
    dynamic,
    keep,
    registered,
)

APP = dynamic("app", SITE, LOOPBACK, name="Some App")
PUBLISHED = documented("published.example", name="Published")


@pytest.fixture(scope="module")
def pia(moving: tuple[Served, object]) -> Person:
    product = moving[0]
    keep(product, APP)
    keep(product, PUBLISHED)
    return arrive(product, "Pia")


def test_the_page_names_the_app_where_the_access_goes_and_the_person(pia: Person) -> None:
    text = pia.browser.get(asked_by(APP)).text
    for words in ("Some App", "registered itself", "app.example", "Pia (pia@desk.example)"):
        assert words in text
    assert "Nobody has verified this app" in text
    assert "on this computer" not in text


def test_the_page_says_what_the_app_may_do_in_the_words_of_the_permissions(pia: Person) -> None:
    text = pia.browser.get(asked_by(APP, scope="tickets:read")).text
    agents = permissions_of(Role.AGENT)
    for permission in Permission:
        told = permission in agents and permission.scope.value == "tickets:read"
        assert (f"<li>{permission.sentence}</li>" in text) == told, permission


def test_the_page_says_more_to_those_who_may_more(product: Served, pia: Person) -> None:
    sentence = Permission.TICKETS_ALL_DEPARTMENTS.sentence
    assert sentence not in pia.browser.get(asked_by(APP)).text
    admin = arrive(product, "Ada", Role.ADMIN)
    assert sentence in admin.browser.get(asked_by(APP)).text


def test_the_page_says_where_a_role_allows_nothing(product: Served) -> None:
    role = new_id()
    allowed = (Permission.TICKETS_READ, Permission.TOKENS_OWN)
    reading = AddRole(role=role, name="Reader", permissions=allowed)
    product.run(product.desk.execute(Wish(reading)))
    person = arrive(product, "Rita", str(role))
    text = person.browser.get(asked_by(APP)).text
    assert "role Reader" in text
    powers = text.partition('<ul class="powers">')[2]
    reads, _, acts = powers.partition(Scope.TICKETS_WRITE.sentence)
    assert "Your role allows nothing of this." in acts
    assert "Your role allows nothing of this." not in reads


def test_whose_role_allows_no_tokens_connects_no_apps(product: Served) -> None:
    role = new_id()
    kept_in = AddRole(role=role, name="Kept in", permissions=(Permission.TICKETS_READ,))
    product.run(product.desk.execute(Wish(kept_in)))
    person = arrive(product, "Kim", str(role))
    answer = person.browser.get(asked_by(APP))
    assert answer.status == 403
    assert "Your role does not allow you to connect apps." in answer.text
    assert "error=access_denied" in answer.text
    assert "/oauth/consent" not in answer.text


def test_a_program_on_this_computer_comes_with_a_warning(pia: Person) -> None:
    text = pia.browser.get(asked_by(APP, LOOPBACK)).text
    assert "a program on this computer (127.0.0.1)" in text
    assert "any program here could pretend to be this one" in text


def test_a_private_scheme_comes_with_a_warning(product: Served, pia: Person) -> None:
    """Cursor's own redirect URI, which is no reversed domain name."""
    cursor = keep(product, dynamic("cursor", "cursor://anysphere.cursor-mcp/oauth/callback"))
    text = pia.browser.get(asked_by(cursor)).text
    assert "the program that opens cursor: links on this device" in text
    assert 'class="warning"' in text


def test_a_published_app_is_named_by_the_host_of_its_document(pia: Person) -> None:
    text = pia.browser.get(asked_by(PUBLISHED)).text
    assert "The app of published.example" in text
    assert 'class="warning"' not in text


def test_a_document_at_another_host_than_the_access_goes_to_comes_with_a_warning(
    product: Served, pia: Person
) -> None:
    client = keep(product, documented("here.example", "https://there.example/callback"))
    text = pia.browser.get(asked_by(client)).text
    assert "Its document is at here.example, but the access goes to there.example." in text


def test_an_app_that_an_administrator_registered_comes_without_a_warning(
    product: Served, pia: Person
) -> None:
    text = pia.browser.get(asked_by(keep(product, registered("desk")))).text
    assert "An administrator registered it" in text
    assert 'class="warning"' not in text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<b>bold</b> & co", "&lt;b&gt;bold&lt;/b&gt; &amp; co"),
        ('"><script>alert(1)</script>', "&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\u202etfosorciM\u202c", "tfosorciM"),
        ("one\ntwo\ttwo", "one two two"),
        ("Z\u0351\u0352\u0353\u0354algo", "Z\u0351\u0352algo"),
        ("w" * 300, "w" * 59 + "…"),
        ("\u200b\u2060", "An app without a name"),
        ("عربي", "عربي"),
    ],
)
def test_a_name_is_one_short_line_of_text_whatever_it_holds(
    product: Served, pia: Person, name: str, shown: str
) -> None:
    client = keep(product, dynamic(f"named {name!a}"[:90], name=name))
    answer = pia.browser.get(asked_by(client))
    assert f"<h1>Connect “\u2068{shown}\u2069”?</h1>" in answer.text
    assert "<script" not in answer.text


def test_the_page_can_be_framed_by_nobody_kept_nowhere_and_needs_no_script(pia: Person) -> None:
    answer = pia.browser.get(asked_by(APP))
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "script" not in policy + answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"  # nobody else hears of the state


def test_approving_and_denying_are_two_buttons_of_one_form(pia: Person) -> None:
    text = pia.browser.get(asked_by(APP)).text
    assert re.findall(r'<button name="answer" value="(\w+)"', text) == ["approve", "deny"]


def test_an_app_that_asks_for_no_scope_is_shown_with_all_that_it_would_get(
    product: Served, pia: Person
) -> None:
    client = keep(product, dynamic("scopeless"))
    page = pia.browser.get(asked_by(client, scope=None))
    for scope in TOOL_SCOPES:
        assert scope.sentence in page.text
