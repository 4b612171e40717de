"""Admin in the panel: agents and what they let in, which clients may come, and the budget."""

from datetime import date
from html import escape

import pytest

from api.pages.admin_budget import bars_of
from domain.application import Wish
from domain.clients import CLIENTS, ClientPolicy, RegisterClient
from domain.permissions import Permission, Role
from domain.role import AddRole
from infra.desk import new_id
from projections.usage import UsageRow
from tests.mcp.company import Company
from tests.mcp.serving import Served
from tests.mcp.wire import call, modern
from tests.oauth.oauth_grants import CLAUDE, connect_app
from tests.panel.conftest import Enter, Join
from tests.panel.guarding import forge
from tests.sign_in.browser import Browser

AGENTS = "/admin/agents"
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def adam(company: Company, enter: Enter) -> Browser:
    """An admin, who is no owner."""
    return enter(company.members["Adam"])


def role_of(product: Served, *permissions: Permission) -> str:
    """Make a role of the test's own."""
    role = new_id()
    command = AddRole(role=role, name=f"Role {role}", permissions=permissions)
    product.run(product.desk.execute(Wish(command)))
    return str(role)


def policy_of(product: Served) -> ClientPolicy:
    state, _ = product.run(product.desk.helpdesk.states.refresh(CLIENTS))
    assert state
    return state.policy


def test_the_bar_leads_only_those_to_admin_who_may_manage_something(
    adam: Browser, ana: Browser
) -> None:
    assert 'href="/admin"' in adam.get("/account").text
    assert adam.get("/admin").location == AGENTS
    assert 'href="/admin"' not in ana.get("/account").text
    assert ana.get("/admin").status == 403


def test_agents_are_listed_with_role_departments_and_state(adam: Browser) -> None:
    page = adam.get(AGENTS)
    assert page.status == 200
    for words in ("Olga", "owner", "Billing, Support", "imported, cannot sign in"):
        assert words in page.text
    assert "Ida" not in page.text
    everybody = adam.get(f"{AGENTS}?all").text
    assert "Ida" in everybody
    assert ">left<" in everybody


def test_a_cursor_that_is_none_is_refused(adam: Browser) -> None:
    assert adam.get(f"{AGENTS}?cursor=x").status == 400


def test_an_agents_token_and_app_are_revoked(product: Served, adam: Browser, join: Join) -> None:
    member, _ = join("Tilda")
    app = product.run(connect_app(product.desk, member.id))
    assert product.run(product.desk.views_caught_up())
    page = f"{AGENTS}/{member.id}"
    text = adam.get(page).text
    assert f"dl_pat_…{member.token[-4:]}" in text
    assert "claude.example" in text
    assert "Replace" not in text
    for kind, secret in (("token", member.token), ("app", app.access_token)):
        assert modern(secret, "tools/list").send(product.port).status == 200
        done = adam.submit(page, f"{page}/{kind}s/revoke")
        assert done.location == f"{page}?done={kind}"
        assert f"The {kind} is revoked" in adam.get(done.location).text
        assert modern(secret, "tools/list").send(product.port).status == 401


def test_a_deactivated_agent_is_out_and_comes_back(
    product: Served, adam: Browser, join: Join
) -> None:
    member, browser = join("Dora")
    page = f"{AGENTS}/{member.id}"
    done = adam.submit(page, f"{page}/deactivate")
    assert done.location == f"{page}?done=deactivated"
    assert "All access is ended" in adam.get(done.location).text
    assert not browser.is_signed_in()
    assert modern(member.token, "tools/list").send(product.port).status == 401
    assert adam.submit(page, f"{page}/reactivate").location == f"{page}?done=reactivated"
    assert f"{page}/deactivate" in adam.get(page).text


def test_the_last_owner_stays_and_the_page_says_so(company: Company, olga: Browser) -> None:
    page = f"{AGENTS}/{company.members['Olga'].id}"
    assert "This is your own account" in olga.get(page).text
    refused = olga.submit(page, f"{page}/deactivate")
    assert refused.status == 409
    assert "last owner" in refused.refusal
    assert olga.is_signed_in()


def test_an_admins_account_is_out_of_an_admins_reach(
    product: Served, company: Company, join: Join, adam: Browser, olga: Browser
) -> None:
    member, _ = join("Egon", Role.ADMIN)
    app = product.run(connect_app(product.desk, member.id))
    assert product.run(product.desk.views_caught_up())
    page = f"{AGENTS}/{member.id}"
    token = olga.get(page).fields(f"{page}/tokens/revoke")["token"]
    assert adam.get(page).status == 403
    assert forge(adam, f"{page}/deactivate").status == 403
    assert forge(adam, f"{page}/tokens/revoke", token=token).status == 403
    assert forge(adam, f"{page}/apps/revoke", app=str(app.consent)).status == 403
    # Nor does it help to name somebody else in the address.
    other = f"{AGENTS}/{company.members['Ana'].id}"
    assert forge(adam, f"{other}/tokens/revoke", token=token).status == 403
    for secret in (member.token, app.access_token):
        assert modern(secret, "tools/list").send(product.port).status == 200


