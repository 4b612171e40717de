"""MCP Integration in the panel: tokens shown once and revoked, apps listed and revoked, as the seed tells."""

import re

import pytest

from domain.application import Wish
from domain.permissions import Permission, Scope
from domain.role import AddRole
from infra.desk import new_id
from projections.audit import CallFilter
from tests.mcp.company import Company, generate_token
from tests.mcp.serving import Served
from tests.mcp.wire import call, modern
from tests.oauth.oauth_grants import CLAUDE, connect_app
from tests.oauth.oauth_visiting import Person, arrive
from tests.panel.admin_pages import AGENTS
from tests.panel.guarding import forge
from tests.rest.client import Client
from tests.sign_in.browser import Answer, Browser

PAGE = "/account/mcp"
CLIENTS = ("Claude Code", "claude.ai", "Claude Desktop", "Cursor", "VS Code", "FlowHunt", "curl")
TOKEN = re.compile(r'id="new-token" value="(dl_pat_[0-9A-Za-z]{49})"')


@pytest.fixture(scope="module")
def pia(product: Served) -> Person:
    return arrive(product, "Pia")


def generate(browser: Browser, label: str = "", kind: str = "full") -> Answer:
    return browser.submit(PAGE, f"{PAGE}/tokens", label=label, kind=kind)


def token_in(page: Answer) -> str:
    (found,) = TOKEN.findall(page.text)
    return found


def test_the_screen_is_reached_by_the_avatar_and_tells_how_to_connect(
    product: Served, pia: Person
) -> None:
    assert 'href="/account">Edit profile' in pia.browser.get("/account").text
    assert f'href="{PAGE}"' in pia.browser.get("/account").text
    text = pia.browser.get(PAGE).text
    budget = "tool calls used by all agents together"
    for words in (product.url, "Streamable HTTP", "OAuth 2.1", "access token", budget):
        assert words in text


def test_a_token_is_shown_once_with_lines_to_paste_and_works(product: Served, pia: Person) -> None:
    shown = generate(pia.browser, "Laptop")
    assert (shown.status, shown.headers["cache-control"]) == (200, "no-store")
    token = token_in(shown)
    for client in CLIENTS:
        assert f"<summary>{client}</summary>" in shown.text
    listed = pia.browser.get(PAGE).text
    assert token not in listed
    assert f"dl_pat_…{token[-4:]}" in listed
    assert "Laptop" in listed
    assert modern(token, "tools/list").send(product.port).status == 200


def test_what_a_token_is_good_for_is_told_as_it_is(product: Served) -> None:
    desk, person = product.desk, arrive(product, "Vera")
    for scopes, told in (
        ([Scope.TICKETS_READ], "reading only"),
        ([Scope.TICKETS_READ, Scope.TICKETS_WRITE], "every tool<"),
        (list(Scope), "every tool, and the account<"),
        ([Scope.TICKETS_READ, Scope.ADMIN], "Read tickets, agents and departments; Manage"),
    ):
        _, token = product.run(generate_token(desk, person.member.id, scopes=scopes))
        assert f'data-name="Good for">{told}' in person.browser.get(PAGE).text
        person.browser.submit(PAGE, f"{PAGE}/tokens/revoke", token=str(token))


def test_what_a_token_is_asked_for_is_recorded_as_by_the_rest_api(product: Served) -> None:
    person = arrive(product, "Wanda")
    generate(person.browser, "Reader", "reading")
    mine = CallFilter(agent=person.member.id, tool="generate_token")
    (call,) = product.run(product.desk.views.list_calls(mine)).calls
    assert call.arguments == {"label": "Reader", "scopes": ["tickets:read"], "read_only": False}


def test_a_token_for_reading_reads(product: Served, pia: Person) -> None:
    token = token_in(generate(pia.browser, "Reader", "reading"))
    tools = modern(token, "tools/list").send(product.port).json()["result"]["tools"]
    assert len(tools) == 7


def test_a_revoked_token_opens_nothing_and_is_listed_no_more(product: Served) -> None:
    browser = arrive(product, "Rolf").browser
    token = token_in(generate(browser))
    assert browser.submit(PAGE, f"{PAGE}/tokens/revoke").location == f"{PAGE}?done=token"
    assert "opens nothing any more" in browser.get(f"{PAGE}?done=token").text
    assert token[-4:] not in browser.get(PAGE).text
    assert modern(token, "tools/list").send(product.port).status == 401


def test_a_lost_token_is_replaced_in_one_step(product: Served) -> None:
    browser = arrive(product, "Rosa").browser
    lost = token_in(generate(browser, "Phone"))
    found = token_in(browser.submit(PAGE, f"{PAGE}/tokens/replace"))
    assert modern(lost, "tools/list").send(product.port).status == 401
    assert modern(found, "tools/list").send(product.port).status == 200
    assert "Phone" in browser.get(PAGE).text


def test_what_a_revoked_token_generated_is_named_to_be_revoked_too(
    product: Served, olga: Browser
) -> None:
    person = arrive(product, "Rike")
    own, another = (
        product.run(generate_token(product.desk, person.member.id, scopes=Scope)) for _ in range(2)
    )
    children = {
        made["id"]: made["mask"][-4:]
        for made in (
            Client(product.port, token).post("/tokens", {}).body for token, _ in (own, another)
        )
    }
    of_own, of_another = children.values()
    revoke = f"{PAGE}/tokens/revoke"
    told = person.browser.get(person.browser.submit(PAGE, revoke, token=str(own[1])).location).text
    assert f"A token generated with it can still be used: …{of_own}." in told
    assert f"with <code>…{own[0][-4:]}</code>, <span" in told
    assert f"with <code>…{another[0][-4:]}</code></td>" in told
    page = f"/admin/agents/{person.member.id}"
    ended = olga.submit(page, f"{page}/tokens/revoke", token=str(another[1]))
    assert f"can still be used: …{of_another}." in olga.get(ended.location).text
    for child in children:
        last = person.browser.submit(PAGE, revoke, token=child)
        assert last.location == f"{PAGE}?done=token"
    for junk in ("x", str(new_id()), "%00"):
        assert "still be used" not in person.browser.get(f"{PAGE}?done=token&token={junk}").text


