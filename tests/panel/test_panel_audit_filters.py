"""The audit trail's filters, alone and two by two, against what was done; files hold what the page lists."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import reduce
from html import unescape
from itertools import chain, combinations
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import msgspec
import pytest

from api.pages.audit.words import kind_of
from domain.permissions import Scope
from tests.mcp.company import Company, generate_token
from tests.mcp.serving import Served
from tests.mcp.wire import CLIENT_INFO, call
from tests.oauth.oauth_grants import connect_app
from tests.panel.conftest import Join
from tests.panel.guarding import forge
from tests.sign_in.browser import Answer, Browser

CALLS, FACTS = "/audit", "/audit/facts"
# A row's place in the log, what its head names, and the other cells by their columns.
_ROW = re.compile(
    r'<tr>\n<th scope="row"><a href="/audit/(?:calls|facts)/(\d+)"><bdi[^>]*>(.*?)</bdi>(.*?)</tr>',
    re.DOTALL,
)
_NONE = "\u2013"
_CELL = re.compile(r'data-name="(\w+)">(.*?)</td>', re.DOTALL)


class Done(NamedTuple):
    """A call as it was made, with its place in the log and its time there."""

    position: int
    at: datetime
    who: UUID
    name: str
    credential: UUID
    via: str
    client: str
    tool: str
    ticket: str
    outcome: str


Meets = Callable[[Done], bool]
Fact = dict[str, Any]


def rows(answer: Answer) -> dict[int, dict[str, str]]:
    """Return what a page lists, by the place in the log: the cells' texts, and the head as `Head`."""
    assert answer.status == 200, answer

    def text(cell: str) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", "", cell)).split())

    return {
        int(position): {
            "Head": text(head),
            **{name: text(cell) for name, cell in _CELL.findall(cells)},
        }
        for position, head, cells in _ROW.findall(answer.text)
    }


def link(answer: Answer, ending: str) -> str:
    """Return where the page leads for what it lists as a file."""
    (found,) = re.findall(rf'href="([^"]+/export\.{ending}[^"]*)"', answer.text)
    return unescape(found)


def lines(file: Answer) -> list[Fact]:
    assert file.status == 200, file
    return [msgspec.json.decode(line) for line in file.text.splitlines()]


@pytest.fixture(scope="module")
def trail(product: Served, company: Company, join: Join, olga: Browser) -> list[Done]:
    """Calls of two people with three tokens and an app, on two tickets; some were refused."""
    (first, _), (second, _) = join("First"), join("Second")
    reading, key = product.run(generate_token(product.desk, first.id, scopes=[Scope.TICKETS_READ]))
    app = product.run(connect_app(product.desk, second.id))
    made: list[tuple[UUID, str, UUID, str, str, str, str, str]] = []
    for who, secret, credential, via in (
        (first, first.token, first.credential, "token"),
        (first, reading, key, "token"),
        (second, second.token, second.credential, "token"),
        (second, app.access_token, app.consent, "app"),
    ):
        for client in ("Alpha", "Beta"):
            told = {CLIENT_INFO: {"name": client, "version": "1"}}
            name = "Claude" if via == "app" else client
            for number, (tool, ticket) in enumerate(
                (
                    ("get_tags", "open"),
                    ("add_tags", "open"),
                    ("add_tags", "lid"),
                    ("reopen_ticket", "open"),  # which is not resolved
                )
            ):
                code = company.tickets[ticket].code
                given = {"tags": [f"{credential.hex[-9:]} {client} {number}"]}
                sent = given if tool == "add_tags" else {}
                call(secret, tool, told, ticket_id=code, **sent).send(product.port)
                if secret == reading and tool != "get_tags":
                    # What was refused at the gate was about no ticket yet.
                    code, outcome = "", "permission_denied"
                else:
                    outcome = "invalid_transition" if tool == "reopen_ticket" else "ok"
                made.append((who.id, who.name, credential, via, name, tool, code, outcome))
    product.settle()
    trails = (lines(olga.get(f"{CALLS}/export.jsonl?agent_id={one.id}")) for one in (first, second))
    recorded = chain(*(trail[::-1] for trail in trails))
    return [
        Done(line["position"], datetime.fromisoformat(line["at"]), *done)
        for done, line in zip(made, recorded, strict=True)
    ]


