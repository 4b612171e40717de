"""The columns of the audit trail's tables, each against what the same line is told as in JSON."""

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import msgspec
import pytest

from api.pages.audit.words import OUTCOMES, WAYS
from domain.permissions import Role
from tests.mcp.company import BILLING, SUPPORT, Company, Member, open_ticket
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.oauth.oauth_grants import connect_app
from tests.panel.conftest import Join
from tests.panel.guarding import forge
from tests.sign_in.browser import Browser

Row = dict[str, str]
Line = dict[str, Any]
DOER = {
    "agent_id": "agent.id",
    "agent": "agent.name",
    "role": "role",
    "via": "via",
    "through": "through",
    "client": "client.name",
    "client_version": "client.version",
    "client_id": "client.id",
    "credential_id": "credential.id",
    "ip": "ip",
    "ticket_id": "ticket.id",
    "ticket": "ticket.code",
}
CALLS = DOER | {name: name for name in ("position", "call", "tool", "outcome", "units", "original")}
FACTS = DOER | {
    **{name: name for name in ("position", "topic", "sentence", "stream", "call")},
    "about_id": "about.id",
    "about": "about.name",
}
# Written otherwise than in JSON: times, and what is JSON itself.
TIMES = {
    "/audit": {"at": "at"},
    "/audit/facts": {"recorded_at": "recorded_at", "happened_at": "at"},
}
WHOLE = {"/audit": "arguments", "/audit/facts": "change"}


@pytest.fixture(scope="module")
def somebody(product: Served, company: Company, join: Join) -> Member:
    """Somebody who did something by an app, twice with the same key, by a token and by hand."""
    member, browser = join("Colin", Role.OWNER)
    code = company.tickets["open"].code
    app = product.run(connect_app(product.desk, member.id)).access_token
    tagged = call(app, "add_tags", ticket_id=code, tags=[member.id.hex], idempotency_key="once")
    for request in (
        tagged,
        tagged,
        call(member.token, "get_tags", ticket_id=code),
        call(member.token, "get_tags", ticket_id="ZZZ-99999"),
    ):
        assert request.send(product.port).status == 200
    assert forge(browser, f"/tickets/{code}/remove_tags", tag=member.id.hex).status == 303
    token = {"token": str(member.credential)}
    assert forge(browser, "/account/mcp/tokens/revoke", **token).status == 303
    product.settle()
    return member


def pairs(browser: Browser, trail: str, member: Member) -> Iterator[tuple[Row, Line]]:
    """Return each line as it stands in the table and in JSON."""
    table, lines = (
        browser.get(f"{trail}/export.{ending}?agent_id={member.id}").text
        for ending in ("csv", "jsonl")
    )
    rows = csv.DictReader(io.StringIO(table, newline=""))
    return zip(rows, map(msgspec.json.decode, lines.splitlines()), strict=True)


def part(line: Line, path: str) -> str:
    value: Any = line
    for name in path.split("."):
        value = value.get(name, {})
    return "" if value == {} else str(value)


@pytest.mark.parametrize(("trail", "columns"), [("/audit", CALLS), ("/audit/facts", FACTS)])
def test_a_table_says_in_each_column_what_json_says(
    olga: Browser, somebody: Member, trail: str, columns: dict[str, str]
) -> None:
    filled: set[str] = set()
    for row, line in pairs(olga, trail, somebody):
        assert {name: row[name] for name in columns} == {
            name: part(line, path) for name, path in columns.items()
        }
        for name, told in TIMES[trail].items():
            assert row[name].replace("+00:00", "Z") == line[told]
        assert msgspec.json.decode(row[WHOLE[trail]]) == line[WHOLE[trail]]
        assert row.keys() == {*columns, *TIMES[trail], WHOLE[trail]}
        filled |= {name for name, text in row.items() if text}
    assert filled == {*columns, *TIMES[trail], WHOLE[trail]}  # else a column was never tried


def test_a_calls_page_tells_all_that_its_line_holds(olga: Browser, somebody: Member) -> None:
    held: set[str] = set()
    for _, line in pairs(olga, "/audit", somebody):
        page = unescape(re.sub("<[^>]+>", "\n", olga.get(f"/audit/calls/{line['position']}").text))
        told = {text.strip() for text in page.splitlines()}
        outcome = line["outcome"]
        expected = {
            "Call of " + line["tool"],
            outcome.replace("_", " "),
            OUTCOMES[outcome],
            WAYS[line["via"]],
            *(part(line, path) for path in ("agent.name", "client.name", "client.version", "ip")),
            *(part(line, path) for path in ("client.id", "ticket.code", "call", "position")),
            f"as {line['role']}",
            f"{line['units']} of the budget",
            line["credential"].get("mask", line["credential"]["id"]),
        } - {""}
        assert expected <= told, expected - told
        if "original" in line:
            assert f"the answer of the call {line['original']}" in told
        held |= line.keys()
    assert "original" in held


def test_what_happened_long_before_it_was_recorded_is_told_with_both_times(
    olga: Browser, company: Company, somebody: Member
) -> None:
    lid, tagged = company.tickets["lid"].code, f"ticket.tags_added&agent_id={somebody.id}"
    for query, late in ((f"ticket_id={lid}&topic=ticket.opened", True), (f"topic={tagged}", False)):
        file = olga.get(f"/audit/facts/export.jsonl?{query}").text
        line = msgspec.json.decode(file.splitlines()[0])
        page = olga.get(f"/audit/facts/{line['position']}").text
        assert (line["at"] != line["recorded_at"]) == late
        assert ("<dt>Recorded</dt>" in page) == late
        assert line["at"].replace("Z", "+00:00") in page
        assert line["recorded_at"].replace("Z", "+00:00") in page


def test_a_calls_page_tells_all_that_it_changed_in_the_order_of_the_log(
    olga: Browser, product: Served, company: Company, join: Join
) -> None:
    member, _ = join("Mover", Role.OWNER)
    ticket = product.run(open_ticket(product.desk, company.departments[SUPPORT]))
    given = {
        "department_id": str(company.departments[BILLING]),
        "agent_id": str(company.members["Ben"].id),
    }
    moved = call(member.token, "transfer_ticket", None, ticket_id=ticket.code, **given)
    assert not moved.send(product.port).json()["result"].get("isError")
    product.settle()
    ((_, line),) = pairs(olga, "/audit", member)
    page = olga.get(f"/audit/calls/{line['position']}").text
    assert re.findall(r'<a href="/audit/facts/\d+"><bdi dir="ltr">(.*?)</bdi>', page) == [
        "Mover moved this ticket from Support to Billing",
        "Mover assigned this ticket to Ben",
    ]
