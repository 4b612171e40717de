"""What agents do with tickets over HTTP: the six actions, answers, notes and customers' replies."""

import pytest

from domain.permissions import Scope
from domain.ticket import facts as fact
from domain.ticket.words import AuthorKind
from tests.mcp.company import BILLING, Company, generate_token
from tests.mcp.records import Log
from tests.mcp.serving import Served
from tests.rest.client import Client
from tests.rest.tickets import MAX, messages, opened

# What an action is asked with, by what it is recorded as.
ACTIONS = {
    "add_tags": ("/tags", {"tags": ["lid", "Lid", "refund"]}),
    "remove_tags": ("/tags/remove", {"tags": ["BOAT", "none"]}),
    "resolve_ticket": ("/resolve", None),
    "reopen_ticket": ("/reopen", None),
    "assign_ticket": ("/assign", {"agent_id": "Ben"}),
    "transfer_ticket": ("/transfer", {"department_id": BILLING, "agent_id": "Ben"}),
    "change_ticket": ("", {"priority": "urgent"}),
    "write_message": ("/messages", {"body": "It does."}),
    "add_reply": ("/replies", {"body": "Thank you."}),
}
FACTS = {
    "add_tags": [fact.TagsAdded],
    "remove_tags": [fact.TagsRemoved],
    "resolve_ticket": [fact.Resolved],
    "reopen_ticket": [fact.Reopened],
    "assign_ticket": [fact.Assigned],
    "transfer_ticket": [fact.Transferred, fact.Assigned],
    "change_ticket": [fact.PrioritySet],
    "write_message": [fact.MessageAdded],
    "add_reply": [fact.MessageAdded],
}
each = pytest.mark.parametrize("action", ACTIONS)


@pytest.fixture(scope="module")
def reader(product: Served, company: Company) -> Client:
    """Ana with a token that reads and does no more."""
    ana = company.members["Ana"].id
    scopes = frozenset({Scope.TICKETS_READ})
    token, _ = product.run(generate_token(product.desk, ana, scopes=scopes))
    return Client(product.port, token)


def asked(action: str, company: Company) -> tuple[str, str, object]:
    """Return the method, the path below the ticket and the body of an action."""
    below, body = ACTIONS[action]
    ids = {"Ben": company.members["Ben"].id, BILLING: company.departments[BILLING]}
    if body:
        body = {
            name: str(ids[value]) if isinstance(value, str) and value in ids else value
            for name, value in body.items()
        }
    return "POST" if below else "PATCH", below, body


def ready(action: str, client: Client, company: Company) -> str:
    """Open a ticket that the action can be carried out on."""
    path = opened(client, company, tags=["boat"])
    if action == "reopen_ticket":
        assert client.post(f"{path}/resolve").status == 200
    return path


@each
def test_an_action_makes_its_facts_and_is_recorded_by_its_name_free_of_charge(
    ana: Client, company: Company, log: Log, action: str
) -> None:
    path = ready(action, ana, company)
    method, below, body = asked(action, company)
    with log.watched() as watched:
        answer = ana.send(method, f"{path}{below}", body, {})
    assert answer.status in {200, 201}, answer.raw
    assert answer.body["changed"]
    assert [type(happened) for happened in watched.facts] == FACTS[action]
    record = watched.call
    assert (record.fact.tool, record.fact.outcome, record.fact.units) == (action, "ok", 0)
    assert watched.charged == 0
    by = record.envelope.by
    assert (by.via, by.agent, by.role) == ("rest", company.members["Ana"].id, "agent")
    assert str(record.fact.ticket) == answer.body["ticket_id"]


@each
def test_an_action_is_done_once_under_its_key(
    ana: Client, company: Company, log: Log, action: str
) -> None:
    path = ready(action, ana, company)
    method, below, body = asked(action, company)
    key = {"Idempotency_Key": f"a key of {action} {path}"}
    first = ana.send(method, f"{path}{below}", body, key)
    with log.watched() as watched:
        again = ana.send(method, f"{path}{below}", body, key)
    assert again.status == first.status
    assert again.body == {**first.body, "replayed": True}
    assert again.headers["idempotency-replayed"] == "true"
    assert watched.facts == []
    assert watched.call.fact.outcome == "replayed"
    other = opened(ana, company)
    ana.send(method, f"{other}{below}", body, key).refused(422, "idempotency_conflict")


