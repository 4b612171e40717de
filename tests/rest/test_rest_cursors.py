"""Cursors of any bytes, by REST and by the tools: a page or a refusal, and never a fault."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mcp_server.tools import TOOLS
from tests.examples import examples
from tests.mcp.company import Company
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.rest.client import Client
from tests.rest.tickets import opened

LONGEST = 2_000
LISTINGS = (
    "/agents?",
    "/departments?",
    "/calls?limit=1",
    "/budget/limits?",
    "/tickets?limit=1",
    "/tickets?limit=1&sort=priority",
    "/tickets?limit=1&query=question",
    "/tickets/{ticket}/messages?limit=1",
    "/tickets/{ticket}/activity?limit=1",
)
TAKERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "get_ticket_messages": lambda ticket: {"ticket_id": ticket, "limit": 1},
    "list_agents": lambda _: {},
    "list_departments": lambda _: {},
    "search_tickets": lambda _: {"limit": 1},
}
FEW = settings(max_examples=examples(15), deadline=None)

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.datetimes().map(str)
    | st.uuids().map(str)
    | st.sampled_from(["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "\0"]),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)
Made = str | bytes | list[Any]
DEEP = b"[" * 1_490
HUGE = b'["none",%s]' % (b"9" * 400)
cursors: st.SearchStrategy[Made] = (
    st.text(min_size=1, max_size=60)
    | st.binary(max_size=60)
    | st.builds(bytes.__mul__, st.sampled_from([b"[", b'{"a":', b'["a",[']), st.integers(1, 1_490))
    | st.lists(values, max_size=4)
)


def written(made: Made, page: dict[str, Any]) -> str:
    """Write a cursor; a list is a key in the listing that the page is of."""
    match made:
        case str():
            return made
        case bytes():
            return coded(made)
        case key:
            return coded(msgspec.json.encode([digest_in(page), *key]))


def coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()[:LONGEST]


def digest_in(page: dict[str, Any]) -> str:
    """Return the digest of the listing that a page is of; "none" where it is the last one."""
    cursor: str = page.get("next_cursor") or page.get("earlier_cursor") or coded(b'["none"]')
    return msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=="), type=list[Any])[0]


@pytest.fixture(scope="module")
def ticket(olga: Client, company: Company) -> str:
    """The code of a ticket with two messages and a history."""
    opened(olga, company)
    path = opened(olga, company)
    assert olga.post(f"{path}/messages", {"body": "a question"}).status == 201
    return path.rpartition("/")[2]


@pytest.fixture(scope="module")
def pages(olga: Client, ticket: str) -> dict[str, dict[str, Any]]:
    """The first page of each listing."""
    found = {path: olga.get(path.format(ticket=ticket)).body for path in LISTINGS}
    assert sum(digest_in(page) != "none" for page in found.values()) == len(LISTINGS) - 3
    return found


@pytest.mark.parametrize("listing", LISTINGS)
@FEW
@given(made=cursors)
@example(made=DEEP)
@example(made=HUGE)
def test_any_cursor_of_a_listing_is_answered(
    olga: Client, ticket: str, pages: dict[str, dict[str, Any]], listing: str, made: Made
) -> None:
    sent = urlencode({"cursor": written(made, pages[listing])}, errors="replace")
    answer = olga.get(f"{listing.format(ticket=ticket)}&{sent}".replace("?&", "?"))
    if answer.status != 200:
        answer.refused(400, "invalid_arguments")


def test_all_tools_that_take_a_cursor_are_tried() -> None:
    schemas = {name: tool.declaration.input_schema for name, tool in TOOLS.items()}
    assert TAKERS.keys() == {n for n, schema in schemas.items() if "cursor" in schema["properties"]}


@pytest.mark.parametrize("tool", TAKERS)
@FEW
@given(made=cursors)
@example(made=DEEP)
@example(made=HUGE)
def test_any_cursor_of_a_tool_is_answered(
    product: Served, company: Company, ticket: str, tool: str, made: Made
) -> None:
    token, asked = company.token("Olga"), TAKERS[tool](ticket)
    first = call(token, tool, **asked).send(product.port).json()["result"]["structuredContent"]
    given = written(made, first)
    answer = call(token, tool, **asked, cursor=given).send(product.port)
    result = answer.json()["result"]
    assert not result.get("isError") or "invalid_arguments" in result["content"][0]["text"]
