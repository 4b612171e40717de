"""Somebody who calls tools, for tests of the audit trail."""

from itertools import count
from typing import Any

import pytest

from tests.mcp.company import Company, Member
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.panel.conftest import Join

AUDIT = "/audit"
HOSTILE = "=1+1<script>alert('x')</script>"
TOOLS = ["no_such_tool", "get_tags", "add_tags", "list_departments"]
NUMBERS = count(1)


class Busy:
    """Somebody of the test's own who calls tools."""

    def __init__(self, product: Served, member: Member) -> None:
        self.product = product
        self.member = member
        self.tag = f"seen-{member.id.hex[-8:]}"

    @property
    def page(self) -> str:
        return f"{AUDIT}?agent_id={self.member.id}"

    def call(self, tool: str, **arguments: Any) -> None:
        call(self.member.token, tool, **arguments).send(self.product.port)

    def rest(self) -> None:
        self.product.settle()


@pytest.fixture
def busy(product: Served, company: Company, join: Join) -> Busy:
    """Somebody who called four tools and got two refusals."""
    member, _ = join(f"Busy{next(NUMBERS)}")
    somebody = Busy(product, member)
    somebody.call("list_departments")
    somebody.call("add_tags", ticket_id=company.tickets["open"].code, tags=[somebody.tag])
    somebody.call("get_tags", ticket_id="ZZZ-99999")
    somebody.call("no_such_tool", words=HOSTILE)
    somebody.rest()
    return somebody
