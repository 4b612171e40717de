"""The demo reads like a helpdesk at work: complete, consistent, in many languages."""

import re
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from domain.caller import insider
from domain.decider import Context
from domain.permissions import Role
from domain.ticket import commands as ask
from domain.ticket.rules import TICKET, Ticket
from domain.ticket.words import Author, AuthorKind, Status
from infra.demo import content
from infra.demo.content import Change, Demo, Message, faults, load_demo
from infra.demo.controller_log import MARK

# RFC 2606 and RFC 6761 keep these for examples: no mail can ever reach a real person there.
RESERVED = re.compile(r"[a-z0-9.]+@([a-z0-9-]+\.)*(example|example\.(com|org|net))")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
NOBODY = UUID(int=0)


@pytest.fixture(scope="module")
def demo() -> Demo:
    return load_demo()


def replayed(ticket: content.Ticket) -> str:
    """Return the status that the domain's own rules give the conversation."""
    state = Ticket(
        code="",
        subject=ticket.subject,
        department=NOBODY,
        status=Status.NEW,
        priority=ticket.priority,
        tags=(),
    )
    context = Context(now=datetime.now(UTC), caller=insider("system"), states={})
    for step in ticket.story:
        facts = list(TICKET.decide(state, command(step), context))
        assert facts, f"{ticket.subject}: {step.kind} at {step.minutes_after} changes nothing"
        for fact in facts:
            state = TICKET.evolve(state, fact)
    return state.status.word


def command(step: Message | Change) -> ask.TicketCommand:
    match step:
        case Message():
            kind = AuthorKind.CUSTOMER if step.kind == "customer" else AuthorKind.AGENT
            return ask.AddMessage(
                ticket_id="x",
                message=uuid4(),
                author=Author(kind=kind),
                body=step.text,
                note=step.kind == "note",
            )
        case Change(kind="resolved"):
            return ask.ResolveTicket(ticket_id="x")
        case Change(kind="reopened"):
            return ask.ReopenTicket(ticket_id="x")
        case Change():
            return ask.PostponeTicket(ticket_id="x")


def test_there_are_forty_tickets_six_departments_and_agents_of_every_role(demo: Demo) -> None:
    assert len(demo.tickets) == 40
    assert len({ticket.subject for ticket in demo.tickets}) == 40
    assert len({department.name for department in demo.departments}) == 6
    assert Counter(agent.role for agent in demo.agents) == {
        Role.OWNER: 1,
        Role.ADMIN: 1,
        Role.AGENT: 6,
    }
    assert demo.agents[0].email == "owner@demo.example"


def test_every_department_has_tickets_and_every_agent_some_work(demo: Demo) -> None:
    assert {t.department for t in demo.tickets} == {d.name for d in demo.departments}
    assert {t.assignee for t in demo.tickets} == {None, *(a.email for a in demo.agents)}


def test_names_that_do_not_resolve_are_told(demo: Demo) -> None:
    assert list(faults(demo)) == []
    ticket = next(t for t in demo.tickets if t.department == "Billing")
    other = demo.tickets[0].requester.email
    stranger = replace(ticket.messages[0], author=other)
    outsider = replace(ticket.messages[0], kind="note", author="jonas.brandt@demo.example")
    wrong = (
        (replace(ticket, department="Kitchen", assignee=None), "Kitchen, which is no department"),
        (replace(ticket, assignee="jonas.brandt@demo.example"), "does not work in its department"),
        (replace(ticket, messages=(stranger,), changes=()), "is not its customer"),
        (replace(ticket, messages=(outsider,), changes=()), "may not work on it"),
    )
    for broken, sentence in wrong:
        assert sentence in next(faults(replace(demo, tickets=(broken,))))
    lost = replace(demo.agents[0], departments=("Kitchen",))
    assert "works in" in next(faults(replace(demo, agents=(lost, *demo.agents[1:]))))


