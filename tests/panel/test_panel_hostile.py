"""The panel against people who mean harm: markup in names, forged forms, others' doors, junk."""

import csv
import io
from itertools import chain
from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

import msgspec
import pytest

from domain.application import Wish
from domain.clients import RegisterClient
from domain.issuing import new_token
from domain.oauth_client import OAuthClient
from domain.permissions import TOOL_SCOPES
from domain.role import AddRole
from domain.ticket.words import Contact
from infra.desk import new_id
from tests.mcp.company import Company, Member, Ticket, act, add_department, open_ticket, said
from tests.mcp.serving import Served, served
from tests.mcp.wire import CLIENT_INFO, call
from tests.oauth.oauth_grants import connect_app
from tests.panel.conftest import Enter, Join
from tests.panel.guarding import assert_guarded, assert_harmless, forge, is_ours
from tests.panel.test_panel_junk import PARAMETERS
from tests.sign_in.browser import Browser

HOSTILE = (
    "=\"'></title></textarea></svg><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"
)
TAG = "\"'><img src=x onerror=alert(1)>"
PLAIN_PAGES = (
    "/account",
    "/account/mcp",
    "/tickets/new",
    "/tickets",
    "/audit",
    "/audit/facts",
    "/admin/agents",
    "/admin/roles",
    "/admin/departments",
    "/admin/clients",
    "/admin/budget",
    "/admin/system",
)
EXPORTS = (
    *("/audit/export.csv", "/audit/export.jsonl"),
    *("/audit/facts/export.csv", "/audit/facts/export.jsonl"),
)


class Trap(NamedTuple):
    """Somebody and something whose every name is markup."""

    member: Member
    browser: Browser
    ticket: Ticket
    department: UUID
    role: UUID
    secrets: tuple[str, ...]


@pytest.fixture(scope="module")
def trap(product: Served, join: Join) -> Trap:
    desk, run = product.desk, product.run
    place = run(add_department(desk, HOSTILE))
    role = new_id()
    run(desk.execute(Wish(AddRole(role=role, name=TAG, permissions=()))))
    member, browser = join(f"{HOSTILE} Hostile")
    kim = Contact(id=new_id(), name=HOSTILE, email='"><b>@x.example')
    ticket = run(open_ticket(desk, place, HOSTILE, requester=kim, tags=(TAG,)))
    run(act(desk, said(ticket, HOSTILE, kim), said(ticket, HOSTILE, member)))
    new = new_token(member.id, new_id(), b"\x07" * 32, HOSTILE[:100], TOOL_SCOPES)
    run(desk.execute(Wish(new.command)))
    evil = OAuthClient(
        id="https://evil.example/client.json",
        source="document",
        name=HOSTILE,
        redirect_uris=("https://evil.example/cb",),
    )
    app = run(connect_app(desk, member.id, evil))
    registered = RegisterClient(
        client_id=f"trap-{new_id()}", name=HOSTILE, redirect_uris=("https://trap.example/cb",)
    )
    run(desk.execute(Wish(registered)))
    meta = {CLIENT_INFO: {"name": HOSTILE, "version": HOSTILE}}
    for tool, arguments in (
        (HOSTILE, {HOSTILE: HOSTILE}),
        ("add_tags", {"ticket_id": ticket.code, "tags": [TAG]}),
        ("list_departments", {}),
    ):
        assert call(member.token, tool, meta, **arguments).send(product.port).status < 500
    product.settle()
    secrets = (member.token, new.secret, app.access_token, app.refresh_token)
    return Trap(member, browser, ticket, place, role, secrets)


@pytest.fixture(scope="module")
def pages(olga: Browser, trap: Trap) -> list[str]:
    """Every page of the panel, and those of the trap."""
    calls = msgspec.json.Decoder()
    trail = olga.get(f"/audit/export.jsonl?agent_id={trap.member.id}").text
    of_calls = [f"/audit/calls/{calls.decode(line)['position']}" for line in trail.splitlines()]
    assert len(of_calls) >= 2
    facts = olga.get(f"/audit/facts/export.jsonl?about_id={trap.member.id}").text
    of_facts = [f"/audit/facts/{calls.decode(line)['position']}" for line in facts.splitlines()]
    assert len(of_facts) >= 4
    hostile = quote(HOSTILE)
    return [
        *PLAIN_PAGES,
        *of_calls,
        *of_facts,
        f"/admin/agents/{trap.member.id}",
        "/admin/agents?all=yes",
        "/admin/agents/new",
        f"/admin/roles/{trap.role}",
        f"/admin/departments/{trap.department}",
        f"/tickets/{trap.ticket.code}",
        f"/tickets/{trap.ticket.code}?client={hostile}&by={hostile}&activity={hostile}",
        *(f"/tickets?{name}={hostile}" for name in PARAMETERS["/tickets"]),
        *(f"/audit?{name}={hostile}" for name in PARAMETERS["/audit"]),
        *(f"/audit/facts?{name}={hostile}" for name in PARAMETERS["/audit/facts"]),
        *(f"/admin/agents?{name}={hostile}" for name in PARAMETERS["/admin/agents"]),
        f"/tickets/{hostile}",
        f"/nowhere/{hostile}",
    ]


