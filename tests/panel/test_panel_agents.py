"""Admin in the panel: agents, who joins and changes, and what they let in."""

import re
from html import unescape
from uuid import UUID

import pytest

from domain.permissions import Permission, Role, permissions_of
from infra.desk import new_id
from tests.database import Databases
from tests.mcp.company import BILLING, SUPPORT, WORKSHOP, Company, add_agent, filled
from tests.mcp.serving import Served, served
from tests.mcp.wire import modern
from tests.oauth.oauth_grants import CLAUDE, connect_app
from tests.panel.admin_pages import ADD_AGENT, AGENTS, forms_of, save, send
from tests.panel.conftest import Join, RoleOf
from tests.panel.entering import entered
from tests.panel.guarding import forge
from tests.sign_in.browser import Browser
from tests.sign_in.conftest import PASSWORD

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
    everybody = adam.get(f"{AGENTS}?all=yes").text
    assert "Ida" in everybody
    assert ">left<" in everybody


def test_a_cursor_that_is_none_is_refused(adam: Browser) -> None:
    assert adam.get(f"{AGENTS}?cursor=x").status == 400


def test_an_agents_token_and_app_are_revoked(product: Served, adam: Browser, join: Join) -> None:
    member, _ = join("Tilda")
    app = product.run(connect_app(product.desk, member.id))
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
    gone = adam.get(done.location).text
    assert "All access is ended" in gone
    assert "not signed in" in gone
    assert not browser.is_signed_in()
    assert modern(member.token, "tools/list").send(product.port).status == 401
    assert adam.submit(page, f"{page}/reactivate").location == f"{page}?done=reactivated"
    assert f"{page}/deactivate" in adam.get(page).text


def test_the_last_owner_stays_and_the_page_says_so(databases: Databases) -> None:
    with databases.copy_filled(filled) as (url, company), served(url) as apart:
        owner = company.members["Olga"]
        page, olga = f"{AGENTS}/{owner.id}", entered(apart, owner)
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
    for page in (AGENTS, f"{AGENTS}/{member.id}"):
        text = adam.get(page).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


def test_an_added_agent_gets_in_by_the_link_that_is_shown_once(
    product: Served, company: Company, adam: Browser, word: str
) -> None:
    support = str(company.departments[SUPPORT])
    form = forms_of(adam.get(f"{AGENTS}/new"))[ADD_AGENT]
    assert form.offered["role"][0] == Role.AGENT  # nothing that allows more than an admin may
    assert form.ticked("role") == {Role.AGENT}
    filled = {"name": f"Nora {word}", "email": f"{word}@new.example", "department": [support]}
    made = send(adam, ADD_AGENT, form, **filled)
    assert made.status == 200
    assert made.headers["cache-control"] == "no-store"
    (link,) = re.findall(r'value="(http[^"]*)"', made.text)
    address = unescape(link).removeprefix(product.desk.settings.base_url)
    visitor = Browser(product.port)
    typed = {"password": PASSWORD, "again": PASSWORD}
    assert visitor.submit(address, "/password", **typed).location == "/login?done=password"
    assert visitor.sign_in(f"{word}@new.example", PASSWORD).status == 303
    assert f"Nora {word}" in visitor.get("/account").text
    # The same form again, by a double click, adds nobody but shows a link that opens.
    again = send(adam, ADD_AGENT, form, **filled)
    (second,) = re.findall(r'value="(http[^"]*)"', again.text)
    assert second != link
    other = send(adam, ADD_AGENT, form, **{**filled, "name": "Another"})
    assert other.status == 409
    assert "exists already" in other.refusal
    assert forms_of(other)[ADD_AGENT].value("name") == "Another"
    assert forms_of(other)[ADD_AGENT].ticked("department") == {support}
    found = adam.get(f"{AGENTS}?find={word.upper()}&department={support}&role=agent")
    assert f"Nora {word}" in found.text
    assert found.text.count('scope="row"') == 1
    page = re.search(rf'href="({AGENTS}/[-0-9a-f]+)"', found.text)
    assert page
    assert "last seen" in adam.get(page[1]).text
    assert "Nobody fits" in adam.get(f"{AGENTS}?find={word}&role=owner").text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Write a name"),
        ({"name": "x" * 201}, "at most 200 characters"),
        ({"email": "nora"}, "no e-mail address"),
        ({"role": "x" * 65}, "Choose a role"),
        ({"role": "owner"}, "owners"),
        ({"department": "x"}, "Choose departments"),
        ({"department": str(UUID(int=5))}, "no such department"),
        ({"name": "\0"}, "cannot be stored"),
    ],
)
def test_what_does_not_fit_is_told_and_kept(
    adam: Browser, word: str, wrong: dict[str, str], sentence: str
) -> None:
    form = forms_of(adam.get(f"{AGENTS}/new"))[ADD_AGENT]
    fields = {"name": word, "email": f"{word}@new.example", "role": "agent", **wrong}
    refused = send(adam, ADD_AGENT, form, **fields)
    assert 400 <= refused.status < 500
    assert sentence in refused.refusal
    kept = forms_of(refused)[ADD_AGENT]
    assert kept.value("email") == fields["email"]
    assert word not in adam.get(f"{AGENTS}?find={word}").text.partition("<table")[2]


