"""How much of a model's context the product takes, on the largest ticket and company there may be."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest
from mcp.client.client import Client

from domain.permissions import Role
from domain.ticket.commands import AddMessage
from domain.ticket.words import MAX_TAG_LENGTH, MAX_TAGS, Contact
from infra.desk import Desk
from tests.database import Databases
from tests.mcp.clients import answer_of, connected, text_of
from tests.mcp.company import (
    Company,
    Ticket,
    act,
    add_agent,
    add_department,
    filled,
    open_ticket,
    said,
)
from tests.mcp.serving import Served, served
from tests.mcp.wire import legacy, modern

pytestmark = pytest.mark.anyio

MAX_LIST = 11_900  # characters, some 3,000 tokens
MAX_ANSWER = 30_000  # bytes
MESSAGES = 200
AGENTS = 200
DEPARTMENTS = 120
# Each takes more bytes than characters, in UTF-8 or in JSON.
WHEEL = "\U0001f6b2"
LETTERS = ("x", WHEEL, '"', "\\", "\n", "é", "\u2028", ">", "<")


class Giant(NamedTuple):
    """A helpdesk of which everything is large."""

    product: Served
    company: Company
    ticket: Ticket
    messages: list[AddMessage]


@pytest.fixture(scope="module")
def giant(databases: Databases) -> Generator[Giant]:
    with databases.copy_filled(filled) as (url, company), served(url) as product:
        ticket, messages = product.run(grow(product.desk, company))
        yield Giant(product, company, ticket, messages)


@pytest.fixture(scope="module")
async def owner(giant: Giant) -> AsyncGenerator[Client]:
    async with connected(giant.product.url, giant.company.token("Olga")) as client:
        yield client


async def grow(desk: Desk, company: Company) -> tuple[Ticket, list[AddMessage]]:
    departments = await asyncio.gather(
        *(add_department(desk, f"{number:03} ".ljust(100, WHEEL)) for number in range(DEPARTMENTS))
    )
    home: UUID = company.departments["Support"]
    names = [f"{number:03} ".ljust(200, WHEEL) for number in range(AGENTS)]
    await asyncio.gather(
        *(add_agent(desk, name, Role.AGENT, home, *departments[:5], seat=False) for name in names)
    )
    kim = Contact(id=UUID(int=77), name="K" * 200, email=f"{'k' * 240}@customer.example")
    tags = tuple(f"{number:02}".ljust(MAX_TAG_LENGTH, WHEEL) for number in range(MAX_TAGS))
    ticket = await open_ticket(desk, home, WHEEL * 500, requester=kim, tags=tags)
    messages = [
        said(ticket, f"{number} " + LETTERS[number % len(LETTERS)] * 12_000, kim)
        for number in range(MESSAGES)
    ]
    await act(desk, *messages)
    return ticket, messages


def test_the_list_of_tools_leaves_a_model_room_to_think(product: Served, company: Company) -> None:
    token = company.token("Ana")
    for request in (modern(token, "tools/list"), legacy(token, "tools/list")):
        result = msgspec.json.decode(request.send(product.port).body)["result"]
        size = len(msgspec.json.encode(result).decode())
        assert size <= MAX_LIST, f"{size} characters"


async def test_every_answer_about_the_largest_ticket_is_small_enough(
    owner: Client, giant: Giant
) -> None:
    ticket = giant.ticket.code
    asked: list[tuple[str, dict[str, Any]]] = [
        ("get_ticket_metadata", {}),
        ("get_tags", {}),
        ("get_ticket_context", {}),
        ("get_ticket_context", {"message_limit": 50}),
        ("get_ticket_messages", {}),
        ("get_ticket_messages", {"limit": 100}),
        ("get_ticket_messages", {"limit": 100, "order": "desc", "include_quoted": True}),
        ("add_tags", {"tags": ["00".ljust(MAX_TAG_LENGTH, WHEEL)]}),
    ]
    for tool, arguments in asked:
        assert await size_of(owner, tool, {"ticket_id": ticket, **arguments}) <= MAX_ANSWER


async def test_a_page_of_the_largest_tickets_is_small_enough(owner: Client, giant: Giant) -> None:
    desk, home = giant.product.desk, giant.company.departments["Support"]
    tags = tuple(f"{number:02}".ljust(MAX_TAG_LENGTH, WHEEL) for number in range(MAX_TAGS))
    for _ in range(5):
        ticket = giant.product.run(open_ticket(desk, home, "large " + WHEEL * 490, tags=tags))
        giant.product.run(act(desk, said(ticket, WHEEL * 5_000)))
    found = await walked(owner, "search_tickets", "tickets", query="large", limit=50)
    assert len({ticket["id"] for ticket in found}) == 5


async def test_all_messages_can_be_walked_through_in_small_pages(
    owner: Client, giant: Giant
) -> None:
    messages = await walked(
        owner, "get_ticket_messages", "messages", ticket_id=giant.ticket.code, limit=100
    )
    assert [message["text"].split()[0] for message in messages] == [*map(str, range(MESSAGES))]


async def test_a_long_message_can_be_read_to_its_end(owner: Client, giant: Giant) -> None:
    ticket = giant.ticket.code
    for message in giant.messages[: len(LETTERS)]:
        asked: dict[str, Any] = {"ticket_id": ticket, "message_id": str(message.message)}
        asked["offset"] = 0
        whole = ""
        while asked["offset"] is not None:
            result = await owner.call_tool("get_ticket_messages", asked)
            assert len(text_of(result).encode()) <= MAX_ANSWER
            (part,) = answer_of(result)["messages"]
            whole += part["text"]
            asked["offset"] = part.get("next_offset")
        assert whole == message.body.replace("\u2028", "\n")


async def test_all_agents_can_be_walked_through_in_small_pages(owner: Client) -> None:
    agents = {agent["id"] for agent in await walked(owner, "list_agents", "agents")}
    assert len(agents) == AGENTS + 6


async def test_all_departments_can_be_walked_through_in_small_pages(owner: Client) -> None:
    departments = await walked(owner, "list_departments", "departments")
    assert len({department["id"] for department in departments}) == DEPARTMENTS + 3


async def test_a_customer_with_an_endless_name_fits_into_an_answer(
    owner: Client, giant: Giant
) -> None:
    endless = Contact(id=UUID(int=78), name="K" * 60_000)
    home, desk = giant.company.departments["Support"], giant.product.desk
    ticket = giant.product.run(open_ticket(desk, home, requester=endless))
    giant.product.run(act(desk, said(ticket, "Hello", endless)))
    for tool in ("get_ticket_metadata", "get_ticket_messages", "get_ticket_context"):
        assert await size_of(owner, tool, {"ticket_id": ticket.code}) <= MAX_ANSWER


async def test_an_agent_who_works_everywhere_fits_into_an_answer(
    owner: Client, giant: Giant
) -> None:
    everywhere = [UUID(d["id"]) for d in await walked(owner, "list_departments", "departments")]
    made = add_agent(giant.product.desk, "Everywhere", Role.AGENT, *everywhere, seat=False)
    giant.product.run(made)
    await walked(owner, "list_agents", "agents")


async def walked(client: Client, tool: str, rows: str, **asked: Any) -> list[dict[str, Any]]:
    """Return what all pages of a listing hold, each page small enough."""
    seen: list[dict[str, Any]] = []
    while True:
        result = await client.call_tool(tool, asked)
        assert len(text_of(result).encode()) <= MAX_ANSWER
        page = answer_of(result)
        seen += page[rows]
        if "next_cursor" not in page:
            return seen
        asked["cursor"] = page["next_cursor"]


async def size_of(client: Client, tool: str, arguments: dict[str, Any]) -> int:
    result = await client.call_tool(tool, arguments)
    answer_of(result)
    return len(text_of(result).encode())
