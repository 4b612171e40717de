"""The panel against hostile names and words: shown as text, written to files as text, no secret told."""

import csv
import io
from itertools import chain
from urllib.parse import quote

import msgspec
import pytest

from tests.panel.addresses import EXPORTS, PARAMETERS, PLAIN_PAGES
from tests.panel.guarding import assert_guarded, assert_harmless, forge
from tests.panel.trap import HOSTILE, Trap, trap
from tests.sign_in.browser import Browser

__all__ = ["trap"]


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
