"""Admin in the panel: which clients may come, and those that are registered."""

import re
from html import escape

import pytest

from domain.application import Wish
from domain.clients import CLIENTS, ClientPolicy, RegisterClient
from domain.oauth_client import OAuthClient
from domain.permissions import Permission
from tests.mcp.serving import Served
from tests.oauth.oauth_grants import connect_app
from tests.panel.conftest import Join, RoleOf
from tests.panel.guarding import assert_harmless, forge
from tests.sign_in.browser import Browser

HOSTILE = '"><script>alert(1)</script>'


def policy_of(product: Served) -> ClientPolicy:
    state, _ = product.run(product.desk.helpdesk.states.refresh(CLIENTS))
    assert state
    return state.policy


def test_who_may_connect_is_set_and_kept(product: Served, adam: Browser) -> None:
    page = "/admin/clients"
    assert adam.get(page).status == 200
    # Other tests' clients may be in use.
    typed = {"always_ask": "on", "hosts": "Claude.ai\r\n cursor: \r\n", "sure": "claude.ai cursor:"}
    done = forge(adam, f"{page}/policy", **typed)
    assert done.location == f"{page}?done=policy"
    policy = policy_of(product)
    assert policy.allowed_hosts == ("claude.ai", "cursor:")
    assert policy.always_ask
    assert not policy.dynamic_registration
    text = adam.get(page).text
    assert "claude.ai\ncursor:</textarea>" in text
    assert re.findall(r'name="(\w+)" checked', text) == ["always_ask"]
    forge(adam, f"{page}/policy", dynamic_registration="on", any_host="on", hosts="claude.ai")
    policy = policy_of(product)
    assert policy == ClientPolicy()


def test_who_would_stop_clients_in_use_is_told_which_before_it_is_so(
    product: Served, adam: Browser, join: Join, word: str
) -> None:
    page = "/admin/clients"
    member, _ = join(f"Ina {word}")
    named = OAuthClient(
        id=f"https://{word}.example/client.json",
        source="document",
        name=f"Tool {word}",
        redirect_uris=(f"https://{word}.example/cb",),
    )
    product.run(connect_app(product.desk, member.id, named))
    row = adam.get(page).text.partition(f"Tool {word}")[2].partition("</tr>")[0]
    assert f"https://{word}.example/client.json" in row
    assert "may connect" in row
    typed = {"dynamic_registration": "on", "hosts": f"claude.ai\n127.0.0.1 x{word}.example"}
    asked = forge(adam, f"{page}/policy", **typed)
    assert asked.status == 200
    assert f"“Tool {word}” (1 agent)" in asked.text
    assert policy_of(product).allowed_hosts is None
    sure = asked.fields(f"{page}/policy")["sure"]
    # Who is sure of some hosts is not of others.
    assert forge(adam, f"{page}/policy", hosts="claude.ai", sure=sure).status == 200
    assert forge(adam, f"{page}/policy", **typed, sure=sure).status == 303
    try:
        row = adam.get(page).text.partition(f"Tool {word}")[2].partition("</tr>")[0]
        assert "gets no new tokens" in row
    finally:
        forge(adam, f"{page}/policy", dynamic_registration="on", any_host="on")
    assert policy_of(product) == ClientPolicy()


