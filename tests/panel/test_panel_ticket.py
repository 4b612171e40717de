"""A ticket's page in the panel: read, acted on, and what happened to it."""

from concurrent.futures import ThreadPoolExecutor
from html import escape
from urllib.parse import quote

import pytest

from domain.permissions import Permission
from domain.ticket.words import Contact
from infra.desk import new_id
from tests.mcp.company import (
    BILLING,
    SUPPORT,
    Company,
    Ticket,
    act,
    open_ticket,
    said,
)
from tests.mcp.serving import Served
from tests.panel.conftest import Join
from tests.panel.guarding import forge
from tests.panel.ticket_pages import (
    ACTIONS,
    HOSTILE,
    do,
    history,
    link,
    offered,
    path_of,
    role_with,
)
from tests.sign_in.browser import Browser


def test_the_page_shows_the_ticket_with_its_messages_and_marks_notes(
    ana: Browser, company: Company
) -> None:
    page = ana.get(path_of(company.tickets["lid"])).text
    for told in ("The lid is stuck", "Kim Kunde", "kim@customer.example", "high priority", "lid"):
        assert told in page
    assert page.index("Please help.") < page.index("Turn it twice") < page.index("Now it broke off")
    assert page.count("internal note: customers never see it") == 1
    quoted = "<summary>2 quoted lines</summary>\n"
    assert f'{quoted}<div class="text" dir="auto">On Monday Ana wrote:' in page


def test_many_messages_come_in_parts_and_a_long_one_is_read_on(
    ana: Browser, product: Served, ticket: Ticket
) -> None:
    written = [said(ticket, f"Line number {number}.") for number in range(21)]
    product.run(act(product.desk, *written, said(ticket, f"{'long ' * 6000}THE END")))
    latest = ana.get(path_of(ticket))
    assert latest.text.index("Line number 2.") < latest.text.index("Line number 20.")
    assert "Line number 1." not in latest.text
    assert "THE END" not in latest.text
    earlier = ana.get(link(latest, "Earlier messages"))
    assert earlier.text.index("Line number 0.") < earlier.text.index("Line number 1.")
    assert "Line number 2." not in earlier.text
    whole = ana.get(link(latest, "Read on: [^<]*"))
    assert "THE END" in whole.text
    for page in (earlier, whole):
        assert "Line number 20." in ana.get(link(page, "The latest messages")).text


def test_a_message_of_nothing_but_short_quotes_makes_no_page_of_foldings(
    ana: Browser, product: Served, ticket: Ticket
) -> None:
    product.run(act(product.desk, said(ticket, ">q\nan answer\n" * 1_000 + "THE END")))
    page = ana.get(path_of(ticket)).text
    assert "THE END" in page
    assert page.count("an answer") == 1_000
    assert page.count('<details class="quoted">') < 100


@pytest.mark.parametrize(
    "query",
    [
        "messages=x",
        "activity=x",
        "message=x",
        "offset=x",
        "message=00000000-0000-0000-0000-000000000001",
    ],
)
def test_an_address_that_is_mistyped_is_refused_on_the_page(
    ana: Browser, ticket: Ticket, word: str, query: str
) -> None:
    answer = ana.get(f"{path_of(ticket)}?{query}")
    assert answer.status == 400
    assert answer.refusal
    assert word in answer.text


def test_each_action_is_done_and_told(ana: Browser, company: Company, ticket: Ticket) -> None:
    ben, billing = company.members["Ben"], company.departments[BILLING]
    for action, fields, told in (
        ("add_tags", {"tags": "sea, blue sea"}, "added the tags “sea” and “blue sea”"),
        ("remove_tags", {"tag": "stripes"}, "removed the tag “stripes”"),
        ("resolve_ticket", {}, "resolved this ticket"),
        ("reopen_ticket", {}, "reopened this ticket"),
        ("assign_ticket", {"agent_id": str(ben.id)}, "assigned this ticket to Ben"),
    ):
        answer = do(ana, ticket, action, **fields)
        assert (answer.status, answer.location) == (303, f"{path_of(ticket)}?done={action}")
        assert 'role="status"' in ana.get(answer.location).text
        assert history(ana, ticket)[0] == f"Ana {told}"
    answer = do(ana, ticket, "transfer_ticket", department_id=str(billing))
    assert answer.location == "/tickets?done=transfer_ticket"
    assert "whose tickets you do not see" in ana.get(answer.location).text
    assert ana.get(path_of(ticket)).status == 404


