"""The calls of the audit trail in the panel: found by a form, and read one by one."""

import re
from urllib.parse import quote

import pytest

from domain.application import Wish
from domain.permissions import Permission
from domain.role import AddRole
from infra.desk import new_id
from tests.mcp.company import Company
from tests.mcp.serving import Served
from tests.panel.auditing import AUDIT, TOOLS, Busy, busy
from tests.panel.conftest import Join, RoleOf
from tests.sign_in.browser import Answer, Browser

__all__ = ["busy"]

_ROW = re.compile(r'href="/audit/calls/(\d+)"><bdi>([^<]*)</bdi>')


def found(answer: Answer) -> list[str]:
    assert answer.status == 200, answer
    return [tool for _, tool in _ROW.findall(answer.text)]


def test_calls_are_listed_newest_first(olga: Browser, busy: Busy) -> None:
    page = olga.get(busy.page)
    assert found(page) == TOOLS
    assert busy.member.name in page.text
    assert "via " in page.text
    assert 'href="/audit" aria-current="true">Audit' in page.text


def test_an_auditor_chooses_whose_calls_to_see(
    olga: Browser, busy: Busy, company: Company, join: Join, role_of: RoleOf
) -> None:
    _, auditor = join("Odo", role_of(Permission.AUDIT_READ))
    ben = company.members["Ben"]
    assert f'<option value="{ben.id}">Ben</option>' in auditor.get(AUDIT).text
    ticket = company.tickets["open"]
    on_it = f"{busy.page}&ticket_id={ticket.code}"
    way = f'<a href="/tickets/{ticket.code}">'
    assert way in olga.get(on_it).text
    assert way not in auditor.get(on_it).text  # where it would lead to a refusal


@pytest.mark.parametrize(
    ("query", "tools"),
    [
        ("outcome=not_found", ["get_tags"]),
        ("via=panel", []),
        ("from=2020-01-01T00:00", TOOLS),
        ("to=2020-01-01T00:00:00", []),
        ("ticket_id=AAA-00000", []),
        ("client=Nobody", []),
        ("tool=+add_tags+&outcome=&via=", ["add_tags"]),
    ],
)
def test_filters_narrow(olga: Browser, busy: Busy, query: str, tools: list[str]) -> None:
    assert found(olga.get(f"{busy.page}&{query}")) == tools


def test_calls_are_found_by_their_ticket_and_their_token(
    olga: Browser, busy: Busy, company: Company
) -> None:
    on_it = found(olga.get(f"{busy.page}&ticket_id={company.tickets['open'].code}"))
    assert on_it == ["add_tags"]
    shown = re.findall(r"token (…\w{4})", olga.get(busy.page).text)[0]
    for word in (busy.member.credential, shown, f"token {shown}", f"dl_pat_{shown}", shown[1:]):
        with_it = found(
            olga.get(f"{AUDIT}?agent_id={busy.member.id}&credential_id={quote(str(word))}")
        )
        assert with_it == TOOLS, word


def test_what_was_asked_stays_in_the_form(olga: Browser, busy: Busy) -> None:
    page = olga.get(f"{busy.page}&tool=get_tags&via=token&from=2026-01-02T03:04:05%2B01:00")
    fields = page.fields(AUDIT)
    assert (fields["tool"], fields["from"]) == ("get_tags", "2026-01-02T02:04:05")
    assert f'value="{busy.member.id}" selected' in page.text
    assert 'value="token" selected' in page.text


def test_older_calls_are_a_link_away(olga: Browser, busy: Busy) -> None:
    for _ in range(51 - len(TOOLS)):
        busy.call("list_departments")
    busy.rest()
    first = olga.get(f"{busy.page}&via=token")
    assert len(found(first)) == 50
    (older,) = re.findall(r'href="(/audit\?[^"]*)" rel="next"', first.text)
    second = olga.get(older.replace("&amp;", "&"))
    assert found(second) == TOOLS[-1:]
    assert 'rel="next"' not in second.text
    assert ">Newest</a>" in second.text


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("agent_id=nobody", 400, "“nobody” cannot be taken as an agent"),
        ("via=pigeon", 400, "“pigeon” cannot be taken as a way"),
        # What would turn the sentence the other way.
        ("via=pig%E2%80%AEeon", 400, "“pigeon” cannot be taken as a way"),
        ("credential_id=x", 400, "such as …Ab3x"),
        ("from=yesterday", 400, "is no date or time"),
        ("cursor=x", 400, "no such page"),
    ],
)
def test_a_wrong_filter_is_told_and_can_be_mended(
    olga: Browser, query: str, status: int, words: str
) -> None:
    page = olga.get(f"{AUDIT}?{query}")
    assert page.status == status
    assert words in page.refusal
    assert "start anew" in page.text


def test_where_nothing_fits_the_page_tells_a_way_on(olga: Browser) -> None:
    page = olga.get(f"{AUDIT}?tool=nothing_like_it")
    assert "No call fits all of this" in page.text
    assert "clear all filters" in page.text
    assert "export.csv" not in page.text


def test_a_call_is_told_with_its_arguments(olga: Browser, busy: Busy, company: Company) -> None:
    ticket = company.tickets["open"]
    ((position, _),) = _ROW.findall(olga.get(f"{busy.page}&tool=add_tags").text)
    text = olga.get(f"{AUDIT}/calls/{position}").text
    assert f"&#34;{busy.tag}&#34;" in text
    for words in (
        "Call of add_tags",
        f'href="/tickets/{ticket.code}"',
        busy.member.name,
        "MCP, with an access token",
        "1 of the budget",
        f'href="/audit?credential_id={busy.member.credential}"',
    ):
        assert words in text


def test_what_others_sent_is_text(olga: Browser, busy: Busy) -> None:
    ((position, _),) = _ROW.findall(olga.get(f"{busy.page}&tool=no_such_tool").text)
    text = olga.get(f"{AUDIT}/calls/{position}").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


@pytest.mark.parametrize("position", ["0", "1", str(2**62), str(2**63), "9" * 30])
def test_a_call_that_there_is_not_is_not_found(olga: Browser, position: str) -> None:
    page = olga.get(f"{AUDIT}/calls/{position}")
    assert page.status == 404
    assert "audit trail" in page.text


@pytest.mark.parametrize(
    "path", ["", "/calls/1", "/facts", "/facts/1", "/export.csv", "/facts/export.jsonl"]
)
def test_whose_role_lacks_it_is_told_so_and_sees_no_way_there(ana: Browser, path: str) -> None:
    page = ana.get(f"{AUDIT}{path}")
    assert page.status == 403
    assert "not allow you to read the audit trail" in page.text
    assert "Ask an administrator" in page.text
    assert 'href="/audit"' not in ana.get("/account").text


def test_an_auditor_needs_no_other_permission(product: Served, join: Join, busy: Busy) -> None:
    role = new_id()
    product.run(
        product.desk.execute(
            Wish(AddRole(role=role, name="Auditors", permissions=(Permission.AUDIT_READ,)))
        )
    )
    _, auditor = join("Aud", str(role))
    assert found(auditor.get(busy.page)) == TOOLS


def test_who_is_not_signed_in_is_asked_to(product: Served) -> None:
    answer = Browser(product.port).get(f"{AUDIT}/export.csv")
    assert answer.status == 303
    assert answer.location.startswith("/login")
