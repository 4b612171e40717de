"""Every filter of a ticket's history and every order of the list, against what was done."""

import re

import pytest

from domain.application import Wish
from domain.permissions import ALL_SCOPES
from domain.ticket.commands import AssignTicket, PostponeTicket, TransferTicket
from domain.ticket.words import Priority
from tests.mcp.company import (
    BILLING,
    SUPPORT,
    Company,
    Ticket,
    act,
    generate_token,
    open_ticket,
    said,
)
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.oauth.oauth_grants import connect_app
from tests.panel.ticket_pages import do, found, history, path_of
from tests.rest.client import Client
from tests.sign_in.browser import Browser

OPENED, TAKEN = "Kim Kunde opened this ticket", "The command line assigned this ticket to Ana"
MOVED = "The command line moved this ticket from Support to Billing"
LEFT = "The command line unassigned Ana"
NOTED, RENAMED = "Ana wrote a note", "Ana changed the subject from “About a {word}” to “Lid”"
HURRIED, WRITTEN = "Ana set the priority to high (before: medium)", "Kim Kunde wrote a message"
TAGGED, UNTAGGED = "Ana added the tag “sea”", "Ana removed the tag “stripes”"
RESOLVED, REOPENED = "Ana resolved this ticket", "Ana reopened this ticket"
PUT_OFF = "The system postponed this ticket"
# The latest first, as the page tells them.
BY = {
    "people": [LEFT, MOVED, HURRIED, RENAMED, NOTED, TAKEN, OPENED],
    "ai": [RESOLVED, UNTAGGED, TAGGED],
    "rest": [REOPENED],
    "house": [PUT_OFF, WRITTEN],
}
KINDS = {
    "messages": [WRITTEN, NOTED, OPENED],
    "status": [PUT_OFF, REOPENED, RESOLVED, OPENED],
    "people": [LEFT, MOVED, TAKEN],
    "tags": [UNTAGGED, TAGGED],
    "labels": [HURRIED, RENAMED],
}


@pytest.fixture
def worked_on(product: Served, company: Company, ana: Browser, ticket: Ticket) -> Ticket:
    """A ticket to which something was done in each way that there is."""
    desk, member, key = product.desk, company.members["Ana"], str(ticket.id)
    product.run(act(desk, AssignTicket(ticket_id=key, agent_id=member.id)))
    do(ana, ticket, "note", body="Kind customer.")
    do(ana, ticket, "change_ticket", subject="Lid", priority="high")
    app = product.run(connect_app(desk, member.id)).access_token
    for request in (
        call(member.token, "add_tags", ticket_id=key, tags=["sea"]),
        call(app, "remove_tags", ticket_id=key, tags=["stripes"]),
        call(app, "resolve_ticket", ticket_id=key),
    ):
        done = request.send(product.port)
        assert not done.json()["result"].get("isError"), done.body
    rest, _ = product.run(generate_token(desk, member.id, scopes=ALL_SCOPES))
    assert Client(product.port, rest).post(f"/tickets/{ticket.code}/reopen").status == 200
    product.run(desk.execute(Wish(said(ticket, "Imported.")), via="import"))
    product.run(desk.execute(Wish(PostponeTicket(ticket_id=key)), via="system"))
    billing = company.departments[BILLING]
    product.run(act(desk, TransferTicket(ticket_id=key, department_id=billing)))
    return ticket


def test_each_filter_of_the_history_and_each_two_leave_what_meets_them(
    olga: Browser, worked_on: Ticket, word: str
) -> None:
    def told(*sentences: str) -> list[str]:
        return [sentence.format(word=word) for sentence in sentences]

    whole = history(olga, worked_on)
    assert sorted(whole) == sorted(told(*(line for lines in BY.values() for line in lines)))
    by_ana = sum(line.startswith("Ana") for line in whole)
    assert olga.get(path_of(worked_on)).text.count("<span>as agent</span>") == by_ana
    for by, ways in BY.items():
        assert history(olga, worked_on, f"by={by}") == told(*ways)
        for kind, topics in KINDS.items():
            both = told(*(line for line in ways if line in topics))
            assert history(olga, worked_on, f"by={by}&kind={kind}") == both, (by, kind)
    for kind, topics in KINDS.items():
        assert history(olga, worked_on, f"kind={kind}") == told(*topics)
    for client, lines in (("Wire", [TAGGED]), ("Claude", [RESOLVED, UNTAGGED])):
        assert history(olga, worked_on, f"client={client}") == told(*lines)
        assert history(olga, worked_on, f"client={client}&by=people") == []
    assert history(olga, worked_on, "client=Claude&kind=tags") == told(UNTAGGED)


def test_the_list_comes_in_each_order_that_is_offered(
    ana: Browser, product: Served, company: Company, word: str
) -> None:
    place = company.departments[SUPPORT]

    def opened(subject: str, priority: Priority) -> Ticket:
        return product.run(open_ticket(product.desk, place, subject, priority=priority))

    low, high = opened(f"A {word}", Priority.LOW), opened("Another", Priority.HIGH)
    urgent = opened(f"That {word}", Priority.URGENT)
    product.run(act(product.desk, said(high, f"It is a {word}.")))
    page = ana.get(f"/tickets?query={word}")
    for order, tickets in (
        ("created", [urgent, high, low]),
        ("changed", [high, urgent, low]),
        ("priority", [urgent, high, low]),
        ("relevance", [urgent, low, high]),
    ):
        assert f'<option value="{order}"' in page.text
        listed = found(ana.get(f"/tickets?query={word}&sort={order}"))
        assert listed == [ticket.code for ticket in tickets], order


def test_a_line_of_the_list_tells_what_the_ticket_is(
    ana: Browser, product: Served, company: Company, word: str
) -> None:
    place, member = company.departments[SUPPORT], company.members["Ana"]
    ticket = product.run(
        open_ticket(product.desk, place, f"A {word}", priority=Priority.HIGH, tags=("sea", "blue"))
    )
    product.run(
        act(product.desk, said(ticket, f"It is {word} again."), said(ticket, "Yes?", member))
    )
    product.run(act(product.desk, AssignTicket(ticket_id=str(ticket.id), agent_id=member.id)))
    page = ana.get(f"/tickets?query={word}").text
    (line,) = re.findall(r'<ul class="tickets">(.*?)</ul>', page, re.DOTALL)
    told = [*filter(None, map(str.strip, re.sub("<[^>]+>", "\n", line).splitlines()))]
    assert told[:2] == [f"A {word}", "changed"]
    assert told[3] == "answered"
    assert f"It is {word} again." in told[4]
    assert told[5:10] == [ticket.code, "high priority", "Support", "Ana", "2 messages"]
    assert sorted(told[10:]) == ["blue", "sea"]
