"""Tickets over HTTP: opened, found, read and changed."""

from itertools import pairwise
from uuid import UUID

import pytest

from domain.ticket.contact import contact_id
from tests.mcp.company import BILLING, SUPPORT, WORKSHOP, Company
from tests.mcp.records import Log
from tests.rest.client import Client
from tests.rest.tickets import MAX, UNKNOWN, messages, new_ticket, opened


def test_an_opened_ticket_is_where_the_location_says(ana: Client, company: Company) -> None:
    asked = new_ticket(company, priority="high", tags=["boat", "Boat", "sea"], channel="call")
    made = ana.post("/tickets", asked)
    assert made.status == 201
    assert made.body["changed"]
    assert (made.body["status_name"], made.body["tags"]) == ("new", ["boat", "sea"])
    assert made.headers["location"] == f"/api/v1/tickets/{made.body['ticket_id']}"
    read = ana.get(made.headers["location"].removeprefix("/api/v1"))
    assert (read.status, read.etag) == (200, made.etag)
    assert read.body["code"] == made.body["code"]
    assert read.body["subject"] == "A question"
    assert (read.body["priority"], read.body["channel"]) == ("high", "call")
    assert read.body["requester"]["email"] == "max@customer.example"
    assert ana.get(f"/tickets/{made.body['code'].lower()}").body == read.body


def test_a_ticket_begins_with_the_words_of_the_requester_and_a_note_if_given(
    ana: Client, company: Company
) -> None:
    path = opened(ana, company, note="He called three times.")
    words, note = messages(ana, path)
    assert (words["author_kind"], words["author_name"]) == ("customer", "Max Muster")
    assert (words["text"], words["untrusted"]) == ("Does it float?", True)
    assert (note["author_kind"], note["author_name"], note["note"]) == ("agent", "Ana", True)
    assert ana.get(path).body["status_name"] == "new"


def test_who_writes_from_one_address_is_one_customer(ana: Client, company: Company) -> None:
    shouting = {"name": "MAX", "email": " MAX@Customer.example ".strip()}
    ids = [
        ana.get(opened(ana, company, requester=requester)).body["requester"]["id"]
        for requester in (MAX, shouting, {"name": "Max Muster"}, {"name": "Max Muster"})
    ]
    assert ids[0] == ids[1] == str(contact_id("max@customer.example"))
    assert len(set(ids)) == 3


def test_a_request_to_open_a_ticket_is_carried_out_once_under_its_key(
    ana: Client, company: Company
) -> None:
    asked = new_ticket(company, tags=["only-once"])
    first, again = (ana.post("/tickets", asked, Idempotency_Key="once") for _ in range(2))
    assert (again.status, again.headers["location"]) == (201, first.headers["location"])
    assert again.body == {**first.body, "replayed": True}
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    found = ana.get("/tickets?tags=only-once").body["tickets"]
    assert [ticket["id"] for ticket in found] == [first.body["ticket_id"]]
    other = ana.post("/tickets", {**asked, "subject": "Twice"}, Idempotency_Key="once")
    other.refused(422, "idempotency_conflict")


def test_what_customers_write_is_recorded_in_the_message_only(
    ana: Client, company: Company, log: Log
) -> None:
    with log.watched() as watched:
        opened(ana, company, body="My card number is 1234")
    assert watched.call.fact.tool == "open_ticket"
    assert watched.call.fact.arguments["body"]["characters"] == 22
    assert "1234" not in str(watched.call.fact.arguments)
    assert watched.charged == 0


def test_tickets_are_opened_in_ones_own_departments_only(ana: Client, company: Company) -> None:
    for department in (company.departments[WORKSHOP], UUID(int=1)):
        asked = new_ticket(company) | {"department_id": str(department)}
        ana.post("/tickets", asked).refused(404, "not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": ""},
        {"subject": None},
        {"body": 5},
        {"priority": "huge"},
        {"channel": "smoke"},
        {"requester": {"name": ""}},
        {"requester": {"name": "Max", "email": "nowhere"}},
        {"tags": ["x"] * 51},
        {"tags": [" "]},
        {"status": "R"},
        {"ticket": "01890a5d-ac96-774b-bcce-b302099a8057"},
    ],
)
def test_a_ticket_that_cannot_be_is_not_opened(
    ana: Client, company: Company, wrong: dict[str, object]
) -> None:
    ana.post("/tickets", new_ticket(company) | wrong).refused(400, "invalid_arguments")


