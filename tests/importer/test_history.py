"""An issue's history as it becomes a ticket's: who said what and when, and where it then stood."""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import pytest

from domain.agent import AGENT, Added
from domain.caller import insider
from domain.decider import Ref
from domain.department import DEPARTMENT
from domain.department import Added as DepartmentAdded
from domain.fact import Fact
from domain.permissions import Role
from domain.ticket.facts import Assigned, MessageAdded, Opened, Resolved
from domain.ticket.rules import Ticket
from domain.ticket.words import AuthorKind, Status
from infra.importer.directory import Directory
from infra.importer.history import history
from infra.importer.identity import agent_id, contact_id, department_id, ticket_id
from infra.importer.issues import Issue
from tests.importer.made_up import at, comment, issue, moment
from tests.world import World

KETTLES, ROBIN = department_id("A-kettles"), agent_id("robin")
DIRECTORY = Directory(
    departments={"A-kettles": KETTLES, "General": department_id("General")},
    agents={"robin": ROBIN},
    works_in={ROBIN: frozenset({KETTLES})},
)


class Imported(NamedTuple):
    """What became of an issue."""

    facts: list[Fact]
    times: list[datetime | None]
    ticket: Ticket

    @property
    def told(self) -> list[tuple[type[Fact], datetime | None]]:
        return [(type(fact), time) for fact, time in zip(self.facts, self.times, strict=True)]


def imported(**given: Any) -> Imported:
    """Carry out an issue's history as the import does."""
    world = World()
    for name, department in DIRECTORY.departments.items():
        world.happen(Ref(DEPARTMENT, department), DepartmentAdded(name=name))
    robin = Added(name="robin", role=Role.AGENT, departments=(KETTLES,), seat=False)
    world.happen(Ref(AGENT, ROBIN), robin)
    id_ = ticket_id(7)
    facts: list[Fact] = []
    times: list[datetime | None] = []
    one = msgspec.convert(issue(7, **given), Issue)
    for command, happened_at, *_ in history(one, id_, "KQM-40713", DIRECTORY):
        new = world.carry_out(command, insider("import"), at(99))
        facts += new
        times += [happened_at] * len(new)
    return Imported(facts, times, world.states[id_])


def test_an_open_issue_becomes_an_open_ticket_of_its_author() -> None:
    facts, times, ticket = imported(labels=["A-kettles", "bug"])
    opened, message = facts
    assert isinstance(opened, Opened)
    assert isinstance(message, MessageAdded)
    assert (opened.requester.id, opened.requester.name) == (contact_id("wren"), "wren")
    assert (opened.department, opened.tags) == (KETTLES, ("A-kettles", "bug"))
    assert message.body == "It whistles **before** it boils."
    assert times == [at(0), at(0)]
    assert ticket.status is Status.OPEN


def test_a_closed_issue_was_resolved_when_it_was_closed() -> None:
    closed = imported(state="closed", closed_at=moment(3), comments=[comment("finch", 2)])
    assert closed.told[-2:] == [(MessageAdded, at(2)), (Resolved, at(3))]
    assert closed.ticket.status is Status.RESOLVED


def test_a_word_after_the_closing_reopens_nothing() -> None:
    closed = imported(state="closed", closed_at=moment(3), comments=[comment("finch", 5)])
    assert closed.told[-2:] == [(Resolved, at(3)), (MessageAdded, at(5))]
    assert closed.ticket.status is Status.RESOLVED


def test_an_issue_closed_nobody_knows_when_was_resolved_with_its_last_word() -> None:
    closed = imported(state="closed", comments=[comment("finch", 2)])
    assert closed.told[-1] == (Resolved, at(2))


def test_comments_are_told_in_the_order_of_their_times() -> None:
    one = imported(comments=[comment("finch", 4, "Second."), comment("wren", 2, "First.")])
    bodies = [fact.body for fact in one.facts if isinstance(fact, MessageAdded)]
    assert bodies[1:] == ["First.", "Second."]


def test_assignees_speak_as_agents_and_all_others_as_customers() -> None:
    one = imported(
        labels=["A-kettles"],
        assignees=["robin"],
        comments=[comment("robin", 1), comment("finch", 2), comment(None, 3)],
    )
    said = [fact.author for fact in one.facts if isinstance(fact, MessageAdded)]
    assert [(author.kind, author.name) for author in said] == [
        (AuthorKind.CUSTOMER, "wren"),
        (AuthorKind.AGENT, "robin"),
        (AuthorKind.CUSTOMER, "finch"),
        (AuthorKind.CUSTOMER, "ghost"),
    ]
    assert one.ticket.agent == ROBIN
    # An agent's answer changes nothing either: the issue was open all the time.
    assert one.ticket.status is Status.OPEN


def test_whoever_opened_a_ticket_is_its_customer_even_an_agent() -> None:
    one = imported(author="robin", comments=[comment("robin", 1)])
    kinds = {fact.author.kind for fact in one.facts if isinstance(fact, MessageAdded)}
    assert kinds == {AuthorKind.CUSTOMER}


def test_an_assignee_who_does_not_work_there_any_more_is_left_out() -> None:
    one = imported(labels=[], assignees=["robin"])
    assert not any(isinstance(fact, Assigned) for fact in one.facts)


@pytest.mark.parametrize("body", [None, ""])
def test_an_issue_without_words_has_an_empty_message(body: str | None) -> None:
    opened, message = imported(body=body).facts
    assert isinstance(message, MessageAdded)
    assert message.body == "(empty)"
    assert isinstance(opened, Opened)


def test_what_does_not_fit_is_cut() -> None:
    labels = [f"{number} {'x' * 80}" for number in range(60)] + ["  "]
    one = imported(subject="y" * 1_000, labels=labels)
    assert len(one.ticket.subject) == 500
    assert len(one.ticket.tags) == 50
    assert {len(tag) for tag in one.ticket.tags} == {64}


@pytest.mark.parametrize(
    ("labels", "department"),
    [
        (["bug", "T-tea", "A-kettles"], "A-kettles"),
        (["bug", "T-tea"], "T-tea"),
        (["bug"], "General"),
        ([], "General"),
    ],
)
def test_the_department_is_the_first_area_else_team_else_general(
    labels: list[str], department: str
) -> None:
    assert msgspec.convert(issue(1, labels=labels), Issue).department == department