@each
def test_an_action_is_for_the_version_that_was_read(
    olga: Client, company: Company, log: Log, action: str
) -> None:
    path = ready(action, olga, company)
    method, below, body = asked(action, company)
    read = olga.get(path)
    assert olga.post(f"{path}/tags", {"tags": ["meanwhile"]}).status == 200
    with log.watched() as watched:
        late = olga.send(method, f"{path}{below}", body, {"If_Match": read.etag})
    late.refused(412, "precondition_failed")
    assert watched.facts == []
    assert watched.call.fact.outcome == "precondition_failed"
    now = olga.get(path).etag
    done = olga.send(method, f"{path}{below}", body, {"If_Match": f"W/{now}"})
    assert done.status in {200, 201}
    assert done.etag == olga.get(path).etag != now


@each
def test_a_read_only_token_does_nothing_and_is_told_which_scope_it_lacks(
    ana: Client, reader: Client, company: Company, log: Log, action: str
) -> None:
    path = ready(action, ana, company)
    method, below, body = asked(action, company)
    with log.watched() as watched:
        refused = reader.send(method, f"{path}{below}", body, {})
    assert "tickets:write" in refused.refused(403, "permission_denied")
    assert refused.body["scope"] == "tickets:write"
    assert watched.facts == []
    assert watched.call.fact.outcome == "permission_denied"
    assert reader.get(path).status == 200


def test_a_step_that_the_status_does_not_allow_is_a_conflict(ana: Client, company: Company) -> None:
    path = opened(ana, company)
    refused = ana.post(f"{path}/reopen")
    refused.refused(409, "invalid_transition")
    assert refused.body["status_name"] == "new"


def test_a_ticket_goes_to_members_of_its_department_only(ana: Client, company: Company) -> None:
    path = opened(ana, company)
    cora = {"agent_id": str(company.members["Cora"].id)}
    ana.post(f"{path}/assign", cora).refused(409, "agent_unavailable")
    ana.post(f"{path}/assign", {"agent_id": "somebody"}).refused(400, "invalid_arguments")


def test_an_answer_is_in_the_callers_name_and_answers_the_ticket(
    ana: Client, company: Company, log: Log
) -> None:
    path = opened(ana, company)
    with log.watched() as watched:
        written = ana.post(f"{path}/messages", {"body": "It does."})
    assert (written.status, written.body["status_name"]) == (201, "answered")
    (added,) = watched.facts
    assert isinstance(added, fact.MessageAdded)
    assert added.author.kind is AuthorKind.AGENT
    assert added.author.id == company.members["Ana"].id
    where = written.headers["location"].removeprefix("/api/v1")
    assert where == f"{path}/messages/{written.body['message_id']}"
    assert ana.get(where).body == messages(ana, path)[-1]
    assert messages(ana, path)[-1]["author_name"] == "Ana"


def test_nobody_writes_in_the_name_of_others(ana: Client, company: Company) -> None:
    path = opened(ana, company)
    ben = {"kind": "agent", "id": str(company.members["Ben"].id)}
    for more in ({"author": ben}, {"agent_id": ben["id"]}, {"author_name": "Ben"}):
        ana.post(f"{path}/messages", {"body": "Hi", **more}).refused(400, "invalid_arguments")


def test_a_note_leaves_the_status_as_it_is(ana: Client, company: Company) -> None:
    path = opened(ana, company)
    written = ana.post(f"{path}/messages", {"body": "Careful.", "note": True})
    assert (written.status, written.body["status_name"]) == (201, "new")
    assert messages(ana, path)[-1]["note"] is True


