"""Changing the address that an agent signs in with."""

from msgspec.structs import replace

from domain.agent import Added, ChangeEmail, EmailChanged
from domain.claim import Claimed, Released, claim_of
from domain.decider import On
from domain.held_password import ResetIssued, ResetWithdrawn, password_held_by
from domain.permissions import Role
from domain.refusals import Code
from tests.given import given
from tests.known import ANA, BEN, NOW

OLD, NEW = claim_of("agent-email", "ana@old.example"), claim_of("agent-email", "ana@new.example")
HELD = Claimed(kind="agent-email", holder=ANA)
ADDED = Added(name="Ana", role=Role.AGENT, departments=(), email="ana@old.example")
HERE = given(ADDED).beside(OLD, HELD)
CHANGE = ChangeEmail(agent=ANA, email="ana@new.example")
CHANGED = EmailChanged(email="ana@new.example", was="ana@old.example")


def test_the_new_address_is_claimed_and_the_old_one_is_free() -> None:
    HERE.when(CHANGE).then(On(NEW, HELD), On(OLD, Released(kind="agent-email")), CHANGED)
    assert CHANGED.turns_authority


def test_a_link_to_set_the_password_is_withdrawn() -> None:
    password = password_held_by(ANA)
    HERE.beside(password, ResetIssued(digest="aa", expires_at=NOW)).when(CHANGE).then(
        On(NEW, HELD),
        On(OLD, Released(kind="agent-email")),
        CHANGED,
        On(password, ResetWithdrawn()),
    )


def test_an_address_that_somebody_gave_up_can_be_taken() -> None:
    freed = HERE.beside(NEW, Claimed(kind="agent-email", holder=BEN), Released(kind="agent-email"))
    freed.when(CHANGE).then(On(NEW, HELD), On(OLD, Released(kind="agent-email")), CHANGED)


def test_an_address_of_another_is_taken_whatever_its_case() -> None:
    taken = HERE.beside(NEW, Claimed(kind="agent-email", holder=BEN))
    taken.when(replace(CHANGE, email="ANA@new.example")).then_refused(Code.ALREADY_EXISTS)


def test_another_spelling_is_the_same_claim() -> None:
    HERE.when(replace(CHANGE, email="Ana@Old.example")).then(
        EmailChanged(email="Ana@Old.example", was="ana@old.example")
    )


def test_who_had_no_address_gets_one() -> None:
    without = given(replace(ADDED, email=None))
    without.when(CHANGE).then(On(NEW, HELD), EmailChanged(email="ana@new.example"))


def test_the_same_address_again_does_nothing() -> None:
    HERE.when(replace(CHANGE, email="ana@old.example")).then_nothing()


def test_who_has_no_seat_signs_in_with_no_address() -> None:
    imported = given(replace(ADDED, email=None, seat=False))
    imported.when(CHANGE).then_refused(Code.AGENT_UNAVAILABLE)


def test_nobody_has_no_address() -> None:
    given().when(CHANGE).then_refused(Code.NOT_FOUND)
