"""The audit trail in the panel: found by a form, read call by call, taken along as a file."""

import csv
import io
import json
import re
from itertools import count
from typing import Any

import pytest

from api.pages.audit_export import A_PAGE, harmless
from domain.application import Wish
from domain.permissions import Permission
from domain.role import AddRole
from infra.desk import new_id
from tests.mcp.company import Company, Member
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.panel.conftest import Join
from tests.sign_in.browser import Answer, Browser

AUDIT = "/audit"
HOSTILE = "=1+1<script>alert('x')</script>"
_ROW = re.compile(r'href="/audit/calls/(\d+)"><bdi>([^<]*)</bdi>')
_NUMBERS = count(1)


class Busy:
    """Somebody of the test's own who calls tools."""

    def __init__(self, product: Served, member: Member) -> None:
        self.product = product
        self.member = member

    @property
    def page(self) -> str:
        return f"{AUDIT}?agent_id={self.member.id}"

    def call(self, tool: str, **arguments: Any) -> None:
        call(self.member.token, tool, **arguments).send(self.product.port)

    def rest(self) -> None:
        assert self.product.run(self.product.desk.views_caught_up())


@pytest.fixture
def busy(product: Served, company: Company, join: Join) -> Busy:
    """Somebody who called four tools and got two refusals."""
    member, _ = join(f"Busy{next(_NUMBERS)}")
    somebody = Busy(product, member)
    somebody.call("list_departments")
    somebody.call("add_tags", ticket_id=company.tickets["open"].code, tags=["seen"])
    somebody.call("get_tags", ticket_id="ZZZ-99999")
    somebody.call("no_such_tool", words=HOSTILE)
    somebody.rest()
    return somebody


def found(answer: Answer) -> list[str]:
    assert answer.status == 200, answer
    return [tool for _, tool in _ROW.findall(answer.text)]


TOOLS = ["no_such_tool", "get_tags", "add_tags", "list_departments"]


def test_calls_are_listed_newest_first(olga: Browser, busy: Busy) -> None:
    page = olga.get(busy.page)
    assert found(page) == TOOLS
    assert busy.member.name in page.text
    assert "via " in page.text
    assert 'href="/audit" aria-current="true">Audit' in page.text


@pytest.mark.parametrize(
    ("query", "tools"),
    [
        ("tool=add_tags", ["add_tags"]),
        ("outcome=ok", ["add_tags", "list_departments"]),
        ("outcome=not_found", ["get_tags"]),
        ("via=token", TOOLS),
        ("via=panel", []),
        ("from=2020-01-01T00:00", TOOLS),
        ("to=2020-01-01T00:00:00", []),
        ("ticket_id=AAA-00000", []),
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
    with_it = found(olga.get(f"{AUDIT}?credential_id={busy.member.credential}"))
    assert with_it == TOOLS


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
        ("credential_id=x", 400, "cannot be taken as a credential"),
        ("from=yesterday", 400, "is no date or time"),
        ("cursor=x", 400, "cursor"),
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
    assert "export" not in page.text


def test_a_call_is_told_with_its_arguments(olga: Browser, busy: Busy, company: Company) -> None:
    ticket = company.tickets["open"]
    ((position, _),) = _ROW.findall(olga.get(f"{busy.page}&tool=add_tags").text)
    text = olga.get(f"{AUDIT}/calls/{position}").text
    assert "&#34;seen&#34;" in text
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


def test_calls_are_exported_as_jsonl(olga: Browser, busy: Busy) -> None:
    file = olga.get(busy.page.replace("?", "/export.jsonl?") + "&outcome=ok")
    assert file.status == 200
    name = re.fullmatch(
        r'attachment; filename="deskledger-calls-\d{4}-\d\d-\d\d\.jsonl"',
        file.headers["content-disposition"],
    )
    assert name
    lines = [json.loads(line) for line in file.text.splitlines()]
    assert [line["tool"] for line in lines] == ["add_tags", "list_departments"]
    assert lines[0]["arguments"]["tags"] == ["seen"]


def test_calls_are_exported_as_csv(olga: Browser, busy: Busy) -> None:
    file = olga.get(busy.page.replace("?", "/export.csv?"))
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(file.text, newline="")))
    assert [row["tool"] for row in rows] == TOOLS
    assert [row["units"] for row in rows] == ["0", "0", "1", "1"]
    assert json.loads(rows[2]["arguments"])["tags"] == ["seen"]
    assert {row["agent"] for row in rows} == {busy.member.name}


@pytest.mark.parametrize("begin", ["=", "+", "-", "@"])
def test_no_cell_is_run_by_a_spreadsheet(olga: Browser, busy: Busy, begin: str) -> None:
    busy.call(f"{begin}cmd|'/c calc'!A1")
    busy.rest()
    file = olga.get(busy.page.replace("?", "/export.csv?"))
    first = next(csv.DictReader(io.StringIO(file.text, newline="")))
    assert first["tool"] == f"'{begin}cmd|'/c calc'!A1"


def test_only_what_a_spreadsheet_would_run_is_quoted() -> None:
    # No tool's name has them; whatever else is told in a cell may.
    assert [harmless(text) for text in ("\t=1", "\r=1", "\n=1")] == ["'\t=1", "'\r=1", "'\n=1"]
    assert [harmless(text) for text in ("", "a=1", '{"n":-1}', "1")] == ["", "a=1", '{"n":-1}', "1"]


def test_files_go_on_beyond_what_one_query_takes(olga: Browser, busy: Busy) -> None:
    for _ in range(A_PAGE):
        busy.call("list_departments")
    busy.rest()
    expected = ["list_departments"] * A_PAGE + TOOLS
    lines = olga.get(busy.page.replace("?", "/export.jsonl?")).text.splitlines()
    assert [json.loads(line)["tool"] for line in lines] == expected
    assert len({json.loads(line)["position"] for line in lines}) == len(expected)
    file = io.StringIO(olga.get(busy.page.replace("?", "/export.csv?")).text, newline="")
    assert [row["tool"] for row in csv.DictReader(file)] == expected


def test_a_wrong_filter_is_no_file(olga: Browser) -> None:
    refused = olga.get(f"{AUDIT}/export.csv?via=pigeon")
    assert refused.status == 400
    assert "content-disposition" not in refused.headers


@pytest.mark.parametrize("path", ["", "/calls/1", "/export.csv", "/export.jsonl"])
def test_whose_role_lacks_it_is_told_so_and_sees_no_way_there(ana: Browser, path: str) -> None:
    page = ana.get(f"{AUDIT}{path}")
    assert page.status == 403
    assert "audit:read" in page.text
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