def test_names_are_text_on_every_page_and_every_page_is_guarded(
    olga: Browser, trap: Trap, pages: list[str]
) -> None:
    for path in pages:
        answer = olga.get(path)
        assert answer.status in {200, 400, 404}, path
        assert_harmless(answer)
        assert_guarded(answer)
        if answer.status == 200 and not path.startswith(("/account", "/admin/system")):
            assert "onerror" in answer.text, path  # else nothing is tried here
    assert_harmless(trap.browser.get("/account/mcp"))


def test_a_refused_form_shows_what_was_typed_as_text(olga: Browser, trap: Trap) -> None:
    ticket = f"/tickets/{trap.ticket.code}"
    for path, fields in (
        ("/account/mcp/tokens", {"label": HOSTILE * 3, "kind": "full"}),
        ("/account/mcp/test", {"token": HOSTILE}),
        ("/admin/clients/policy", {"hosts": HOSTILE}),
        ("/admin/clients/remove", {"client": HOSTILE}),
        ("/admin/clients/register", {"name": HOSTILE * 3, "redirect_uris": HOSTILE}),
        ("/admin/budget/limit", {"kind": "fixed", "monthly_limit": HOSTILE}),
        ("/admin/agents/add", {"name": HOSTILE, "email": HOSTILE, "role": HOSTILE}),
        (f"/admin/agents/{trap.member.id}/change", {"name": HOSTILE, "email": HOSTILE}),
        ("/admin/roles/add", {"name": HOSTILE * 3, "permissions": HOSTILE}),
        (f"/admin/roles/{trap.role}/change", {"name": HOSTILE * 3, "permissions": HOSTILE}),
        ("/admin/departments/add", {"name": HOSTILE * 9}),
        (f"/admin/departments/{trap.department}/rename", {"name": HOSTILE * 9}),
        (f"{ticket}/add_tags", {"tags": HOSTILE * 9}),
        (f"{ticket}/assign_ticket", {"agent_id": HOSTILE}),
        (f"{ticket}/change_ticket", {"subject": HOSTILE * 9, "priority": HOSTILE}),
        (f"{ticket}/reply", {"body": f"{HOSTILE}\0"}),
        (
            "/tickets/open_ticket",
            {"subject": HOSTILE, "name": HOSTILE, "body": HOSTILE, "tags": HOSTILE},
        ),
    ):
        answer = forge(olga, path, **fields)
        assert 400 <= answer.status < 500, path
        assert_harmless(answer)
        assert_guarded(answer)


def test_no_page_tells_a_secret(olga: Browser, trap: Trap, pages: list[str]) -> None:
    for browser in (olga, trap.browser):
        secrets = (*trap.secrets, *browser.cookies.values())
        for path in (*pages[: len(PLAIN_PAGES) + 5], *EXPORTS):
            text = browser.get(path).text
            assert not [secret for secret in secrets if secret in text], path


def test_files_are_files_and_spreadsheets_run_nothing(olga: Browser, trap: Trap) -> None:
    for path in EXPORTS:
        answer = olga.get(f"{path}?agent_id={trap.member.id}")
        assert answer.status == 200
        disposition = answer.headers["content-disposition"]
        assert disposition.startswith('attachment; filename="deskledger-')
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    table = olga.get(f"/audit/export.csv?agent_id={trap.member.id}").text
    rows = list(csv.reader(io.StringIO(table)))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not [cell for cell in chain(*rows) if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def posts(trap: Trap) -> list[str]:
    agent, ticket = f"/admin/agents/{trap.member.id}", f"/tickets/{trap.ticket.code}"
    actions = ("add_tags", "remove_tags", "resolve_ticket", "reopen_ticket", "assign_ticket")
    return [
        *("/logout", "/account/password", "/account/sessions"),
        *("/account/mcp/tokens", "/account/mcp/tokens/replace", "/account/mcp/tokens/revoke"),
        *("/account/mcp/apps/revoke", "/admin/clients/policy", "/admin/clients/remove"),
        "/account/mcp/test",
        *("/admin/clients/register", "/admin/budget/limit"),
        *(f"{agent}/{deed}" for deed in ("tokens/revoke", "apps/revoke", "deactivate")),
        *(f"{agent}/{deed}" for deed in ("reactivate", "change", "seat", "password-link")),
        *(f"/admin/{each}/add" for each in ("agents", "roles", "departments")),
        *(f"/admin/roles/{trap.role}/{deed}" for deed in ("change", "remove")),
        f"/admin/departments/{trap.department}/rename",
        *(f"{ticket}/{action}" for action in (*actions, "transfer_ticket")),
        *(f"{ticket}/{action}" for action in ("reply", "note", "change_ticket")),
        "/tickets/open_ticket",
    ]


def test_a_form_of_another_site_or_another_browser_is_none_of_ours(
    olga: Browser, ana: Browser, trap: Trap
) -> None:
    def token(browser: Browser) -> str:
        return browser.get("/account").fields("/logout")["csrf"]

    ours, foreign = token(olga), token(ana)
    for path in posts(trap):
        for csrf in ({}, {"csrf": ""}, {"csrf": foreign}, {"csrf": "\u00e9"}):
            assert olga.post(path, csrf).status == 403, path
        for headers in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
        ):
            assert olga.post(path, {"csrf": ours}, headers).status == 403, path
        # Nor does an address, which any site may link to.
        assert olga.get(f"{path}?csrf={ours}").status in {404, 405}, path
    assert olga.is_signed_in()