@pytest.mark.parametrize(
    ("before", "after"), [("new", "new"), ("answered", "open"), ("resolved", "open")]
)
def test_a_reply_opens_again_what_waited(
    ana: Client, company: Company, before: str, after: str
) -> None:
    path = opened(ana, company)
    if before == "answered":
        ana.post(f"{path}/messages", {"body": "It does."})
    if before == "resolved":
        ana.post(f"{path}/resolve")
    assert ana.get(path).body["status_name"] == before
    assert ana.post(f"{path}/replies", {"body": "And now?"}).body["status_name"] == after


def test_a_reply_to_a_postponed_ticket_opens_it(olga: Client, company: Company) -> None:
    ticket = company.tickets["postponed"]
    replied = olga.post(f"/tickets/{ticket.code}/replies", {"body": "I am back."})
    assert (replied.body["status"], replied.body["status_name"]) == ("C", "open")
    assert messages(olga, f"/tickets/{ticket.code}")[-1]["author_name"] == "Kim Kunde"


def test_a_reply_is_the_requesters_unless_somebody_else_is_named(
    ana: Client, company: Company
) -> None:
    path = opened(ana, company)
    wife = {"name": "Erika Muster", "email": "erika@customer.example"}
    assert ana.post(f"{path}/replies", {"body": "Me again"}).status == 201
    assert ana.post(f"{path}/replies", {"body": "His wife", "sender": wife}).status == 201
    said = [(one["author_name"], one["author_kind"]) for one in messages(ana, path)]
    assert said == [
        (MAX["name"], "customer"),
        (MAX["name"], "customer"),
        ("Erika Muster", "customer"),
    ]


def test_messages_are_walked_in_both_orders(ana: Client, company: Company) -> None:
    path = opened(ana, company)
    for number in range(4):
        ana.post(f"{path}/messages", {"body": f"{number}\n> quoted"})
    texts: dict[str, list[str]] = {}
    for order in ("asc", "desc"):
        seen = texts.setdefault(order, [])
        more = ""
        while True:
            page = ana.get(f"{path}/messages?limit=2&order={order}&include_quoted=true{more}").body
            seen += [one["text"] for one in page["messages"]]
            if "next_cursor" not in page:
                break
            more = f"&cursor={page['next_cursor']}"
    assert texts["asc"] == texts["desc"][::-1]
    assert texts["asc"] == ["Does it float?", *(f"{number}\n> quoted" for number in range(4))]
    assert "quoted line" in messages(ana, path)[-1]["text"]


def test_a_long_message_is_read_part_by_part(ana: Client, company: Company) -> None:
    body = "".join(f"{number:07} " for number in range(8_000))
    path = opened(ana, company, body=body)
    (first,) = messages(ana, path)
    where, read, offset = f"{path}/messages/{first['id']}", "", 0
    while offset is not None:
        part = ana.get(f"{where}?offset={offset}").body
        read += part["text"]
        offset = part.get("next_offset")
    assert read == body


@pytest.mark.parametrize(
    ("below", "body"),
    [
        ("/messages", {}),
        ("/messages", {"body": ""}),
        ("/messages", {"body": "x" * 200_001}),
        ("/messages", {"body": "x", "note": "yes"}),
        ("/replies", {"body": "x", "sender": {}}),
        ("/replies", {"body": "x", "note": True}),
        ("/tags", {"tags": []}),
        ("/tags", {"tags": "lid"}),
        ("/tags", {"tags": ["x" * 65]}),
        ("/tags", {"tags": ["x"], "idempotency_key": "k"}),
        ("/assign", {}),
        ("/transfer", {"agent_id": "x"}),
    ],
)
def test_a_body_that_does_not_fit_is_refused(
    ana: Client, company: Company, below: str, body: object
) -> None:
    path = opened(ana, company)
    ana.post(f"{path}{below}", body).refused(400, "invalid_arguments")
    assert ana.get(path).etag == '"v2"'


def test_a_reply_to_an_unseen_ticket_is_recorded_as_refused(
    ana: Client, olga: Client, company: Company, log: Log
) -> None:
    hidden = opened(olga, company, BILLING)
    with log.watched() as watched:
        ana.post(f"{hidden}/replies", {"body": "Hello"}).refused(404, "not_found")
    assert watched.facts == []
    assert (watched.call.fact.tool, watched.call.fact.outcome) == ("add_reply", "not_found")
