"""What a ticket's page offers: one permission at a time, in each status, and as it is carried out then."""

import re
from collections.abc import Mapping

import pytest

from domain.permissions import Permission
from domain.ticket.commands import PostponeTicket, ResolveTicket
from tests.mcp.company import BILLING, SUPPORT, WORKSHOP, Company, Ticket, act, open_ticket, said
from tests.mcp.serving import Served
from tests.panel.conftest import Join, RoleOf
from tests.panel.guarding import forge
from tests.panel.ticket_pages import path_of
from tests.sign_in.browser import Answer, Browser

WRITING = {"reply", "note", "change_ticket"}
OFFERS: Mapping[Permission, set[str]] = {
    Permission.TAGS_ADD: {"add_tags"},
    Permission.TAGS_REMOVE: {"remove_tags"},
    Permission.TICKETS_RESOLVE: {"resolve_ticket"},
    Permission.TICKETS_REOPEN: {"reopen_ticket"},
    Permission.TICKETS_ASSIGN: {"assign_ticket"},
    Permission.TICKETS_TRANSFER: {"transfer_ticket"},
    Permission.TICKETS_WRITE: WRITING,
}
ALL = {offer for offers in OFFERS.values() for offer in offers}
RESOLVABLE = ("new", "open", "answered", "postponed")
LOOKING = (Permission.TICKETS_READ, Permission.DIRECTORY_READ)


@pytest.fixture
def tickets(product: Served, company: Company) -> Mapping[str, Ticket]:
    """A ticket of Support with a tag in each status that people work with."""
    ana, place = company.members["Ana"], company.departments[SUPPORT]
    made = {
        status: product.run(open_ticket(product.desk, place, tags=("tag",)))
        for status in (*RESOLVABLE, "resolved")
    }
    for status, command in (
        ("open", said(made["open"], "We are at it.", ana)),
        ("open", said(made["open"], "And now?")),
        ("answered", said(made["answered"], "It is done.", ana)),
        ("postponed", PostponeTicket(ticket_id=str(made["postponed"].id))),
        ("resolved", ResolveTicket(ticket_id=str(made["resolved"].id))),
    ):
        assert command.ticket_id == str(made[status].id)
        product.run(act(product.desk, command))
    return made


def offered(page: Answer, ticket: Ticket) -> set[str]:
    """Return the forms of the page that do something with the ticket."""
    assert page.status == 200, page
    return set(re.findall(rf'<form method="post" action="{path_of(ticket)}/(\w+)"', page.text))


def test_each_permission_offers_its_own_actions_and_no_others_where_the_status_allows_them(
    tickets: Mapping[str, Ticket], company: Company, join: Join, role_of: RoleOf
) -> None:
    filled = {
        "tags": "x",
        "tag": "tag",
        "body": "x",
        "subject": "x",
        "priority": "low",
        "agent_id": str(company.members["Ben"].id),
        "department_id": str(company.departments[BILLING]),
    }
    withheld = WRITING
    for permission, offers in OFFERS.items():
        _, browser = join(f"May {permission.value}", role_of(*LOOKING, permission))
        for status, ticket in tickets.items():
            page = browser.get(path_of(ticket))
            assert f'<span class="badge {status}">{status}</span>' in page.text
            unfit = "resolve_ticket" if status == "resolved" else "reopen_ticket"
            assert offered(page, ticket) == offers - {unfit}, (permission, status)
            for heading, action in (
                ("<h2>Assign</h2>", "assign_ticket"),
                ("<summary>Move to another department</summary>", "transfer_ticket"),
            ):
                assert (heading in page.text) == (action in offers)
        for action in withheld:
            refused = forge(browser, f"{path_of(tickets['resolved'])}/{action}", **filled)
            assert (refused.status, "Your role does not allow" in refused.refusal) == (403, True)
        withheld = offers  # each is refused to one who may do something else


def test_what_is_offered_is_done_and_what_is_not_is_refused(
    tickets: Mapping[str, Ticket], ana: Browser
) -> None:
    for status, ticket in tickets.items():
        path = path_of(ticket)
        fit, unfit = ("resolve_ticket", "reopen_ticket")[:: -1 if status == "resolved" else 1]
        assert offered(ana.get(path), ticket) == ALL - {unfit}
        assert forge(ana, f"{path}/{unfit}").status == 409
        assert forge(ana, f"{path}/{fit}").location == f"{path}?done={fit}"
    ticket = tickets["new"]
    assert forge(ana, f"{path_of(ticket)}/remove_tags", tag="tag").status == 303
    assert "remove_tags" not in offered(ana.get(path_of(ticket)), ticket)


def test_who_may_list_nobody_is_offered_nobody_but_oneself(
    tickets: Mapping[str, Ticket], company: Company, join: Join, role_of: RoleOf
) -> None:
    taking = (Permission.TICKETS_READ, Permission.TICKETS_ASSIGN, Permission.TICKETS_TRANSFER)
    member, browser = join("Alone", role_of(*taking))
    page = browser.get(path_of(tickets["new"]))
    assert offered(page, tickets["new"]) == {"assign_ticket"}
    assert set(re.findall(r'<option value="([-0-9a-f]{36})"', page.text)) == {str(member.id)}
    assert str(company.members["Ben"].id) not in page.text
    everywhere = role_of(*taking, Permission.TICKETS_ALL_DEPARTMENTS)
    _, stranger = join("Elsewhere", everywhere, WORKSHOP)
    assert offered(stranger.get(path_of(tickets["new"])), tickets["new"]) == set()