def test_an_agents_session_opens_no_administrators_door(
    ana: Browser, trap: Trap, olga: Browser
) -> None:
    agent = f"/admin/agents/{trap.member.id}"
    for path in ("/admin", *PLAIN_PAGES[4:], agent, *EXPORTS, "/audit/calls/1", "/audit/facts/1"):
        answer = ana.get(path)
        assert answer.status == 403, path
        assert HOSTILE[:9] not in answer.text
    held = olga.get(agent)
    ids = {kind: held.fields(f"{agent}/{kind}s/revoke")[kind] for kind in ("token", "app")}
    for kind, key in ids.items():
        for base in (agent, "/account/mcp"):
            assert forge(ana, f"{base}/{kind}s/revoke", **{kind: key}).status in {403, 404}
    assert forge(ana, "/account/mcp/tokens/replace", token=ids["token"]).status in {403, 404}
    for deed in ("deactivate", "reactivate", "change", "seat", "password-link"):
        assert forge(ana, f"{agent}/{deed}").status == 403
    for deed in ("policy", "remove"):
        assert forge(ana, f"/admin/clients/{deed}", any_host="on").status == 403
    assert olga.get(agent).fields(f"{agent}/tokens/revoke")["token"] == ids["token"]


def test_without_a_session_every_door_leads_to_the_sign_in(product: Served, trap: Trap) -> None:
    for path in (
        *PLAIN_PAGES,
        *EXPORTS,
        f"/tickets/{trap.ticket.code}",
        "/audit/calls/1",
        "/audit/facts/1",
    ):
        answer = Browser(product.port).get(path)
        assert (answer.status, answer.text) == (303, ""), path
        assert answer.location in {"/login", f"/login?next={path}"}
    for path in posts(trap):
        assert Browser(product.port).post(path, {}).status in {303, 403}


def test_a_hidden_ticket_is_like_one_that_there_is_not(ana: Browser, company: Company) -> None:
    hidden = company.tickets["chain"]  # of another department
    for query in (
        f"query={hidden.code}",
        f"query=jumps&department_id={company.departments['Workshop']}",
        f"agent_id={company.members['Cora'].id}",
        "priority=low&sort=priority",
    ):
        assert hidden.code not in ana.get(f"/tickets?{query}").text.replace(f'"{hidden.code}"', "")
    absent = forge(ana, "/tickets/ZZZ-99999/resolve_ticket")
    for name in (hidden.code, str(hidden.id)):
        path = f"/tickets/{name}"
        assert ana.get(path).text == ana.get("/tickets/ZZZ-99999").text
        assert ana.get(f"{path}?activity=x&messages=x&message=x").status == 404
        for action in ("resolve_ticket", "add_tags", "transfer_ticket"):
            refused = forge(ana, f"{path}/{action}", tags="x")
            assert (refused.status, refused.text) == (404, absent.text)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/%09/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/%0d%0aLocation:%20https://evil.example",
    ],
)
def test_the_way_on_stays_in_this_house(olga: Browser, target: str) -> None:
    answer = olga.get(f"/login?next={target}")
    assert answer.status == 303
    assert is_ours(answer.location)
    assert "\t" not in answer.location


def test_a_session_that_asks_too_much_waits(founded: tuple[str, Company], enter: Enter) -> None:
    url, company = founded
    ben = enter(company.members["Ben"])
    with served(url, rate_per_credential=5) as slow:
        # The cookie holds for whoever serves the same address.
        browser = Browser(slow.port, **ben.cookies)
        answers = [browser.get(path) for path in ("/tickets", "/account") * 5]
    last = answers[-1]
    assert last.status == 429
    assert int(last.headers["retry-after"]) > 0
    assert_guarded(last)