def test_an_agent_is_changed_all_at_once_and_of_the_version_that_was_seen(
    company: Company, adam: Browser, join: Join, word: str
) -> None:
    member, _ = join("Otto")
    billing = str(company.departments[BILLING])
    page = f"{AGENTS}/{member.id}"
    mine = forms_of(adam.get(page))[f"{page}/change"]
    theirs = forms_of(adam.get(page))[f"{page}/change"]
    changed = {"name": f"Otto {word}", "email": f"{word}@new.example", "department": [billing]}
    saved = send(adam, f"{page}/change", mine, **changed)
    assert saved.location == f"{page}?done=saved"
    assert "It is saved" in adam.get(saved.location).text
    late = send(adam, f"{page}/change", theirs, name="Otto the Late")
    assert late.status == 412
    assert "Somebody else changed this account" in late.refusal
    for now in (f"Now: Otto {word}", f"Now: {word}@new.example", "Departments now: Billing"):
        assert now in late.text
    form = forms_of(late)[f"{page}/change"]
    assert form.value("name") == "Otto the Late"
    assert send(adam, f"{page}/change", form).location == f"{page}?done=saved"
    now = forms_of(adam.get(page))[f"{page}/change"]
    assert (now.value("name"), now.value("email")) == ("Otto the Late", member.email)
    assert now.ticked("department") == {str(company.departments[SUPPORT])}
    assert send(adam, f"{page}/change", now).location == f"{page}?done=nothing"
    assert send(adam, f"{page}/change", now, version="x").status == 400


def test_an_imported_agent_gets_a_seat_and_then_a_link(
    product: Served, company: Company, adam: Browser, word: str
) -> None:
    place = company.departments[SUPPORT]
    member = product.run(add_agent(product.desk, f"Iris{word}", Role.AGENT, place, seat=False))
    page = f"{AGENTS}/{member.id}"
    forms = forms_of(adam.get(page))
    assert f"{page}/password-link" not in forms
    refused = forge(adam, f"{page}/password-link")
    assert refused.status == 409
    assert "cannot sign in" in refused.refusal
    assert send(adam, f"{page}/seat", forms[f"{page}/seat"], email="x").status == 400
    given = save(adam, page, f"{page}/seat", email=f"{word}@seat.example")
    assert given.location == f"{page}?done=seat"
    shown = save(adam, page, f"{page}/password-link")
    assert "/password?agent=" in shown.text
    assert f"Iris{word}" in shown.text


def test_a_small_manager_is_offered_what_he_may_give_and_told_why_not_more(
    company: Company, join: Join, role_of: RoleOf, adam: Browser
) -> None:
    agents = tuple(sorted(permissions_of(Role.AGENT)))
    small = role_of(Permission.AGENTS_MANAGE, *agents)
    auditors = role_of(Permission.AUDIT_READ)
    _, mara = join("Mara", small)
    form = forms_of(mara.get(f"{AGENTS}/new"))[ADD_AGENT]
    assert {Role.AGENT, small} <= set(form.offered["role"])
    assert not {Role.ADMIN, Role.OWNER, auditors} & set(form.offered["role"])
    assert form.offered["department"] == [str(company.departments[SUPPORT])]
    cora = f"{AGENTS}/{company.members['Cora'].id}"  # of the Workshop
    page = mara.get(cora)
    assert f"{cora}/password-link" not in forms_of(page)
    assert "own departments only" in page.text
    workshop = str(company.departments[WORKSHOP])
    change = forms_of(page)[f"{cora}/change"]
    assert change.offered["department"] == [str(company.departments[SUPPORT]), workshop]
    filled = {"department": [workshop, str(company.departments[BILLING])]}
    assert send(mara, f"{cora}/change", change, **filled).status == 403
    assert send(mara, f"{cora}/change", change, role=auditors).status == 403
    auditor, _ = join("Arno", auditors)
    told = mara.get(f"{AGENTS}/{auditor.id}").text
    assert "manages more than yours does" in told
    assert auditor.token[-4:] not in told
    assert f"{AGENTS}/{auditor.id}/deactivate" in forms_of(adam.get(f"{AGENTS}/{auditor.id}"))


@pytest.mark.parametrize("action", ["tokens/revoke", "apps/revoke", "deactivate", "reactivate"])
def test_a_form_from_elsewhere_changes_no_agent(
    product: Served, adam: Browser, company: Company, action: str
) -> None:
    cora = company.members["Cora"]
    assert adam.post(f"{AGENTS}/{cora.id}/{action}", {}).status == 403
    assert modern(cora.token, "tools/list").send(product.port).status == 200


def test_agents_without_a_session_lead_to_sign_in_and_back(product: Served) -> None:
    assert Browser(product.port).get(AGENTS).location == f"/login?next={AGENTS}"
