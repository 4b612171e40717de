"""A ticket's history on its page: who did what, through what, what became what; narrowed and walked."""

import re
from typing import Any

from domain.ticket.commands import ResolveTicket
from tests.mcp.company import Company, Ticket, act, said
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.oauth.oauth_grants import connect_app
from tests.panel.ticket_pages import do, history, link, path_of
from tests.sign_in.browser import Answer, Browser


def lines(answer: Answer) -> list[str]:
    """Return the lines of the history as people read them, the latest first."""
    items = re.findall(r"<li>\n<p>(<bdi>.*?)</p>", answer.text)
    return [re.sub("<[^>]+>", "", item) for item in items]


def use(product: Served, secret: str, tool: str, **arguments: Any) -> None:
    done = call(secret, tool, **arguments).send(product.port)
    assert not done.json()["result"].get("isError"), done.body


def test_what_was_done_by_hand_by_a_token_and_by_an_app_reads_the_same_but_for_the_way(
    ana: Browser, product: Served, company: Company, ticket: Ticket
) -> None:
    member, key = company.members["Ana"], str(ticket.id)
    app = product.run(connect_app(product.desk, member.id))
    do(ana, ticket, "add_tags", tags="sea")
    do(ana, ticket, "remove_tags", tag="sea")
    use(product, member.token, "add_tags", ticket_id=key, tags=["sea"])
    do(ana, ticket, "remove_tags", tag="sea")
    use(product, app.access_token, "add_tags", ticket_id=key, tags=["sea"])
    told = [line for line in lines(ana.get(path_of(ticket))) if "added" in line]
    assert {line.partition(" · ")[0] for line in told} == {"Ana added the tag “sea”"}
    by_app, by_token, by_hand = (line.partition(" · ")[2] for line in told)
    assert by_hand == "in the panel"
    assert by_token.startswith("via Wire")
    assert f"token …{member.token[-4:]}" in by_token
    assert by_app.startswith("via ")
    assert by_app.endswith(", an authorized app")


def test_each_line_tells_what_became_what_and_the_client_in_full(
    ana: Browser, product: Served, company: Company, ticket: Ticket
) -> None:
    use(product, company.token("Ana"), "resolve_ticket", ticket_id=str(ticket.id))
    do(ana, ticket, "reopen_ticket")
    do(ana, ticket, "reply", body="Is it better now?")
    do(ana, ticket, "change_ticket", subject="Calmer", priority="low")
    page = ana.get(path_of(ticket))
    assert lines(page)[:5] == [
        "Ana set the priority to low (before: medium) · in the panel",
        f"Ana changed the subject from “{subject_before(ticket, page)}” to “Calmer” · in the panel",
        "Ana wrote a message: the ticket is answered now · in the panel open → answered",
        "Ana reopened this ticket · in the panel resolved → open",
        next(line for line in lines(page) if "resolved this" in line),
    ]
    assert lines(page)[4].endswith("new → resolved")
    assert re.search(r'title="Wire \S+, as it calls itself"', page.text)
    turns = history(ana, ticket, "kind=status")
    assert [turn.split()[1] for turn in turns] == ["wrote", "reopened", "resolved", "Kunde"]
    assert "/audit/calls/" not in page.text  # which agents do not read


def subject_before(ticket: Ticket, page: Answer) -> str:
    (subject,) = re.findall(r"subject from “(.*?)” to", page.text)
    assert ticket.code not in subject
    return subject


def test_those_who_read_the_audit_trail_are_led_to_the_call(
    olga: Browser, product: Served, company: Company, ticket: Ticket
) -> None:
    use(product, company.token("Ana"), "resolve_ticket", ticket_id=str(ticket.id))
    do(olga, ticket, "reply", body="We are at it.")
    for action, name in ((1, "write_message"), (2, "resolve_ticket")):
        found = olga.get(path_of(ticket)).text
        calls = re.findall(r'href="(/audit/calls/\d+)"', found)
        assert f"Call of {name}" in olga.get(calls[action - 1]).text


def test_the_history_is_narrowed_by_people_clients_and_kinds(
    ana: Browser, product: Served, company: Company, ticket: Ticket
) -> None:
    use(product, company.token("Ana"), "resolve_ticket", ticket_id=str(ticket.id))
    do(ana, ticket, "reopen_ticket")
    do(ana, ticket, "add_tags", tags="sea")
    page = ana.get(path_of(ticket)).text
    assert re.findall(r"<option>(.*)</option>", page) == ["Wire"]
    by_ai = ["Ana resolved this ticket"]
    by_hand = ["Ana added the tag “sea”", "Ana reopened this ticket"]
    opened = ["Kim Kunde opened this ticket"]  # on the command line
    for query, told in (
        ("client=Wire", by_ai),
        ("by=ai", by_ai),
        ("by=people", by_hand + opened),
        ("by=people&kind=tags", by_hand[:1]),
        ("kind=status", [by_hand[1], *by_ai, *opened]),
        ("by=ai&kind=tags", []),
        ("by=house", []),
        ("client=Nobody", []),
        ("by=nonsense&kind=nonsense", by_hand + by_ai + opened),
    ):
        assert history(ana, ticket, query) == told, query
    assert "Nothing of this kind" in ana.get(f"{path_of(ticket)}?by=rest").text
    assert "<option selected>Nobody</option>" in ana.get(f"{path_of(ticket)}?client=Nobody").text
    for name in ("%00", "x" * 201):
        answer = ana.get(f"{path_of(ticket)}?client={name}")
        assert (answer.status, "No client has this name" in answer.refusal) == (400, True)


def test_a_narrowed_history_comes_in_parts_of_what_is_asked_for(
    ana: Browser, product: Served, ticket: Ticket
) -> None:
    spoken = [said(ticket, str(number)) for number in range(25)]
    product.run(act(product.desk, *spoken))
    product.run(act(product.desk, ResolveTicket(ticket_id=str(ticket.id))))
    page = ana.get(path_of(ticket))
    assert history(ana, ticket)[0].endswith("resolved this ticket")
    earlier = ana.get(link(page, "Earlier"))
    assert "opened this ticket" in earlier.text
    assert "opened this ticket" not in page.text
    assert "resolved this ticket" in ana.get(link(earlier, "The latest")).text
    narrowed = ana.get(f"{path_of(ticket)}?kind=messages")
    assert len(lines(narrowed)) == 20
    assert not [line for line in lines(narrowed) if "resolved" in line]
    rest = ana.get(link(narrowed, "Earlier"))
    assert len(lines(rest)) == 6
    assert '<option value="messages" selected>' in rest.text
    assert ana.get(f"{link(narrowed, 'Earlier')}&by=ai").status == 400