def test_a_conversation_rises_in_time_from_the_customers_first_words_and_ends_by_now(
    demo: Demo,
) -> None:
    for ticket in demo.tickets:
        minutes = [step.minutes_after for step in ticket.story]
        assert all(a < b for a, b in pairwise(minutes)), ticket.subject
        assert [m.minutes_after for m in ticket.messages] == sorted(
            m.minutes_after for m in ticket.messages
        ), ticket.subject
        assert (minutes[0], ticket.messages[0].kind) == (0, "customer"), ticket.subject
        assert minutes[-1] <= ticket.opened_minutes_ago <= 60 * 24 * 60, ticket.subject
        assert 1 <= len(ticket.messages) <= 9, ticket.subject


def test_agents_write_within_ten_hours_of_the_day(demo: Demo) -> None:
    opens_at, closes_at, started_at = 8 * 60, 18 * 60, 14 * 60  # as if the demo started at 14:00
    for ticket in demo.tickets:
        for step in ticket.story:
            if step.kind != "customer":
                ago = ticket.opened_minutes_ago - step.minutes_after
                assert opens_at <= (started_at - ago) % 1440 <= closes_at, (ticket.subject, step)


def test_half_is_english_and_the_rest_in_at_least_seven_other_languages(demo: Demo) -> None:
    for ticket in demo.tickets:
        assert re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", ticket.language), ticket.subject
    languages = Counter(ticket.language[:2] for ticket in demo.tickets)
    assert languages["en"] == 20
    assert len(languages) >= 8


def test_all_addresses_are_reserved_for_examples(demo: Demo) -> None:
    for agent in demo.agents:
        assert RESERVED.fullmatch(agent.email)
        assert agent.email.endswith("@demo.example")
    for ticket in demo.tickets:
        texts = "\n".join(message.text for message in ticket.messages)
        for address in (ticket.requester.email, *ADDRESS.findall(texts)):
            assert RESERVED.fullmatch(address), address


def test_each_status_is_what_the_domain_makes_of_the_conversation(demo: Demo) -> None:
    assert {t.subject: t.status for t in demo.tickets} == {
        t.subject: replayed(t) for t in demo.tickets
    }
    assert {t.status for t in demo.tickets} == {"new", "open", "answered", "postponed", "resolved"}


def test_tags_are_trimmed_and_unique_whatever_their_case(demo: Demo) -> None:
    spellings: dict[str, str] = {}
    for ticket in demo.tickets:
        assert len({tag.casefold() for tag in ticket.tags}) == len(ticket.tags), ticket.subject
        for tag in ticket.tags:
            assert tag == " ".join(tag.split())
            assert spellings.setdefault(tag.casefold(), tag) == tag


def test_one_message_is_a_long_log_and_no_placeholder_is_left(demo: Demo) -> None:
    texts = [message.text for ticket in demo.tickets for message in ticket.messages]
    (longest,) = [text for text in texts if len(text) > 5_000]
    assert 20_000 < len(longest) < 25_000
    assert longest.count("err E37") == 3
    assert not [text for text in texts if MARK in text or text != text.strip()]


def test_there_are_notes_reopenings_an_outage_and_an_injection(demo: Demo) -> None:
    steps = [step for ticket in demo.tickets for step in ticket.story]
    assert {step.kind for step in steps} == {
        "customer",
        "agent",
        "note",
        "resolved",
        "reopened",
        "postponed",
    }
    assert sum("outage" in ticket.tags for ticket in demo.tickets) == 5
    assert any(
        "ignore your previous instructions" in m.text for m in steps if isinstance(m, Message)
    )


def test_the_files_can_be_read_by_people() -> None:
    folder = Path(content.__file__).parent
    for file in (folder / "company.json", *(folder / "tickets").glob("*.json")):
        # An escaped backslash before a u is a customer's own writing.
        assert not re.search(r"(?<!\\)\\u", file.read_text(encoding="utf-8")), file.name