def test_a_listing_is_narrowed_by_all_that_is_given(ana: Client, company: Company) -> None:
    path = opened(ana, company, tags=["narrow"], priority="urgent")
    key = path.rpartition("/")[2]
    support = company.departments[SUPPORT]

    def found(narrowing: str) -> list[str]:
        answer = ana.get(f"/tickets?{narrowing}")
        assert answer.status == 200, answer.raw
        return [ticket["id"] for ticket in answer.body["tickets"]]

    assert found(f"tags=narrow&status=new&status=open&department_id={support}") == [key]
    assert found("tags=narrow&priority=urgent&created_from=2026-01-01&sort=created") == [key]
    assert found("tags=narrow&status=resolved") == []
    assert found("tags=narrow&tags=wide") == []
    assert found("tags=narrow&created_to=2020-01-01") == []


def test_a_listing_is_walked_to_its_end_without_repeats(olga: Client) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = olga.get(f"/tickets?sort=created&limit=3{cursor}").body
        seen += [ticket["created_at"] for ticket in page["tickets"]]
        if "next_cursor" not in page:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) >= 12
    assert all(one >= other for one, other in pairwise(seen))
    olga.get(f"/tickets?sort=changed{cursor}").refused(400, "invalid_arguments")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=51",
        "limit=ten",
        "limit=1&limit=2",
        "status=broken",
        "department_id=5",
        "created_from=soon",
        "cursor=AAAA",
        "colour=red",
        "query=%00",
    ],
)
def test_a_query_that_does_not_fit_is_refused(ana: Client, query: str) -> None:
    ana.get(f"/tickets?{query}").refused(400, "invalid_arguments")


def test_reading_one_ticket_takes_no_query(ana: Client, company: Company) -> None:
    sentence = ana.get(f"{opened(ana, company)}?verbose=1").refused(400, "invalid_arguments")
    assert "query" in sentence


def test_subject_and_priority_are_changed_and_nothing_else(ana: Client, company: Company) -> None:
    path = opened(ana, company)
    before = ana.get(path)
    changed = ana.patch(path, {"subject": "Does it sink?", "priority": "low"})
    assert (changed.status, changed.body["changed"]) == (200, True)
    assert (changed.body["subject"], changed.body["priority"]) == ("Does it sink?", "low")
    after = ana.get(path)
    assert after.etag == changed.etag != before.etag
    differing = {name for name in before.body if before.body[name] != after.body[name]}
    assert differing == {"subject", "priority", "changed_at"}
    same = ana.patch(path, {"priority": "low"})
    assert (same.body["changed"], same.etag) == (False, changed.etag)


@pytest.mark.parametrize(
    "change", [{"subject": " "}, {"subject": None}, {"status": "R"}, {"priority": 3}, [], "x"]
)
def test_what_cannot_be_changed_by_hand_is_refused(
    ana: Client, company: Company, change: object
) -> None:
    ana.patch(opened(ana, company), change).refused(400, "invalid_arguments")


def test_an_invisible_ticket_is_as_one_that_does_not_exist(
    ana: Client, olga: Client, company: Company
) -> None:
    hidden = opened(olga, company, BILLING)
    message = messages(olga, hidden)[0]["id"]
    asks = (
        ("GET", "", None),
        ("PATCH", "", {"priority": "low"}),
        ("GET", "/messages", None),
        ("GET", f"/messages/{message}", None),
        ("POST", "/messages", {"body": "Hello"}),
        ("POST", "/replies", {"body": "Hello"}),
        ("POST", "/replies", {"body": "Hello", "sender": MAX}),
        ("POST", "/tags", {"tags": ["x"]}),
        ("POST", "/tags/remove", {"tags": ["x"]}),
        ("POST", "/resolve", None),
        ("POST", "/reopen", None),
        ("POST", "/assign", {"agent_id": str(company.members["Ana"].id)}),
        ("POST", "/transfer", {"department_id": str(company.departments[SUPPORT])}),
        ("GET", "/activity", None),
    )
    for method, below, body in asks:
        seen, unseen = (
            ana.send(method, f"{path}{below}", body, {}).refused(404, "not_found")
            for path in (UNKNOWN, hidden)
        )
        assert seen.replace(UNKNOWN, hidden).replace(UNKNOWN[9:], hidden[9:]) == unseen
    assert len(messages(olga, hidden)) == 1


def test_a_change_that_names_nothing_is_refused(ana: Client, company: Company) -> None:
    path = opened(ana, company)
    before = ana.get(path).etag
    assert "nothing to change" in ana.patch(path, {}).refused(400, "invalid_arguments")
    assert ana.get(path).etag == before