def test_a_ticket_is_moved_to_one_who_works_there(
    olga: Browser, company: Company, ticket: Ticket
) -> None:
    ben, cora = company.members["Ben"], company.members["Cora"]
    billing = str(company.departments[BILLING])
    answer = do(olga, ticket, "transfer_ticket", department_id=billing, agent_id=str(cora.id))
    assert answer.status == 409
    assert "Cora is not a member of the department" in answer.refusal
    answer = do(olga, ticket, "transfer_ticket", department_id=billing, agent_id=str(ben.id))
    assert answer.location == f"{path_of(ticket)}?done=transfer_ticket"
    assert history(olga, ticket)[:2] == [
        "Olga assigned this ticket to Ben",
        "Olga moved this ticket from Support to Billing",
    ]


def test_a_form_that_is_sent_twice_is_carried_out_once(ana: Browser, ticket: Ticket) -> None:
    form = ana.get(path_of(ticket)).fields(f"{path_of(ticket)}/resolve_ticket")
    path = f"{path_of(ticket)}/resolve_ticket"
    with ThreadPoolExecutor(2) as hands:
        sent = [hands.submit(ana.post, path, form) for _ in range(2)]
    assert {one.result().location for one in sent} == {f"{path_of(ticket)}?done=resolve_ticket"}
    assert history(ana, ticket) == ["Ana resolved this ticket", "Kim Kunde opened this ticket"]


def test_the_same_form_filled_in_otherwise_is_another_wish(ana: Browser, ticket: Ticket) -> None:
    action = f"{path_of(ticket)}/add_tags"
    form = ana.get(path_of(ticket)).fields(action)
    for tag in ("one", "two", "two"):
        assert ana.post(action, {**form, "tags": tag}).status == 303
    assert [line for line in history(ana, ticket) if "added" in line] == [
        "Ana added the tag “two”",
        "Ana added the tag “one”",
    ]


def test_what_was_so_already_is_said(ana: Browser, ticket: Ticket) -> None:
    for action, fields in (("add_tags", {"tags": "STRIPES"}), ("remove_tags", {"tag": "spots"})):
        answer = do(ana, ticket, action, **fields)
        assert answer.location == f"{path_of(ticket)}?done=nothing"
        assert "nothing was changed" in ana.get(answer.location).text


def test_only_what_the_status_permits_is_offered(ana: Browser, ticket: Ticket) -> None:
    page = ana.get(path_of(ticket))
    assert offered(page) == {*ACTIONS} - {"reopen_ticket"}
    answer = forge(ana, f"{path_of(ticket)}/reopen_ticket")
    assert answer.status == 409
    assert answer.refusal == "This ticket is new now, so that cannot be done with it."
    do(ana, ticket, "resolve_ticket")
    do(ana, ticket, "remove_tags", tag="stripes")
    assert offered(ana.get(path_of(ticket))) == {*ACTIONS} - {"resolve_ticket", "remove_tags"}


def test_only_what_the_role_allows_is_offered_and_the_rest_is_refused_when_forged(
    product: Served, company: Company, join: Join, ticket: Ticket
) -> None:
    role = role_with(product, "Tagger", Permission.TICKETS_READ, Permission.TAGS_ADD)
    _, tagger = join("Tagger", role)
    page = tagger.get(path_of(ticket))
    assert offered(page) == {"add_tags"}
    fields = {
        "tag": "stripes",
        "agent_id": str(company.members["Ben"].id),
        "department_id": str(company.departments[BILLING]),
    }
    for action in {*ACTIONS} - {"add_tags", "reopen_ticket"}:
        answer = forge(tagger, f"{path_of(ticket)}/{action}", **fields)
        assert answer.status == 403
        assert "Your role does not allow you to " in answer.refusal
    assert history(tagger, ticket) == ["Kim Kunde opened this ticket"]


