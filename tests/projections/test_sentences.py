"""What happened to a ticket, in words."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.fact import Via
from domain.ticket import facts
from domain.ticket.words import Author, AuthorKind, Priority, Status
from projections.sentences import sentence, through
from tests.known import ANA, ANSWERED, BEN, BILLING, OPENED, REPLIED, SUPPORT

NAMES = {ANA: "Ana", BEN: "Ben", SUPPORT: "Support", BILLING: "Billing"}
NOTE = facts.MessageAdded(
    message=UUID(int=41), author=Author(kind=AuthorKind.AGENT, id=ANA), body="Kind.", note=True
)


BY_ANA: list[tuple[facts.TicketFact, str]] = [
    (OPENED, "Ana opened this ticket for Kim"),
    (ANSWERED, "Ana wrote a message: the ticket is answered now"),
    (REPLIED, "Ana added a message of Kim: the ticket is open now"),
    (NOTE, "Ana wrote a note"),
    (replace(NOTE, author=Author(kind=AuthorKind.AGENT, id=BEN)), "Ana added a note of Ben"),
    (
        facts.SubjectChanged(subject="B\u202e", was="A"),
        "Ana changed the subject from “A” to “B”",
    ),
    (
        facts.PrioritySet(priority=Priority.URGENT, was=Priority.LOW),
        "Ana set the priority to urgent (before: low)",
    ),
    (facts.TagsAdded(tags=("vip",)), "Ana added the tag “vip”"),
    (facts.TagsRemoved(tags=("a", "b", "c")), "Ana removed the tags “a”, “b” and “c”"),
    (facts.Postponed(was=Status.NEW), "Ana postponed this ticket"),
    (facts.Resolved(was=Status.NEW), "Ana resolved this ticket"),
    (facts.Reopened(), "Ana reopened this ticket"),
    (facts.Assigned(agent=ANA), "Ana took this ticket"),
    (facts.Assigned(agent=BEN, was=ANA), "Ana assigned this ticket to Ben (before: Ana)"),
    (facts.Assigned(agent=UUID(int=99)), "Ana assigned this ticket to somebody unknown"),
    (facts.Unassigned(was=BEN), "Ana unassigned Ben"),
    (
        facts.Transferred(department=BILLING, was=SUPPORT),
        "Ana moved this ticket from Support to Billing",
    ),
]


@pytest.mark.parametrize(("fact", "told"), BY_ANA)
def test_what_an_agent_does_is_told_by_name(fact: facts.TicketFact, told: str) -> None:
    assert sentence(fact, ANA, "token", NAMES) == told


def test_every_fact_of_a_ticket_is_told() -> None:
    assert {type(fact) for fact, _ in BY_ANA} == set(facts.FACTS)


@pytest.mark.parametrize(
    ("via", "told"),
    [
        ("import", "The import resolved this ticket"),
        ("cli", "The command line resolved this ticket"),
        ("system", "The system resolved this ticket"),
    ],
)
def test_what_no_agent_did_the_house_did(via: Via, told: str) -> None:
    assert sentence(facts.Resolved(was=Status.NEW), None, via, NAMES) == told


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (OPENED, "Kim opened this ticket"),
        (ANSWERED, "Ana wrote a message: the ticket is answered now"),
        (REPLIED, "Kim wrote a message: the ticket is open now"),
        (NOTE, "Ana wrote a note"),
        (replace(NOTE, author=Author(kind=AuthorKind.CUSTOMER)), "The customer wrote a note"),
    ],
)
def test_imported_words_are_their_writers(fact: facts.TicketFact, told: str) -> None:
    assert sentence(fact, None, "import", NAMES) == told


@pytest.mark.parametrize(
    ("via", "client", "mask", "told"),
    [
        ("token", "Claude", "dl_pat_…Ab3x", "via Claude (token …Ab3x)"),
        ("token", None, "dl_pat_…Ab3x", "via token …Ab3x"),
        ("token", None, None, "via an unnamed client"),
        ("app", "Claude", None, "via Claude"),
        ("rest", "curl", "dl_pat_…Ab3x", "via REST (curl, token …Ab3x)"),
        ("rest", None, None, "via REST"),
        ("panel", "Firefox", None, "in the panel"),
        ("cli", None, None, "on the command line"),
        ("import", None, None, "by an import"),
        ("system", None, None, "by the system"),
    ],
)
def test_the_way_is_told_apart(via: Via, client: str | None, mask: str | None, told: str) -> None:
    assert through(via, client, mask) == told