def test_a_replaced_token_tells_what_it_generated(product: Served) -> None:
    person = arrive(product, "Rasmus")
    lost, key = product.run(generate_token(product.desk, person.member.id, scopes=Scope))
    child = Client(product.port, lost).post("/tokens", {}).body
    shown = person.browser.submit(PAGE, f"{PAGE}/tokens/replace", token=str(key))
    assert f"can still be used: {child['mask'][-5:]}." in shown.text


def test_the_eleventh_token_is_refused_on_the_page(product: Served) -> None:
    browser = arrive(product, "Rita").browser
    for _ in range(9):  # besides the one that everybody has here
        assert generate(browser).status == 200
    refused = generate(browser, "One more")
    assert refused.status == 409
    assert "10 active access tokens already" in refused.refusal
    assert 'value="One more"' in refused.text
    assert "10 of 10 are active" in refused.text


@pytest.mark.parametrize(("label", "kind"), [("x" * 101, "full"), ("x", ""), ("x", "everything")])
def test_what_no_form_of_ours_sends_is_refused(pia: Person, label: str, kind: str) -> None:
    refused = generate(pia.browser, label, kind)
    assert refused.status == 400
    assert refused.refusal


def test_an_app_is_listed_and_revoked(product: Served, olga: Browser) -> None:
    person = arrive(product, "Rune")
    page = f"/admin/agents/{person.member.id}"
    app = product.run(connect_app(product.desk, person.member.id))
    assert call(app.access_token, "list_departments").send(product.port).status == 200
    product.settle()
    text = person.browser.get(PAGE).text
    assert "Claude" in text
    assert "claude.example" in text
    assert "Calls in Audit" not in text
    (calls,) = re.findall(r'<a href="(/audit\?credential_id=[^"]+)">', olga.get(page).text)[-1:]
    assert ">list_departments<" in olga.get(calls).text
    person.browser.submit(PAGE, f"{PAGE}/apps/revoke")
    assert modern(app.access_token, "tools/list").send(product.port).status == 401
    assert "No app is connected" in person.browser.get(PAGE).text


def test_nobody_revokes_what_is_anothers(product: Served, pia: Person) -> None:
    other = arrive(product, "Ruth")
    app = product.run(connect_app(product.desk, other.member.id))
    token = token_in(generate(other.browser))
    key = other.browser.get(PAGE).fields(f"{PAGE}/tokens/revoke")["token"]
    generate(pia.browser)
    for action, field, value in (
        ("tokens/revoke", "token", key),
        ("tokens/replace", "token", key),
        ("apps/revoke", "app", str(app.consent)),
    ):
        form = pia.browser.get(PAGE).fields(f"{PAGE}/tokens/revoke")
        forged = pia.browser.post(f"{PAGE}/{action}", {"csrf": form["csrf"], field: value})
        assert forged.status in {403, 404}, (action, forged)
    assert modern(token, "tools/list").send(product.port).status == 200
    assert modern(app.access_token, "tools/list").send(product.port).status == 200


def test_what_is_no_id_ends_nothing(olga: Browser, company: Company) -> None:
    agent = f"{AGENTS}/{company.members['Ana'].id}"
    for path, kind in (
        (f"{PAGE}/tokens/revoke", "token"),
        (f"{PAGE}/tokens/replace", "token"),
        (f"{PAGE}/apps/revoke", "app"),
        (f"{agent}/tokens/revoke", "token"),
        (f"{agent}/apps/revoke", "app"),
        ("/account/sessions", "session"),
    ):
        for fields in ({}, {kind: "x"}):
            refused = forge(olga, path, **fields)
            assert refused.status == 404, (path, fields)
            assert f"There is no such {kind}." in refused.text, (path, fields)


def test_what_others_wrote_is_text(product: Served) -> None:
    person = arrive(product, "Xaver")
    hostile = '"><script>alert(1)</script>'
    shown = generate(person.browser, hostile)
    named = CLAUDE.__class__(
        id="https://evil.example/client.json",
        source="document",
        name=hostile,
        redirect_uris=("https://evil.example/cb",),
    )
    product.run(connect_app(product.desk, person.member.id, named))
    for page in (shown, person.browser.get(PAGE)):
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;" in page.text


def test_whose_role_allows_no_tokens_is_told_so(product: Served) -> None:
    role = new_id()
    kept_in = AddRole(role=role, name="Kept in", permissions=(Permission.TICKETS_READ,))
    product.run(product.desk.execute(Wish(kept_in)))
    browser = arrive(product, "Kim", str(role)).browser
    text = browser.get(PAGE).text
    assert "Your role does not allow you to generate tokens or to connect apps." in text
    assert "Generate one" not in text
    form = {"csrf": browser.get("/account").fields("/account/password")["csrf"], "kind": "full"}
    assert browser.post(f"{PAGE}/tokens", form).status == 403


def test_without_a_session_it_leads_to_sign_in_and_back(product: Served) -> None:
    assert Browser(product.port).get(PAGE).location == f"/login?next={PAGE}"
