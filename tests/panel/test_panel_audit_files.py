"""The audit trail as files: what is in them, that no cell is run, and that each is recorded."""

import csv
import io
import json
import re
from itertools import chain

import pytest

from api.pages.audit.export import A_PAGE
from api.pages.audit.files import CALL_COLUMNS, FACT_COLUMNS, harmless
from tests.mcp.company import Company
from tests.mcp.serving import Served
from tests.mcp.wire import CLIENT_INFO, call
from tests.panel.auditing import AUDIT, NUMBERS, TOOLS, Busy, busy
from tests.panel.conftest import Join
from tests.panel.guarding import assert_guarded
from tests.sign_in.browser import Answer, Browser

__all__ = ["busy"]


def rows_of(file: Answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.text, newline="")))


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
    assert lines[0]["arguments"]["tags"] == [busy.tag]


def test_calls_are_exported_as_csv(olga: Browser, busy: Busy) -> None:
    file = olga.get(busy.page.replace("?", "/export.csv?"))
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(file.text, newline="")))
    assert [row["tool"] for row in rows] == TOOLS
    assert [row["units"] for row in rows] == ["0", "0", "1", "1"]
    assert json.loads(rows[2]["arguments"])["tags"] == [busy.tag]
    assert {row["agent"] for row in rows} == {busy.member.name}


@pytest.mark.parametrize("begin", ["=", "+", "-", "@"])
def test_no_cell_is_run_by_a_spreadsheet(olga: Browser, busy: Busy, begin: str) -> None:
    busy.call(f"{begin}cmd|'/c calc'!A1")
    busy.rest()
    file = olga.get(busy.page.replace("?", "/export.csv?"))
    first = next(csv.DictReader(io.StringIO(file.text, newline="")))
    assert first["tool"] == f"'{begin}cmd|'/c calc'!A1"


@pytest.mark.parametrize("begin", [";=", ';"=', ";;+", "\t@", "\n=", "\r-"])
def test_no_cell_begins_within_another_where_semicolons_part_cells(
    olga: Browser, product: Served, busy: Busy, begin: str
) -> None:
    name = f"x{begin}cmd|'/c calc'!A1;x"
    said = {CLIENT_INFO: {"name": name, "version": "1"}}
    call(busy.member.token, "list_departments", said).send(product.port)
    product.settle()
    file = olga.get(busy.page.replace("?", "/export.csv?"))
    assert "cmd|'/c calc'" in file.text
    for apart in ";\t":
        cells = chain(*csv.reader(io.StringIO(file.text), delimiter=apart, quoting=csv.QUOTE_NONE))
        assert not [cell for cell in cells if cell.lstrip('"').startswith(("=", "+", "-", "@"))]


def test_only_what_a_spreadsheet_would_run_is_quoted() -> None:
    # No tool's name has them; whatever else is told in a cell may.
    assert [harmless(text) for text in ("\t1", "\r=1", "\n=1")] == ["'\t1", "'\r'=1", "'\n'=1"]
    for text in ("", "a=1", '{"n":-1}', "1", "a; -b", "a;b=1", "a\nb"):
        assert harmless(text) == text


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


def test_facts_are_exported_with_their_sentences(olga: Browser, busy: Busy) -> None:
    path = f"{AUDIT}/facts/export.csv?agent_id={busy.member.id}"
    (tagged,) = rows_of(olga.get(path))
    assert tagged["topic"] == "ticket.tags_added"
    assert tagged["sentence"] == f"{busy.member.name} added the tag “{busy.tag}”"
    assert json.loads(tagged["change"]) == {"tags": [busy.tag]}
    (line,) = olga.get(path.replace("csv", "jsonl")).text.splitlines()
    assert json.loads(line)["position"] == int(tagged["position"])


def test_files_have_the_same_columns_whatever_is_in_them(olga: Browser, busy: Busy) -> None:
    for name, columns in (("", CALL_COLUMNS), ("/facts", FACT_COLUMNS)):
        for query in (f"agent_id={busy.member.id}", "client=none+such"):
            file = olga.get(f"{AUDIT}{name}/export.csv?{query}")
            assert file.text.splitlines()[0] == ",".join(columns)
            assert_guarded(file)


def test_who_takes_a_file_is_recorded_with_the_filter(
    product: Served, join: Join, company: Company
) -> None:
    member, auditor = join(f"Taker{next(NUMBERS)}", "owner")
    code = company.tickets["open"].code
    assert auditor.get(f"{AUDIT}/facts/export.csv?ticket_id={code}&via=").status == 200
    assert auditor.get(f"{AUDIT}/export.jsonl?credential_id=x").status == 400
    product.settle()
    file = auditor.get(f"{AUDIT}/export.jsonl?agent_id={member.id}")
    lines = [json.loads(line) for line in file.text.splitlines()]
    assert [(line["tool"], line["outcome"], line["units"]) for line in lines] == [
        ("export_calls", "invalid_arguments", 0),
        ("export_facts", "ok", 0),
    ]
    assert lines[1]["arguments"] == {"format": "csv", "ticket_id": code}
    assert lines[1]["via"] == "panel"


def test_who_may_not_is_recorded_as_well(product: Served, join: Join, olga: Browser) -> None:
    member, browser = join(f"Nosy{next(NUMBERS)}")
    refused = browser.get(f"{AUDIT}/export.csv")
    assert refused.status == 403
    assert "content-disposition" not in refused.headers
    product.settle()
    (row,) = rows_of(olga.get(f"{AUDIT}/export.csv?agent_id={member.id}"))
    assert (row["tool"], row["outcome"]) == ("export_calls", "permission_denied")
