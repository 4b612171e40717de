"""Deactivating an agent."""

from uuid import UUID

from domain.agent import Added, DeactivateAgent, Deactivated
from domain.budget import BUDGET, LimitSet, Opened, SeatsCounted
from domain.decider import On
from domain.held_password import PasswordSet, ResetIssued, ResetWithdrawn, password_held_by
from domain.held_tokens import Generated, Revoked, held_by
from domain.permissions import Role
from domain.refusals import Code
from tests.given import given
from tests.known import ANA, NOW

ADDED = Added(name="Ana", role=Role.AGENT, departments=())
TWO_SEATS = (Opened(calls_per_seat=1_000), SeatsCounted(seats=2, limit=2_000))
DEACTIVATE = DeactivateAgent(agent=ANA)


def test_the_seat_is_free_and_the_budget_smaller() -> None:
    one_left = On(BUDGET, SeatsCounted(seats=1, limit=1_000))
    given(ADDED).beside(BUDGET, *TWO_SEATS).when(DEACTIVATE).then(Deactivated(), one_left)
    assert Deactivated().turns_authority


def test_access_tokens_are_revoked_for_good() -> None:
    tokens = held_by(ANA)
    made = Generated(token=UUID(int=1), agent=ANA, digest="aa", mask="…", expires_at=NOW)
    given(ADDED).beside(BUDGET, *TWO_SEATS).beside(tokens, made).when(DEACTIVATE).then(
        On(tokens, Revoked(token=made.token, digest="aa")),
        Deactivated(),
        On(BUDGET, SeatsCounted(seats=1, limit=1_000)),
    )


def test_a_link_to_set_the_password_is_withdrawn_for_good() -> None:
    password = password_held_by(ANA)
    link = ResetIssued(digest="aa", expires_at=NOW)
    here = given(ADDED).beside(BUDGET, *TWO_SEATS)
    one_left = On(BUDGET, SeatsCounted(seats=1, limit=1_000))
    here.beside(password, link).when(DEACTIVATE).then(
        On(password, ResetWithdrawn()), Deactivated(), one_left
    )
    used = here.beside(password, link, PasswordSet(agent=ANA))
    used.when(DEACTIVATE).then(Deactivated(), one_left)


def test_a_fixed_limit_stays_whatever_the_seats() -> None:
    fixed = given(ADDED).beside(BUDGET, *TWO_SEATS, LimitSet(limit=7))
    fixed.when(DEACTIVATE).then(Deactivated(), On(BUDGET, SeatsCounted(seats=1, limit=7)))


def test_who_had_no_seat_frees_none() -> None:
    imported = Added(name="Ana", role=Role.AGENT, departments=(), seat=False)
    given(imported).beside(BUDGET, *TWO_SEATS).when(DEACTIVATE).then(Deactivated())


def test_deactivating_again_does_nothing() -> None:
    given(ADDED, Deactivated()).beside(BUDGET, *TWO_SEATS).when(DEACTIVATE).then_nothing()


def test_nobody_cannot_be_deactivated() -> None:
    given().when(DEACTIVATE).then_refused(Code.NOT_FOUND)
