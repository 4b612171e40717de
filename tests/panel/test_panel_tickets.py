"""The list of tickets in the panel: found by a form, page by page."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from domain.permissions import Role
from domain.ticket.commands import AssignTicket, ResolveTicket
from tests.mcp.company import (
    BILLING,
    DAY,
    SUPPORT,
    Company,
    Ticket,
    act,
    add_agent,
    add_department,
    open_ticket,
)
from tests.mcp.serving import Served
from tests.panel.conftest import Enter, Join
from tests.panel.ticket_pages import found, link
from tests.sign_in.browser import Browser


def test_tickets_are_found_by_words_and_by_each_filter(
    ana: Browser, product: Served, company: Company, ticket: Ticket, word: str
) -> None:
    member = company.members["Ana"].id
    assert found(ana.get(f"/tickets?query={word}")) == [ticket.code]
    mine = f"/tickets?query={word}&agent_id=mine"
    assert found(ana.get(mine)) == []
    product.run(act(product.desk, AssignTicket(ticket_id=str(ticket.id), agent_id=member)))
    assert found(ana.get(mine)) == [ticket.code]
    billing, support = company.departments[BILLING], company.departments[SUPPORT]
    for fits, not_so in (
        ("status=new", "status=resolved"),
        ("priority=medium", "priority=urgent"),
        (f"department_id={support}", f"department_id={billing}"),
        (f"agent_id={member}", f"agent_id={company.members['Ben'].id}"),
        ("tags=Stripes", "tags=stripes,spots"),
        ("sort=created", "sort=created&status=closed"),
        ("status=&priority=&department_id=&agent_id=&tags=&sort=", "tags=spots"),
    ):
        assert found(ana.get(f"/tickets?query={word}&{fits}")) == [ticket.code]
        assert "No ticket fits all of this" in ana.get(f"/tickets?query={word}&{not_so}").text


def test_several_statuses_nobody_and_dates_narrow_the_list(
    ana: Browser, product: Served, company: Company, word: str
) -> None:
    department, ben = company.departments[SUPPORT], company.members["Ben"].id
    new, taken, done = (
        product.run(open_ticket(product.desk, department, word, at=DAY + timedelta(days=days)))
        for days in range(3)
    )
    product.run(act(product.desk, AssignTicket(ticket_id=str(taken.id), agent_id=ben)))
    product.run(act(product.desk, ResolveTicket(ticket_id=str(done.id))))
    for query, codes in (
        ("status=new&status=resolved", {new.code, taken.code, done.code}),
        ("status=resolved&status=spam", {done.code}),
        ("agent_id=nobody", {new.code, done.code}),
        ("agent_id=nobody&status=new", {new.code}),
        ("created_from=2026-03-03", {taken.code, done.code}),
        ("created_from=2026-03-03&created_to=2026-03-04", {taken.code}),
        ("created_to=2026-03-02T10:00:00Z", {new.code}),
        ("changed_from=2026-03-05", {taken.code, done.code}),
        ("changed_to=2026-03-05", {new.code}),
    ):
        answer = ana.get(f"/tickets?query={word}&{query}")
        assert {*found(answer)} == codes, query
        assert f"{len(codes)} ticket" in answer.text
    kept = ana.get(f"/tickets?query={word}&status=new&status=spam&created_from=2026-03-03").text
    for field in ('value="new" checked', 'value="spam" checked', '<details class="words" open>'):
        assert field in kept
    assert 'value="open" checked' not in kept


def test_quick_views_lead_to_what_people_look_at_daily(
    product: Served, join: Join, company: Company, word: str
) -> None:
    member, browser = join(f"Daily {word}")
    ticket = product.run(open_ticket(product.desk, company.departments[SUPPORT], word))
    page = browser.get("/tickets")
    assert "Nothing is open on your desk" in browser.get(link(page, "My open")).text
    assert ticket.code in found(browser.get(link(page, "Unassigned")))
    taken = AssignTicket(ticket_id=str(ticket.id), agent_id=member.id)
    product.run(act(product.desk, taken))
    assert found(browser.get(link(page, "My open"))) == [ticket.code]
    assert ticket.code not in found(browser.get(link(page, "Unassigned")))
    product.run(act(product.desk, ResolveTicket(ticket_id=str(ticket.id))))
    assert found(browser.get(link(page, "Recently resolved")))[0] == ticket.code
    assert ticket.code not in found(browser.get(link(page, "All open")))
    for name in ("All", "My open", "Unassigned", "All open", "Recently resolved"):
        view = browser.get(link(page, name)).text
        assert re.findall(r'aria-current="page">(.*?)<', view) == [name]


def test_a_ticket_in_the_list_leads_to_others_like_it(
    ana: Browser, product: Served, company: Company, word: str
) -> None:
    department, member = company.departments[SUPPORT], company.members["Ana"]
    tags = (f"{word} blue", f"{word}, odd")
    ticket = product.run(open_ticket(product.desk, department, word, tags=tags))
    product.run(act(product.desk, AssignTicket(ticket_id=str(ticket.id), agent_id=member.id)))
    for page in (ana.get(f"/tickets?query={word}"), ana.get(f"/tickets/{ticket.code}")):
        assert f'/tickets?department_id={department}"' in page.text
        assert f'/tickets?agent_id={member.id}"' in page.text
        # One with a comma cannot be typed into the form, and so has no address.
        assert page.text.count("/tickets?tags=") == 1
        assert found(ana.get(f"/tickets?tags={word}+blue")) == [ticket.code]


def test_pages_follow_each_other_and_keep_the_filters(
    ana: Browser, product: Served, company: Company, word: str
) -> None:
    department = company.departments[SUPPORT]
    codes = {
        product.run(open_ticket(product.desk, department, word, tags=(word,))).code
        for _ in range(23)
    }
    address = f"/tickets?query={word}&tags={word}&sort=created"
    first = ana.get(address)
    second = ana.get(link(first, "Next page"))
    assert (len(found(first)), len(found(second))) == (20, 3)
    assert {*found(first), *found(second)} == codes
    assert f'value="{word}"' in second.text
    assert '<option value="created" selected>' in second.text
    assert "Next page" not in second.text
    assert found(ana.get(link(second, "First page"))) == found(first)


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "priority=9",
        "department_id=x",
        "agent_id=%00",
        "sort=%3Cb%3E",
        "cursor=nonsense",
        f"tags={'x' * 65}",
        f"query={'x' * 501}",
    ],
)
def test_a_filter_that_cannot_be_is_refused_in_words(ana: Browser, query: str) -> None:
    answer = ana.get(f"/tickets?{query}")
    assert answer.status == 400
    assert answer.refusal
    assert "Nothing was searched" in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize("query", ["query=%00", "tags=%00", "query=%FF", "unknown=1", "query=%22-"])
def test_odd_words_find_nothing_or_something_but_never_fail(ana: Browser, query: str) -> None:
    assert ana.get(f"/tickets?{query}").status in {200, 400}


def test_who_has_no_tickets_yet_is_told_how_they_come(product: Served, enter: Enter) -> None:
    place = product.run(add_department(product.desk, "Library"))
    newcomer = enter(product.run(add_agent(product.desk, "Newcomer", Role.AGENT, place)))
    answer = newcomer.get("/tickets")
    assert found(answer) == []
    assert "There are no tickets for you yet" in answer.text
    assert "clear all filters" in newcomer.get("/tickets?status=spam").text
    mine = newcomer.get(link(answer, "My open"))
    assert "Nothing is open on your desk" in mine.text
    assert 'aria-current="page">My open' in mine.text


def test_who_is_in_no_department_is_told_whom_to_ask(product: Served, enter: Enter) -> None:
    adrift = enter(product.run(add_agent(product.desk, "Adrift", Role.AGENT)))
    assert "You are in no department" in adrift.get("/tickets").text
    assert "ask an administrator to put you into one" in adrift.get("/tickets/new").text


def test_the_start_page_leads_to_the_tickets(ana: Browser, product: Served) -> None:
    assert ana.get("/").location == "/tickets"
    assert '<a href="/tickets" aria-current="true">Tickets</a>' in ana.get("/tickets").text
    assert Browser(product.port).get("/").location == "/login"


def test_who_is_not_signed_in_comes_back_after_signing_in(product: Served) -> None:
    answer = Browser(product.port).get("/tickets?status=new")
    assert (answer.status, answer.location) == (
        303,
        f"/login?next={quote('/tickets?status=new', safe='/')}",
    )
