"""Admin in the panel: which clients may come, and those that are registered."""

from html import escape

import pytest

from domain.application import Wish
from domain.clients import CLIENTS, ClientPolicy, RegisterClient
from domain.permissions import Permission
from tests.mcp.serving import Served
from tests.panel.conftest import Join, RoleOf
from tests.panel.guarding import forge
from tests.sign_in.browser import Browser

HOSTILE = '"><script>alert(1)</script>'


def policy_of(product: Served) -> ClientPolicy:
    state, _ = product.run(product.desk.helpdesk.states.refresh(CLIENTS))
    assert state
    return state.policy


def test_who_may_connect_is_set_and_kept(product: Served, adam: Browser) -> None:
    page = "/admin/clients"
    assert adam.get(page).status == 200
    done = forge(adam, f"{page}/policy", always_ask="on", hosts="Claude.ai\r\n cursor: \r\n")
    assert done.location == f"{page}?done=policy"
    policy = policy_of(product)
    assert policy.allowed_hosts == ("claude.ai", "cursor:")
    assert policy.always_ask
    assert not policy.dynamic_registration
    text = adam.get(page).text
    assert "claude.ai\ncursor:</textarea>" in text
    assert text.count(" checked") == 1
    forge(adam, f"{page}/policy", dynamic_registration="on", any_host="on", hosts="claude.ai")
    policy = policy_of(product)
    assert policy == ClientPolicy()


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
    assert 'href="/admin/clients"' not in other.get("/admin/agents").text


@pytest.mark.parametrize("action", ["policy", "remove"])
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
