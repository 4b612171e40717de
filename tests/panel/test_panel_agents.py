"""Admin in the panel: agents and what they let in."""

import pytest

from domain.permissions import Role
from infra.desk import new_id
from tests.mcp.company import Company
from tests.mcp.serving import Served
from tests.mcp.wire import modern
from tests.oauth.oauth_grants import CLAUDE, connect_app
from tests.panel.admin_pages import AGENTS
from tests.panel.conftest import Join
from tests.panel.guarding import forge
from tests.sign_in.browser import Browser

HOSTILE = '"><script>alert(1)</script>'


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
    seen = adam.get(page)
    assert "Only owners change the accounts" in seen.text
    assert "<form" not in seen.text.partition("<main")[2]
    assert member.token[-4:] not in seen.text
    assert forge(adam, f"{page}/deactivate").status == 403
    assert forge(adam, f"{page}/password-link").status == 403
    filled = {"name": "Egon II", "email": member.email, "role": "admin", "version": "1"}
    assert forge(adam, f"{page}/change", **filled).status == 403
    assert "Egon II" not in adam.get(page).text
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


@pytest.mark.parametrize("action", ["tokens/revoke", "apps/revoke", "deactivate", "reactivate"])
def test_a_form_from_elsewhere_changes_no_agent(
    product: Served, adam: Browser, company: Company, action: str
) -> None:
    cora = company.members["Cora"]
    assert adam.post(f"{AGENTS}/{cora.id}/{action}", {}).status == 403
    assert modern(cora.token, "tools/list").send(product.port).status == 200


def test_agents_without_a_session_lead_to_sign_in_and_back(product: Served) -> None:
    assert Browser(product.port).get(AGENTS).location == f"/login?next={AGENTS}"