def test_a_client_is_registered_by_form_and_its_secret_shown_once(
    product: Served, adam: Browser, word: str
) -> None:
    page = "/admin/clients"
    uris = f"https://{word}.example/a\r\n\r\nhttps://{word}.example/b"
    form = {"name": f"Wiki {word} <b>", "redirect_uris": uris, "kind": "confidential"}
    made = adam.submit(page, f"{page}/register", **form)
    assert made.status == 201
    assert_harmless(made)
    found = re.search(r'value="(dl_cs_[^"]+)"', made.text)
    assert found
    state, _ = product.run(product.desk.helpdesk.states.refresh(CLIENTS))
    assert state
    client = state.registered[f"wiki-{word}-b"]
    assert client.redirect_uris == (f"https://{word}.example/a", f"https://{word}.example/b")
    assert client.proves(found[1])
    assert found[1] not in adam.get(page).text
    again = adam.submit(page, f"{page}/register", **form)
    assert again.status == 409
    assert f"{word}.example/a" in again.text  # what was typed is kept
    form = {"name": word, "redirect_uris": "http://localhost", "client_id": f"P-{word}"}
    public = adam.submit(page, f"{page}/register", **form, kind="public")
    assert public.status == 201
    assert f"P-{word}" in public.text
    assert "dl_cs_" not in public.text
    for client_id in (client.id, f"P-{word}"):
        assert forge(adam, f"{page}/remove", client=client_id).status == 303


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "redirect_uris": "https://x.example/cb"},
        {"name": "Wiki", "redirect_uris": ""},
        {"name": "Wiki", "redirect_uris": "https://x.example/cb\n" * 11},
        {"name": "Wiki", "redirect_uris": "http://x.example/cb"},
        {"name": "Wiki", "redirect_uris": "javascript:alert(1)"},
        {"name": "Wi\0ki", "redirect_uris": "https://x.example/cb"},
        {"name": "Wiki", "client_id": "dcr_x", "redirect_uris": "https://x.example/cb"},
    ],
    ids=["nameless", "nowhere", "everywhere", "plain", "script", "nul", "alike"],
)
def test_a_client_that_cannot_be_is_refused_and_stays_in_the_form(
    adam: Browser, fields: dict[str, str]
) -> None:
    refused = forge(adam, "/admin/clients/register", **fields)
    assert refused.status == 400
    assert refused.refusal
    assert fields["redirect_uris"].split("\n")[0] in refused.text


@pytest.mark.parametrize("hosts", ["", "https://claude.ai/", HOSTILE])
def test_hosts_that_are_none_are_refused_and_stay_in_the_form(adam: Browser, hosts: str) -> None:
    refused = forge(adam, "/admin/clients/policy", hosts=hosts)
    assert refused.status == 400
    assert refused.refusal
    assert f"{escape(hosts).replace('&quot;', '&#34;')}</textarea>" in refused.text


def test_a_registered_client_is_listed_and_removed(product: Served, adam: Browser) -> None:
    page = "/admin/clients"
    command = RegisterClient(
        client_id="wiki", name=f"Wiki {HOSTILE}", redirect_uris=("https://wiki.example/cb",)
    )
    product.run(product.desk.execute(Wish(command)))
    text = adam.get(page).text
    assert "https://wiki.example/cb" in text
    assert "<script>alert" not in text
    assert adam.submit(page, f"{page}/remove").location == f"{page}?done=removed"
    assert "wiki.example" not in adam.get(page).text
    again = forge(adam, f"{page}/remove", client="wiki")
    assert again.status == 404
    assert "no registered client wiki" in again.refusal


def test_who_manages_no_settings_neither_sees_nor_sets_clients(
    ana: Browser, join: Join, role_of: RoleOf
) -> None:
    _, other = join("Vera", role_of(Permission.AGENTS_MANAGE))
    for browser in (ana, other):
        assert browser.get("/admin/clients").status == 403
        assert forge(browser, "/admin/clients/policy", any_host="on").status == 403
        assert forge(browser, "/admin/clients/remove", client="wiki").status == 403
        new = {"name": "Wiki", "redirect_uris": "https://x.example/cb"}
        assert forge(browser, "/admin/clients/register", **new).status == 403
    assert 'href="/admin/clients"' not in other.get("/admin/agents").text


@pytest.mark.parametrize("action", ["policy", "register", "remove"])
def test_a_form_from_elsewhere_changes_no_clients(
    product: Served, adam: Browser, action: str
) -> None:
    before = policy_of(product)
    fields = {"always_ask": "on", "any_host": "on"}
    assert adam.post(f"/admin/clients/{action}", fields).status == 403
    assert policy_of(product) == before


def test_clients_without_a_session_lead_to_sign_in_and_back(product: Served) -> None:
    answer = Browser(product.port).get("/admin/clients")
    assert answer.location == "/login?next=/admin/clients"