def filters(trail: list[Done], code: str) -> Mapping[str, tuple[str, Meets]]:
    """Return each filter of calls: what is asked for, and which calls meet it."""
    first, reading, early, late = trail[0], trail[8], trail[5], trail[-6]
    return {
        "agent_id": (str(first.who), lambda done: done.who == first.who),
        "client": ("Alpha", lambda done: done.client == "Alpha"),
        "credential_id": (
            str(reading.credential),
            lambda done: done.credential == reading.credential,
        ),
        "tool": ("add_tags", lambda done: done.tool == "add_tags"),
        "ticket_id": (code, lambda done: done.ticket == code),
        "outcome": ("ok", lambda done: done.outcome == "ok"),
        "via": ("token", lambda done: done.via == "token"),
        "from": (early.at.isoformat(), lambda done: done.at >= early.at),
        "to": (late.at.isoformat(), lambda done: done.at < late.at),
    }


@pytest.fixture(scope="module")
def facts(trail: list[Done], company: Company, olga: Browser, product: Served) -> list[Fact]:
    """What those calls changed, and what the owner did then in the panel; newest first."""
    path = f"/tickets/{company.tickets['lid'].code}"
    person, credential = trail[8].who, trail[8].credential
    for action, fields in (
        (f"{path}/add_tags", {"tags": "by hand"}),
        (f"{path}/remove_tags", {"tag": "by hand"}),
        (f"/admin/agents/{person}/tokens/revoke", {"token": str(credential)}),
    ):
        assert forge(olga, action, **fields).status == 303
    product.settle()
    since = urlencode({"from": trail[0].at.isoformat()})
    return lines(olga.get(f"{FACTS}/export.jsonl?{since}"))


def fact_filters(facts: list[Fact]) -> Mapping[str, tuple[str, Callable[[Fact], bool]]]:
    """Return each filter of facts: what is asked for, and which facts meet it."""
    revoked, tagged, early, late = facts[0], facts[5], facts[-4], facts[3]
    known: dict[str, tuple[str, Callable[[Fact], bool]]] = {
        "from": (early["recorded_at"], lambda fact: fact["position"] >= early["position"]),
        "to": (late["recorded_at"], lambda fact: fact["position"] < late["position"]),
    }
    for name, of, path in (
        ("agent_id", tagged, ("agent", "id")),
        ("about_id", revoked, ("about", "id")),
        ("topic", tagged, ("topic",)),
        ("ticket_id", tagged, ("ticket", "code")),
        ("via", tagged, ("via",)),
        ("client", facts[-1], ("client", "name")),
        ("credential_id", facts[-1], ("credential", "id")),
        ("call_id", tagged, ("call",)),
    ):
        value = part(of, path)
        known[name] = (str(value), lambda fact, path=path, value=value: part(fact, path) == value)
    return known


def part(fact: Fact, path: tuple[str, ...]) -> object:
    return reduce(lambda found, name: found.get(name, {}), path, fact)


def some_of(names: Mapping[str, object]) -> Iterator[tuple[str, ...]]:
    return chain(combinations(names, 1), combinations(names, 2))


def test_each_filter_of_calls_and_each_two_find_those_that_meet_them_and_no_others(
    olga: Browser, trail: list[Done], company: Company
) -> None:
    known = filters(trail, company.tickets["open"].code)
    ours = {done.position for done in trail}
    tried: set[frozenset[int]] = set()
    for chosen in some_of(known):
        query = urlencode({name: known[name][0] for name in chosen})
        expected = [
            done.position for done in trail[::-1] if all(known[name][1](done) for name in chosen)
        ]
        listed = [position for position in rows(olga.get(f"{CALLS}?{query}")) if position in ours]
        assert listed == expected, chosen
        tried.add(frozenset(expected))
        assert len(chosen) == 2 or 0 < len(expected) < len(trail), chosen
    assert len(tried) > 30  # else two filters would be taken for one another


