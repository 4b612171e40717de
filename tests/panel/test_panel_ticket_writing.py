"""What people write from a ticket's page: replies, notes, what it is called; once each, and never blindly."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import escape

import pytest

from domain.permissions import Permission
from domain.ticket.commands import AssignTicket, ResolveTicket
from tests.mcp.company import BILLING, SUPPORT, Company, Ticket, act, open_ticket, said
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.panel.conftest import Join
from tests.panel.guarding import assert_harmless, forge
from tests.panel.ticket_pages import HOSTILE, do, found, history, path_of, role_with
from tests.sign_in.browser import Answer, Browser


def messages(answer: Answer) -> list[str]:
    """Return the messages that a page shows, each as its kind and its text."""
    found = re.findall(
        r'<article class="message ?(\w*)".*?<div class="text" dir="auto">(.*?)</div>',
        answer.text,
        re.DOTALL,
    )
    return [f"{kind or 'customer'}: {text}" for kind, text in found]


def test_a_reply_and_a_note_are_told_apart_and_only_the_reply_turns_the_status(
    ana: Browser, product: Served, ticket: Ticket
) -> None:
    product.run(act(product.desk, said(ticket, "It squeaks.")))
    noted = do(ana, ticket, "note", body="  Kind customer.\r\n\r\nBe kind. ")
    assert "new" in ana.get(path_of(ticket)).text
    replied = do(ana, ticket, "reply", body="Oil it.\r\nThen wait.")
    for answer, done in ((noted, "note"), (replied, "reply")):
        place, _, message = answer.location.partition("#")
        assert place == f"{path_of(ticket)}?done={done}"
        assert f'id="{message}"' in ana.get(place).text
    page = ana.get(path_of(ticket))
    assert messages(page) == [
        "customer: It squeaks.",
        "note: Kind customer.\n\nBe kind.",
        "ours: Oil it.\nThen wait.",
    ]
    assert history(ana, ticket)[:2] == [
        "Ana wrote a message: the ticket is answered now",
        "Ana wrote a note",
    ]
    assert '<span class="badge answered">answered</span>' in page.text


def test_subject_and_priority_are_changed_and_only_what_differs_is_recorded(
    ana: Browser, ticket: Ticket, word: str
) -> None:
    answer = do(ana, ticket, "change_ticket", priority="urgent")
    assert answer.location == f"{path_of(ticket)}?done=change_ticket"
    assert history(ana, ticket)[0] == "Ana set the priority to urgent (before: medium)"
    do(ana, ticket, "change_ticket", subject=f"{word} now", priority="urgent")
    assert history(ana, ticket)[0] == (
        f"Ana changed the subject from “About a {word}” to “{word} now”"
    )
    same = do(ana, ticket, "change_ticket", subject=f"{word} now", priority="urgent")
    assert same.location == f"{path_of(ticket)}?done=nothing"
    assert len(history(ana, ticket)) == 3


def test_one_takes_a_ticket_by_one_button(ana: Browser, company: Company, ticket: Ticket) -> None:
    page = ana.get(path_of(ticket))
    assert page.text.count("Assign to me") == 1
    form = page.fields(f"{path_of(ticket)}/assign_ticket")
    assert form["agent_id"] == str(company.members["Ana"].id)
    assert ana.post(f"{path_of(ticket)}/assign_ticket", form).status == 303
    assert history(ana, ticket)[0] == "Ana took this ticket"
    assert "Assign to me" not in ana.get(path_of(ticket)).text


def test_a_ticket_is_opened_by_hand_once(ana: Browser, company: Company, word: str) -> None:
    assert 'href="/tickets/new"' in ana.get("/tickets").text
    filled = {
        "subject": f"A {word} call",
        "name": "Rita Ringer",
        "email": "rita@customer.example",
        "department_id": str(company.departments[SUPPORT]),
        "priority": "high",
        "channel": "call",
        "tags": "phone, noise",
        "body": "It rattles.",
        "note": "She called twice.",
    }
    form = {**ana.get("/tickets/new").fields("/tickets/open_ticket"), **filled}
    with ThreadPoolExecutor(2) as hands:
        sent = [hands.submit(ana.post, "/tickets/open_ticket", form) for _ in range(2)]
    (place,) = {one.result().location for one in sent}
    assert found(ana.get(f"/tickets?query={word}")) == [place.split("/")[2].partition("?")[0]]
    page = ana.get(place)
    assert messages(page) == ["customer: It rattles.", "note: She called twice."]
    for told in (
        f"A {word} call",
        "Rita Ringer",
        "rita@customer.example",
        "high priority",
        "noise",
        "<dt>Came by</dt><dd>Call</dd>",
    ):
        assert told in page.text
    assert "Ana opened this ticket for Rita Ringer" in page.text
    for name, wrong in (
        ("email", "rita"),
        ("subject", " "),
        ("body", "\0"),
        ("name", "x" * 201),
        ("department_id", str(company.departments[BILLING])),
        ("department_id", ""),
        ("priority", "x"),
        ("channel", "x"),
        ("tags", "x" * 65),
    ):
        refused = ana.post("/tickets/open_ticket", {**form, name: wrong})
        assert refused.status in {400, 404}, name
        assert refused.refusal
        assert "_" not in refused.refusal
        assert "She called twice." in refused.text
        assert refused.fields("/tickets/open_ticket")["key"] != form["key"]


def test_a_double_click_or_a_reload_writes_once(ana: Browser, ticket: Ticket) -> None:
    path = f"{path_of(ticket)}/reply"
    form = {**ana.get(path_of(ticket)).fields(path), "body": "Once."}
    with ThreadPoolExecutor(2) as hands:
        first, second = (hands.submit(ana.post, path, form) for _ in range(2))
    assert first.result().status == 303
    assert second.result().location == first.result().location
    do(ana, ticket, "resolve_ticket")
    assert ana.post(path, form).location == first.result().location
    assert messages(ana.get(path_of(ticket))) == ["ours: Once."]


def test_a_form_of_an_outdated_page_tells_what_changed_and_loses_nothing(
    ana: Browser, product: Served, company: Company, ticket: Ticket
) -> None:
    path, old = path_of(ticket), ana.get(path_of(ticket))
    key = str(ticket.id)
    done = call(company.token("Ben"), "resolve_ticket", ticket_id=key).send(product.port)
    assert not done.json()["result"].get("isError")
    product.run(act(product.desk, said(ticket, "And it smells.")))
    typed = "I typed <this> for an hour."
    for action, fields in (
        ("reply", {"body": typed}),
        ("resolve_ticket", {}),
        ("assign_ticket", {}),
        ("transfer_ticket", {"department_id": str(company.departments[BILLING])}),
    ):
        refused = ana.post(f"{path}/{action}", {**old.fields(f"{path}/{action}"), **fields})
        assert refused.status == 409
        assert "Ben resolved this ticket (via Wire" in refused.refusal
        assert ("Kim Kunde wrote a message" in refused.refusal) == (
            action in {"reply", "resolve_ticket"}
        )
        if "body" in fields:
            assert escape(typed) in refused.text
            again = ana.post(f"{path}/reply", {**refused.fields(f"{path}/reply"), **fields})
            assert again.status == 303
    assert messages(ana.get(path))[-1] == f"ours: {escape(typed)}"
    assert len(history(ana, ticket)) == 4


def test_what_does_not_matter_to_a_form_does_not_hold_it_up(
    ana: Browser, product: Served, company: Company, ticket: Ticket
) -> None:
    path, old = path_of(ticket), ana.get(path_of(ticket))
    tagged = call(company.token("Ben"), "add_tags", ticket_id=str(ticket.id), tags=["odd"])
    assert not tagged.send(product.port).json()["result"].get("isError")
    do(ana, ticket, "note", body="Mine, from another window.")
    reply = {**old.fields(f"{path}/reply"), "body": "Hello."}
    assert ana.post(f"{path}/reply", reply).status == 303
    ben = company.members["Ben"].id
    product.run(act(product.desk, AssignTicket(ticket_id=str(ticket.id), agent_id=ben)))
    for action, fields in (("note", {"body": "Odd."}), ("add_tags", {"tags": "calm"})):
        sent = {**old.fields(f"{path}/{action}"), **fields}
        assert ana.post(f"{path}/{action}", sent).status == 303, action


@pytest.mark.parametrize("version", ["9" * 9, "9" * 18])
def test_a_version_that_no_page_had_is_another(ana: Browser, ticket: Ticket, version: str) -> None:
    answer = forge(ana, f"{path_of(ticket)}/reply", version=version, body="Hello.")
    assert answer.status == 409
    assert "Hello." in answer.text


@pytest.mark.parametrize("version", ["", "-1", "x", "9" * 19, "9" * 5000, "\u00b2"])
def test_what_is_no_version_changes_nothing(ana: Browser, ticket: Ticket, version: str) -> None:
    answer = forge(ana, f"{path_of(ticket)}/reply", version=version, body="Hello.")
    assert answer.status == 400
    assert "This form is out of date" in answer.refusal
    assert messages(ana.get(path_of(ticket))) == []


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("reply", {"body": " \r\n "}),
        ("reply", {"body": "a\0b"}),
        ("note", {"body": "x" * 80_001}),
        ("change_ticket", {"subject": " "}),
        ("change_ticket", {"subject": "x" * 501}),
        ("change_ticket", {"priority": "x"}),
    ],
)
def test_what_cannot_be_written_is_refused_in_words_and_kept(
    ana: Browser, ticket: Ticket, action: str, fields: dict[str, str]
) -> None:
    answer = do(ana, ticket, action, **fields)
    assert answer.status == 400
    assert answer.refusal.endswith((".", "anew."))
    assert_harmless(answer)
    kept = fields.get("body", fields.get("subject", "")).strip()
    assert kept.replace("\0", "") in answer.text
    assert "\0" not in answer.text


def test_a_long_reply_is_taken_whole(ana: Browser, ticket: Ticket) -> None:
    text = "\u4f60\u597d " * 20_000 + "END"
    assert do(ana, ticket, "reply", body=text).status == 303
    assert "characters are left" in ana.get(path_of(ticket)).text


def test_a_short_answer_over_a_long_quote_is_no_long_message(ana: Browser, ticket: Ticket) -> None:
    do(ana, ticket, "reply", body="Short.\n\n" + "> quoted\n" * 1_500)
    page = ana.get(path_of(ticket))
    assert messages(page) == ["ours: Short."]
    assert "<summary>1500 quoted lines</summary>" in page.text
    assert "characters are left" not in page.text


def test_who_may_not_write_is_offered_nothing_and_refused_all_the_same(
    product: Served, join: Join, ticket: Ticket
) -> None:
    _, reader = join("Reader", role_with(product, "Reading", Permission.TICKETS_READ))
    page = reader.get(path_of(ticket))
    for offer in ("/reply", "/note", "/change_ticket", "Assign to me", "/tickets/new"):
        assert offer not in page.text + reader.get("/tickets").text
    for action, fields in (
        ("reply", {"body": "x"}),
        ("note", {"body": "x"}),
        ("change_ticket", {"subject": "x", "priority": "low"}),
    ):
        refused = forge(reader, f"{path_of(ticket)}/{action}", **fields)
        assert (refused.status, "Your role does not allow you to " in refused.refusal) == (
            403,
            True,
        )
    assert reader.get("/tickets/new").status == 403
    assert forge(reader, "/tickets/open_ticket", subject="x").status == 403
    assert len(history(reader, ticket)) == 1


def test_refusals_name_no_tools(
    ana: Browser, company: Company, product: Served, ticket: Ticket
) -> None:
    tags = ", ".join(f"tag {number}" for number in range(50))
    cora = str(company.members["Cora"].id)
    for action, fields in (
        ("add_tags", {"tags": tags}),
        ("assign_ticket", {"agent_id": cora}),
        ("assign_ticket", {"agent_id": str(ticket.id)}),
        ("transfer_ticket", {"department_id": str(ticket.id)}),
        ("reopen_ticket", {}),
    ):
        refused = forge(ana, f"{path_of(ticket)}/{action}", **fields)
        assert 400 <= refused.status < 500
        assert len(refused.refusal.split()) > 4
        assert not re.search("[a-z]_[a-z]|/api/", refused.refusal), refused.refusal
    product.run(act(product.desk, ResolveTicket(ticket_id=str(ticket.id))))
    assert "is resolved now" in forge(ana, f"{path_of(ticket)}/resolve_ticket").refusal


def test_hostile_words_are_text_in_what_is_typed_and_in_what_is_shown(
    ana: Browser, product: Served, company: Company, word: str
) -> None:
    hostile = f"{word} {HOSTILE}</textarea>\u202e</details>"
    made = product.run(open_ticket(product.desk, company.departments[SUPPORT], hostile))
    product.run(act(product.desk, said(made, f"> {hostile}\n{hostile}")))
    old = ana.get(path_of(made))
    product.run(act(product.desk, ResolveTicket(ticket_id=str(made.id))))
    path = path_of(made)
    refused = ana.post(f"{path}/reply", {**old.fields(f"{path}/reply"), "body": hostile})
    written = do(ana, made, "note", body=hostile)
    for page in (old, refused, ana.get(written.location.partition("#")[0])):
        assert_harmless(page)
        assert "<script>alert" not in page.text
    assert "\u202e" not in old.text
    assert "1 quoted line<" in old.text
