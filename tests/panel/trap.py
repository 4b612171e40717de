"""A trap for pages: somebody and something whose every name is markup."""

import os
from typing import NamedTuple
from uuid import UUID

import pytest

from domain.application import Wish
from domain.clients import RegisterClient
from domain.issuing import new_token
from domain.oauth_client import OAuthClient
from domain.permissions import TOOL_SCOPES
from domain.role import AddRole
from domain.ticket.words import Contact
from infra.desk import new_id
from tests.mcp.company import Member, Ticket, act, add_department, open_ticket, said
from tests.mcp.serving import Served
from tests.mcp.wire import CLIENT_INFO, call
from tests.oauth.oauth_grants import connect_app
from tests.panel.conftest import Join
from tests.sign_in.browser import Browser

HOSTILE = (
    "=\"'></title></textarea></svg><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"
)
TAG = "\"'><img src=x onerror=alert(1)>"


class Trap(NamedTuple):
    """Somebody and something whose every name is markup."""

    member: Member
    browser: Browser
    ticket: Ticket
    department: UUID
    role: UUID
    secrets: tuple[str, ...]


@pytest.fixture(scope="module")
def trap(product: Served, join: Join) -> Trap:
    desk, run = product.desk, product.run
    member, browser = join(f"{HOSTILE} Hostile")
    mark = member.id.hex[-8:]  # in names that are unique
    place = run(add_department(desk, HOSTILE + mark))
    role = new_id()
    run(desk.execute(Wish(AddRole(role=role, name=TAG + mark, permissions=()))))
    kim = Contact(id=new_id(), name=HOSTILE, email='"><b>@x.example')
    ticket = run(open_ticket(desk, place, HOSTILE, requester=kim, tags=(TAG,)))
    run(act(desk, said(ticket, HOSTILE, kim), said(ticket, HOSTILE, member)))
    new = new_token(member.id, new_id(), os.urandom(32), HOSTILE[:100], TOOL_SCOPES)
    run(desk.execute(Wish(new.command)))
    evil = OAuthClient(
        id="https://evil.example/client.json",
        source="document",
        name=HOSTILE,
        redirect_uris=("https://evil.example/cb",),
    )
    app = run(connect_app(desk, member.id, evil))
    registered = RegisterClient(
        client_id=f"trap-{new_id()}", name=HOSTILE, redirect_uris=("https://trap.example/cb",)
    )
    run(desk.execute(Wish(registered)))
    meta = {CLIENT_INFO: {"name": HOSTILE, "version": HOSTILE}}
    for tool, arguments in (
        (HOSTILE, {HOSTILE: HOSTILE}),
        ("add_tags", {"ticket_id": ticket.code, "tags": [TAG]}),
        ("list_departments", {}),
    ):
        assert call(member.token, tool, meta, **arguments).send(product.port).status < 500
    product.settle()
    secrets = (member.token, new.secret, app.access_token, app.refresh_token)
    return Trap(member, browser, ticket, place, role, secrets)
