"""Whose departments a ticket is not in: nothing of it is on any page, nor in its history or the trail."""

import re

import pytest

from domain.permissions import Permission
from domain.ticket.commands import TransferTicket
from tests.mcp.company import SUPPORT, WORKSHOP, Company, Ticket, act, open_ticket, said
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.panel.conftest import Join, RoleOf
from tests.panel.guarding import forge
from tests.panel.ticket_pages import ACTIONS, found, path_of
from tests.sign_in.browser import Browser


@pytest.fixture
def moved(product: Served, company: Company, word: str) -> Ticket:
    """A ticket that began in Support, was worked on there, and is the Workshop's now."""
    desk, ana = product.desk, company.members["Ana"]
    ticket = product.run(open_ticket(desk, company.departments[SUPPORT], word, tags=(word,)))
    done = call(ana.token, "add_tags", ticket_id=ticket.code, tags=[f"{word} too"])
    assert not done.send(product.port).json()["result"].get("isError")
    product.run(act(desk, said(ticket, f"It is {word}.", ana)))
    workshop = company.departments[WORKSHOP]
    product.run(act(desk, TransferTicket(ticket_id=str(ticket.id), department_id=workshop)))
    return ticket


def test_a_ticket_that_left_ones_departments_is_gone_with_all_that_was_told_of_it(
    ana: Browser, olga: Browser, company: Company, moved: Ticket, word: str
) -> None:
    workshop = company.departments[WORKSHOP]
    for query in (
        f"query={word}",
        f"query={moved.code}",
        f"tags={word}",
        "sort=created",
        "sort=changed",
        "agent_id=nobody&status=answered&sort=changed",
        f"department_id={workshop}&sort=created",
    ):
        assert moved.code in found(olga.get(f"/tickets?{query}")), query  # else it proves nothing
        mine = ana.get(f"/tickets?{query}")
        assert moved.code not in found(mine), query
        assert word not in mine.text.replace(f'value="{word}"', ""), query
    none = ana.get("/tickets/ZZZ-99999").text
    for query in ("", "by=ai", "client=Wire", "kind=tags", "messages=x", "activity=x"):
        answer = ana.get(f"{path_of(moved)}?{query}")
        assert (answer.status, answer.text) == (404, none)
    for action in (*ACTIONS, "reply", "note", "change_ticket"):
        assert forge(ana, f"{path_of(moved)}/{action}", tags="x", body="x").status == 404
    for answer in (ana.get("/tickets"), ana.get("/tickets/new")):
        assert str(workshop) not in answer.text
    for path in ("/audit", f"/audit?ticket_id={moved.code}", f"/audit/facts?ticket_id={moved.id}"):
        answer = ana.get(path)
        assert answer.status == 403
        assert word not in answer.text
        assert moved.code not in answer.text.partition("<main")[2]


def test_the_audit_trail_leads_to_the_tickets_of_ones_departments_only(
    moved: Ticket, join: Join, role_of: RoleOf
) -> None:
    role = role_of(Permission.AUDIT_READ, Permission.TICKETS_READ)
    way = f'href="{path_of(moved)}"'
    for department, status in ((SUPPORT, 404), (WORKSHOP, 200)):
        _, auditor = join(f"Auditor of {department}", role, department)
        assert auditor.get(path_of(moved)).status == status
        for trail in ("/audit", "/audit/facts"):
            listed = auditor.get(f"{trail}?ticket_id={moved.code}").text
            (first, *_) = re.findall(rf'href="({trail}/(?:calls/)?\d+)"', listed)
            for page in (listed, auditor.get(first).text):
                assert moved.code in page
                assert (way in page) == (status == 200)