def test_who_manages_no_agents_sees_and_ends_nothing(
    company: Company, ana: Browser, join: Join
) -> None:
    member, _ = join("Fritz")
    for page in (AGENTS, f"{AGENTS}/{member.id}", f"{AGENTS}/{company.members['Ana'].id}"):
        assert ana.get(page).status == 403
    assert forge(ana, f"{AGENTS}/{member.id}/deactivate").status == 403


def test_an_agent_that_there_is_not_is_not_found(adam: Browser) -> None:
    for page in (f"{AGENTS}/{new_id()}", f"{AGENTS}/x"):
        assert adam.get(page).status == 404


def test_names_of_agents_and_apps_are_text(product: Served, adam: Browser, join: Join) -> None:
    member, _ = join(f"Hans {HOSTILE}")
    named = CLAUDE.__class__(
        id="https://evil.example/client.json",
        source="document",
        name=HOSTILE,
        redirect_uris=("https://evil.example/cb",),
    )
    product.run(connect_app(product.desk, member.id, named))
    assert product.run(product.desk.views_caught_up())
    for page in (AGENTS, f"{AGENTS}/{member.id}"):
        text = adam.get(page).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


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
    product: Served, ana: Browser, join: Join
) -> None:
    _, other = join("Vera", role_of(product, Permission.AGENTS_MANAGE))
    for browser in (ana, other):
        assert browser.get("/admin/clients").status == 403
        assert forge(browser, "/admin/clients/policy", any_host="on").status == 403
        assert forge(browser, "/admin/clients/remove", client="wiki").status == 403
    assert 'href="/admin/clients"' not in other.get(AGENTS).text


def test_the_budget_page_tells_who_used_it_for_what(
    product: Served, company: Company, adam: Browser
) -> None:
    token = company.token("Ben")
    for _ in range(12):  # more than the agents of other tests: the page shows who used most
        assert call(token, "list_departments").send(product.port).status == 200
    assert product.run(product.desk.views_caught_up())
    page = adam.get("/admin/budget")
    assert page.status == 200
    for words in ("tool calls used", "<title>", ">Ben</th>", ">list_departments</th>"):
        assert words in page.text
    assert "style=" not in page.text


def test_who_reads_the_audit_trail_reads_the_budget_others_do_not(
    product: Served, ana: Browser, join: Join
) -> None:
    _, auditor = join("Ada", role_of(product, Permission.AUDIT_READ))
    assert auditor.get("/admin").location == "/admin/budget"
    assert auditor.get("/admin/budget").status == 200
    assert ana.get("/admin/budget").status == 403


def test_bars_stand_for_days_and_the_tallest_is_as_high_as_the_chart() -> None:
    rows = [
        UsageRow(calls=900, units=900, day=date(2026, 2, 28)),
        UsageRow(calls=5, units=1, day=date(2026, 2, 3)),
        UsageRow(calls=5, units=0, day=date(2026, 2, 2)),
    ]
    bars = bars_of(rows, date(2026, 2, 28))
    assert len(bars) == 28
    assert {bar.day.day: bar.height for bar in bars if bar.height} == {3: 2, 28: 150}
    assert bars[27].y == 0
    assert not any(bar.height for bar in bars_of([], date(2026, 1, 1)))


@pytest.mark.parametrize(
    "action", ["tokens/revoke", "apps/revoke", "deactivate", "reactivate", "policy", "remove"]
)
def test_a_form_from_elsewhere_changes_nothing(
    product: Served, adam: Browser, company: Company, action: str
) -> None:
    base = "/admin/clients" if action in {"policy", "remove"} else None
    base = base or f"{AGENTS}/{company.members['Cora'].id}"
    before = policy_of(product)
    assert adam.post(f"{base}/{action}", {"always_ask": "on", "any_host": "on"}).status == 403
    assert policy_of(product) == before
    assert modern(company.token("Cora"), "tools/list").send(product.port).status == 200


def test_without_a_session_it_leads_to_sign_in_and_back(product: Served) -> None:
    for page in (AGENTS, "/admin/clients", "/admin/budget"):
        assert Browser(product.port).get(page).location == f"/login?next={page}"
