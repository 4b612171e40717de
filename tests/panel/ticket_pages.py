"""Pages of tickets as a browser reads them, and what it sends."""

import re
from itertools import count

from domain.application import Wish
from domain.permissions import Permission
from domain.role import AddRole
from infra.desk import new_id
from tests.mcp.company import (
    Ticket,
)
from tests.mcp.serving import Served
from tests.sign_in.browser import Answer, Browser

HOSTILE = "<script>alert('x')</script>\"'&{{7*7}}"


ACTIONS = (
    "add_tags",
    "remove_tags",
    "resolve_ticket",
    "reopen_ticket",
    "assign_ticket",
    "transfer_ticket",
)


NUMBERS = count(1)


def path_of(ticket: Ticket) -> str:
    return f"/tickets/{ticket.code}"


def found(answer: Answer) -> list[str]:
    """Return the codes of the tickets in a list, in its order."""
    assert answer.status == 200, answer.text
    return re.findall(r'<h2><a href="/tickets/([^"]+)">', answer.text)


def link(answer: Answer, name: str) -> str:
    (address,) = re.findall(rf'<a href="([^"]+)"[^>]*>{name}</a>', answer.text)
    return address.partition("#")[0].replace("&amp;", "&")


def offered(answer: Answer) -> set[str]:
    return {name for name in ACTIONS if f'/{name}"' in answer.text}


def do(browser: Browser, ticket: Ticket, action: str, **fields: str) -> Answer:
    """Send the form of an action as the ticket's page has it."""
    return browser.submit(path_of(ticket), f"{path_of(ticket)}/{action}", **fields)


def history(browser: Browser, ticket: Ticket, query: str = "") -> list[str]:
    """Return the sentences of the history, the latest first."""
    page = browser.get(f"{path_of(ticket)}?{query}").text
    return re.findall(r"<li>\n<p><bdi>(.*?)</bdi>", page)


def role_with(product: Served, name: str, *permissions: Permission) -> str:
    key = new_id()
    command = AddRole(role=key, name=f"{name} {next(NUMBERS)}", permissions=permissions)
    product.run(product.desk.execute(Wish(command)))
    return str(key)
