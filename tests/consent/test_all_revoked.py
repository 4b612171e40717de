"""All apps of an agent end in the append that deactivates him or resets his password."""

from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from domain.agent import AGENT, Added, DeactivateAgent, Deactivated
from domain.budget import BUDGET, Opened, SeatsCounted
from domain.consent import Revoked, consents_of
from domain.decider import On, Ref
from domain.held_consents import consents_held_by
from domain.password import PasswordSet, ResetIssued, SetPassword
from domain.permissions import Role
from tests.consent.answers import CONSENT, DYNAMIC, LOCAL, granted
from tests.given import Given, given
from tests.known import ANA, NOW

ADDED = Added(name="Ana", role=Role.AGENT, departments=(), email="ana@desk.example")
HELD = consents_held_by(ANA)
OTHER = replace(granted(DYNAMIC, LOCAL), consent=UUID(int=701))
GONE = replace(granted(), consent=UUID(int=702), resource="https://desk.example/old")
LINK = ResetIssued(digest="ab" * 32, expires_at=NOW + timedelta(hours=1))
SEATED = (Opened(calls_per_seat=1_000), SeatsCounted(seats=2, limit=2_000))


def connected(here: Given) -> Given:
    """Ana let three apps in, and revoked one of them."""
    return here.beside(HELD, granted(), OTHER, GONE, Revoked(consent=GONE.consent))


def test_those_are_the_consents_that_the_agent_gave() -> None:
    assert HELD.id == consents_of(ANA).id


def test_who_leaves_leaves_no_app_behind() -> None:
    here = connected(given(ADDED).beside(BUDGET, *SEATED))
    here.when(DeactivateAgent(agent=ANA)).then(
        On(HELD, Revoked(consent=CONSENT, why="deactivated")),
        On(HELD, Revoked(consent=OTHER.consent, why="deactivated")),
        Deactivated(),
        On(BUDGET, SeatsCounted(seats=1, limit=1_000)),
    )


def test_a_link_that_sets_the_password_anew_ends_all_apps() -> None:
    reset = SetPassword(agent=ANA, reset_digest=LINK.digest)
    connected(given(LINK).beside(Ref(AGENT, ANA), ADDED)).when(reset).then(
        PasswordSet(agent=ANA),
        On(HELD, Revoked(consent=CONSENT, why="password_reset")),
        On(HELD, Revoked(consent=OTHER.consent, why="password_reset")),
    )


def test_a_password_that_is_changed_by_who_knows_it_ends_none() -> None:
    here = connected(given().beside(Ref(AGENT, ANA), ADDED))
    here.when(SetPassword(agent=ANA)).then(PasswordSet(agent=ANA))


def test_who_let_no_app_in_has_none_to_end() -> None:
    here = given(ADDED).beside(BUDGET, *SEATED)
    here.when(DeactivateAgent(agent=ANA)).then(
        Deactivated(), On(BUDGET, SeatsCounted(seats=1, limit=1_000))
    )
