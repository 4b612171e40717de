"""Adding a message, and what it does to the status."""

from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from domain.caller import Caller, insider, on_behalf
from domain.fact import Attribution
from domain.permissions import Role
from domain.refusals import Code
from domain.ticket import facts
from domain.ticket.commands import AddMessage
from domain.ticket.words import Author, AuthorKind, Status
from tests.given import given
from tests.known import (
    ANA,
    ANSWERED,
    BEN,
    CUSTOMER,
    OPENED,
    POSTPONED,
    REPLIED,
    RESOLVED,
    STAFF,
    SUPPORT,
    TICKET,
    caller_of,
)

IMPORT = insider("import")
ROBOT = Author(kind=AuthorKind.SYSTEM, name="Out of office")


def add(author: Author, *, note: bool = False) -> AddMessage:
    return AddMessage(
        ticket_id=TICKET, message=UUID(int=40), author=author, body="Hello", note=note
    )


def added(
    author: Author, status: Status | None = None, *, note: bool = False
) -> facts.MessageAdded:
    return facts.MessageAdded(
        message=UUID(int=40), author=author, body="Hello", note=note, status=status
    )


def test_an_imported_message_leaves_the_ticket_where_it_is_known_to_have_stood() -> None:
    command = replace(add(CUSTOMER), status=Status.OPEN)
    given(OPENED).by(IMPORT).when(command).then(added(CUSTOMER, Status.OPEN))


def test_a_customer_whose_words_are_known_to_have_changed_nothing_reopens_nothing() -> None:
    command = replace(add(CUSTOMER), status=Status.RESOLVED)
    given(OPENED, RESOLVED).by(IMPORT).when(command).then(added(CUSTOMER))


@pytest.mark.parametrize("caller", [insider("system"), caller_of(ANA, Role.OWNER)])
def test_nobody_but_an_import_knows_where_a_ticket_stood(caller: Caller) -> None:
    command = replace(add(CUSTOMER), status=Status.OPEN)
    given(OPENED).by(caller).when(command).then_refused(Code.PERMISSION_DENIED)


@pytest.mark.parametrize("note", [False, True])
@pytest.mark.parametrize("role", Role)
def test_an_agent_writes_in_no_other_agents_name(role: Role, *, note: bool) -> None:
    here = given(OPENED).by(caller_of(BEN, role, [SUPPORT]))
    here.when(add(STAFF, note=note)).then_refused(Code.PERMISSION_DENIED)
    nameless = Author(kind=AuthorKind.AGENT)
    here.when(add(nameless, note=note)).then_refused(Code.PERMISSION_DENIED)


def test_not_even_inside_the_house_where_it_acts_for_somebody() -> None:
    for_ben = on_behalf(Attribution(via="panel", agent=BEN))
    given(OPENED).by(for_ben).when(add(STAFF)).then_refused(Code.PERMISSION_DENIED)


@pytest.mark.parametrize(
    "caller",
    [
        insider("system"),
        on_behalf(Attribution(via="import", agent=BEN)),
        caller_of(ANA, departments=[SUPPORT]),
    ],
    ids=["the house", "an import", "the agent"],
)
def test_others_write_an_agents_message(caller: Caller) -> None:
    given(OPENED).by(caller).when(add(STAFF)).then(added(STAFF, Status.ANSWERED))


@pytest.mark.parametrize("author", [CUSTOMER, ROBOT])
def test_only_agents_write_notes(author: Author) -> None:
    given(OPENED).when(add(author, note=True)).then_refused(Code.INVALID_ARGUMENTS)


def test_an_agent_passes_on_what_a_customer_wrote() -> None:
    by_ben = given(OPENED, RESOLVED).by(caller_of(BEN, departments=[SUPPORT]))
    by_ben.when(add(CUSTOMER)).then(added(CUSTOMER, Status.OPEN))


def test_a_message_has_at_most_two_hundred_thousand_characters() -> None:
    fields = {"ticket_id": TICKET, "message": UUID(int=40), "author": {"kind": "customer"}}
    msgspec.convert({**fields, "body": "x" * 200_000}, AddMessage)
    for body in ("", "x" * 200_001):
        with pytest.raises(msgspec.ValidationError, match=r"length .+ at `\$\.body`"):
            msgspec.convert({**fields, "body": body}, AddMessage)


@pytest.mark.parametrize("waiting", [ANSWERED, POSTPONED, RESOLVED])
def test_a_customer_who_writes_again_reopens_what_waits(waiting: facts.TicketFact) -> None:
    given(OPENED, waiting).when(add(CUSTOMER)).then(added(CUSTOMER, Status.OPEN))


@pytest.mark.parametrize("before", [(), (ANSWERED, REPLIED)])
def test_a_customer_changes_nothing_about_what_is_new_or_open(
    before: tuple[facts.TicketFact, ...],
) -> None:
    given(OPENED, *before).when(add(CUSTOMER)).then(added(CUSTOMER))


@pytest.mark.parametrize("before", [(), (ANSWERED, REPLIED)])
def test_an_agents_message_answers_what_is_new_or_open(
    before: tuple[facts.TicketFact, ...],
) -> None:
    given(OPENED, *before).when(add(STAFF)).then(added(STAFF, Status.ANSWERED))


@pytest.mark.parametrize("before", [ANSWERED, POSTPONED, RESOLVED])
def test_an_agents_message_leaves_other_statuses_alone(before: facts.TicketFact) -> None:
    given(OPENED, before).when(add(STAFF)).then(added(STAFF))


@pytest.mark.parametrize("before", [(), (POSTPONED,), (RESOLVED,)])
def test_a_note_never_changes_the_status(before: tuple[facts.TicketFact, ...]) -> None:
    given(OPENED, *before).when(add(STAFF, note=True)).then(added(STAFF, note=True))


def test_a_machines_message_never_changes_the_status() -> None:
    given(OPENED, RESOLVED).when(add(ROBOT)).then(added(ROBOT))


def test_the_same_message_again_does_nothing() -> None:
    given(OPENED, added(STAFF, Status.ANSWERED), REPLIED).when(add(STAFF)).then_nothing()


def test_a_ticket_that_does_not_exist_takes_no_messages() -> None:
    given().when(add(CUSTOMER)).then_refused(Code.NOT_FOUND)