def test_a_row_tells_what_was_called_by_whom_on_what_and_what_came_of_it(
    olga: Browser, trail: list[Done]
) -> None:
    listed: dict[int, dict[str, str]] = {}
    for person in {done.who for done in trail}:
        listed |= rows(olga.get(f"{CALLS}?agent_id={person}"))
    for done in trail:
        row = listed[done.position]
        assert row["Head"] == done.tool
        assert row["Outcome"] == done.outcome.replace("_", " ")
        assert row["Who"].startswith(f"{done.name} via {done.client}")
        assert row["Ticket"] == (done.ticket or _NONE)
        assert row["Units"] == ("1" if done.outcome == "ok" else "0")
        assert row["When"] == f"{done.at:%Y-%m-%d %H:%M} UTC"
        if done.tool == "reopen_ticket":
            page = olga.get(f"{CALLS}/calls/{done.position}").text
            assert f'">{row["Outcome"]}</span>' in page
            assert f"<dt>Units</dt><dd>{row['Units']} of the budget" in page


@pytest.mark.parametrize("chosen", [("agent_id",), ("credential_id", "outcome"), ("from", "to")])
def test_files_hold_the_calls_that_the_page_lists(
    olga: Browser, trail: list[Done], company: Company, chosen: tuple[str, ...]
) -> None:
    known = filters(trail, company.tickets["open"].code)
    page = olga.get(f"{CALLS}?{urlencode({name: known[name][0] for name in chosen})}")
    assert_file_holds(olga, page)


def assert_file_holds(browser: Browser, page: Answer) -> None:
    """Assert that both files to which a page leads hold what it lists, in its order."""
    listed = [*rows(page)]
    assert listed
    # Whatever is older is on other pages.
    found = [line["position"] for line in lines(browser.get(link(page, "jsonl")))]
    assert found[: len(listed)] == listed
    assert len(found) == len(listed) or len(listed) == 50
    table = io.StringIO(browser.get(link(page, "csv")).text, newline="")
    assert [int(row["position"]) for row in csv.DictReader(table)] == found


def test_each_filter_of_facts_and_each_two_find_those_that_meet_them_and_no_others(
    olga: Browser, facts: list[Fact]
) -> None:
    known = fact_filters(facts)
    for chosen in some_of(known):
        query = urlencode({name: known[name][0] for name in chosen})
        expected = [
            fact["position"] for fact in facts if all(known[name][1](fact) for name in chosen)
        ]
        listed = [one for one in rows(olga.get(f"{FACTS}?{query}")) if one >= facts[-1]["position"]]
        assert listed == expected, chosen
        assert len(chosen) == 2 or 0 < len(expected) < len(facts), chosen


def test_a_row_tells_what_happened_through_what_to_which_ticket_and_when(
    olga: Browser, facts: list[Fact]
) -> None:
    listed = rows(olga.get(FACTS))
    for fact in facts:
        row = listed[fact["position"]]
        assert row["Head"] == fact["sentence"]
        assert row["Kind"] == kind_of(fact["topic"])
        assert row["Ticket"] == (part(fact, ("ticket", "code")) or _NONE)
        assert row["Through"] == fact["through"]
        assert row["When"] == f"{datetime.fromisoformat(fact['at']):%Y-%m-%d %H:%M} UTC"


@pytest.mark.parametrize("chosen", [("topic",), ("credential_id", "ticket_id"), ("from", "via")])
def test_files_hold_the_facts_that_the_page_lists(
    olga: Browser, facts: list[Fact], chosen: tuple[str, ...]
) -> None:
    known = fact_filters(facts)
    page = olga.get(f"{FACTS}?{urlencode({name: known[name][0] for name in chosen})}")
    assert_file_holds(olga, page)