def test_who_may_not_read_tickets_sees_none(product: Served, join: Join, ticket: Ticket) -> None:
    _, blind = join("Blind", role_with(product, "Tags only", Permission.TAGS_ADD))
    for path in ("/tickets", path_of(ticket)):
        assert blind.get(path).status == 403
    assert blind.get("/").location == "/account"
    assert forge(blind, f"{path_of(ticket)}/add_tags", tags="x").status == 403


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("add_tags", {"tags": " , "}),
        ("add_tags", {"tags": "x" * 65}),
        ("assign_ticket", {"agent_id": ""}),
        ("assign_ticket", {"agent_id": "00000000-0000-0000-0000-000000000001"}),
        ("transfer_ticket", {"department_id": "x"}),
    ],
)
def test_a_form_that_is_not_filled_in_well_is_refused_on_the_page(
    ana: Browser, ticket: Ticket, word: str, action: str, fields: dict[str, str]
) -> None:
    answer = do(ana, ticket, action, **fields)
    assert answer.status in {400, 404}
    assert answer.refusal
    assert word in answer.text
    assert answer.fields(f"{path_of(ticket)}/add_tags")["tags"] == fields.get("tags", "")


def test_a_form_without_its_token_changes_nothing(ana: Browser, ticket: Ticket) -> None:
    assert ana.post(f"{path_of(ticket)}/resolve_ticket", {}).status == 403
    assert history(ana, ticket) == ["Kim Kunde opened this ticket"]


def test_what_one_may_not_see_answers_as_what_is_not_there(ana: Browser, company: Company) -> None:
    hidden, absent = path_of(company.tickets["brake"]), "/tickets/ZZZ-99999"
    theirs, none = ana.get(hidden), ana.get(absent)
    assert (theirs.status, theirs.text) == (none.status, none.text)
    assert theirs.status == 404
    for action in ACTIONS:
        theirs, none = (forge(ana, f"{path}/{action}", tags="x") for path in (hidden, absent))
        assert (theirs.status, theirs.text) == (404, none.text)


@pytest.mark.parametrize("reference", ["%00", "x" * 65, "%FF", "%E2%80%AE"])
def test_what_is_no_code_is_no_ticket(ana: Browser, reference: str) -> None:
    assert ana.get(f"/tickets/{reference}").status == 404


def test_an_action_that_there_is_not_is_not_found(ana: Browser, ticket: Ticket) -> None:
    assert forge(ana, f"{path_of(ticket)}/delete_ticket").status == 404


def test_hostile_words_are_shown_as_text_wherever_they_stand(
    product: Served, company: Company, join: Join, word: str
) -> None:
    member, browser = join(f"{word} {HOSTILE}")
    department = company.departments[SUPPORT]
    requester = Contact(id=new_id(), name=HOSTILE, email=f'{word}"><b>@x.example')
    made = product.run(
        open_ticket(
            product.desk, department, f"{word} {HOSTILE}", requester=requester, tags=(HOSTILE,)
        )
    )
    product.run(act(product.desk, said(made, HOSTILE, requester), said(made, HOSTILE, member)))
    assert do(browser, made, "assign_ticket", agent_id=str(member.id)).status == 303
    assert do(browser, made, "add_tags", tags="<i>new</i>").status == 303
    for path in (
        f"/tickets?query={word}&tags={quote(HOSTILE)}",
        path_of(made),
        f"{path_of(made)}?client={quote(HOSTILE)}&by={quote(HOSTILE)}",
    ):
        page = browser.get(path).text
        assert escape(HOSTILE).replace("&quot;", "&#34;").replace("&#x27;", "&#39;") in page
        assert "<script>" not in page
        assert "<b>" not in page
        assert "<i>" not in page
    assert do(browser, made, "remove_tags", tag=HOSTILE).location.endswith("done=remove_tags")
