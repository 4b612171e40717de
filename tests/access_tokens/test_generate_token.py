"""Generating an access token."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.access_tokens import MAX_ACTIVE, Generated, GenerateToken, Revoked
from domain.agent import AGENT, Added, Deactivated
from domain.decider import Ref
from domain.permissions import Permission, Role, Scope
from domain.refusals import Code
from tests.given import Given, given
from tests.known import ANA, ANA_IN_SUPPORT, BEN, NOW, caller_of, caller_with

GENERATE = GenerateToken(
    agent=ANA, token=UUID(int=500), digest="ab" * 32, mask="dl_pat_…wxyz", label=" laptop "
)
GENERATED = Generated(
    token=UUID(int=500),
    agent=ANA,
    digest="ab" * 32,
    mask="dl_pat_…wxyz",
    expires_at=NOW.replace(year=2028),
    label="laptop",
)


def numbered(number: int) -> Generated:
    return replace(GENERATED, token=UUID(int=number), digest=f"{number:064x}")


def ana(*since: Generated | Revoked) -> Given:
    return given(*since).beside(*ANA_IN_SUPPORT)


def test_an_agent_generates_one_for_two_years() -> None:
    ana().by(caller_of(ANA)).when(GENERATE).then(GENERATED)


@pytest.mark.parametrize(
    ("now", "expires_at"),
    [
        (
            datetime(2027, 2, 28, 23, 59, 59, tzinfo=UTC),
            datetime(2029, 2, 28, 23, 59, 59, tzinfo=UTC),
        ),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2030, 2, 28, 12, tzinfo=UTC)),
        (datetime(2026, 2, 28, 12, tzinfo=UTC), datetime(2028, 2, 28, 12, tzinfo=UTC)),
    ],
)
def test_two_years_are_calendar_years(now: datetime, expires_at: datetime) -> None:
    ana().at(now).when(GENERATE).then(replace(GENERATED, expires_at=expires_at))


def test_the_eleventh_active_token_is_refused() -> None:
    nine = [numbered(number) for number in range(MAX_ACTIVE - 1)]
    ana(*nine).when(GENERATE).then(GENERATED)
    ana(*nine, numbered(9)).when(GENERATE).then_refused(Code.LIMIT_REACHED)


def test_a_revoked_token_frees_its_place() -> None:
    ten = [numbered(number) for number in range(MAX_ACTIVE)]
    ana(*ten, Revoked(token=ten[3].token, digest=ten[3].digest)).when(GENERATE).then(GENERATED)


def test_a_token_frees_its_place_the_moment_it_expires() -> None:
    ten = [numbered(number) for number in range(MAX_ACTIVE)]
    end = GENERATED.expires_at
    ana(*ten).at(end - timedelta(microseconds=1)).when(GENERATE).then_refused(Code.LIMIT_REACHED)
    ana(*ten).at(end).when(GENERATE).then(replace(GENERATED, expires_at=end.replace(year=2030)))


def test_generating_the_same_token_again_does_nothing() -> None:
    ana(GENERATED).when(GENERATE).then_nothing()


def test_nobody_gets_none() -> None:
    given().when(GENERATE).then_refused(Code.NOT_FOUND)


def test_who_is_no_longer_active_gets_none() -> None:
    gone = given().beside(*ANA_IN_SUPPORT, Deactivated())
    gone.when(GENERATE).then_refused(Code.AGENT_UNAVAILABLE)


def test_who_has_no_seat_gets_none() -> None:
    imported = Added(name="Ana", role=Role.AGENT, departments=(), seat=False)
    unseated = given().beside(Ref(AGENT, ANA), imported)
    unseated.when(GENERATE).then_refused(Code.AGENT_UNAVAILABLE)


def test_a_token_may_be_for_less_than_every_tool() -> None:
    narrow = replace(GENERATE, scopes=(Scope.TICKETS_READ, Scope.TICKETS_READ))
    ana().by(caller_of(ANA)).when(narrow).then(replace(GENERATED, scopes=(Scope.TICKETS_READ,)))


def test_a_token_for_administration_is_asked_for() -> None:
    assert Scope.ADMIN not in GENERATED.scopes
    wide = replace(GENERATE, scopes=tuple(Scope))
    ana().by(caller_of(ANA)).when(wide).then(replace(GENERATED, scopes=tuple(sorted(Scope))))


def test_a_token_is_for_something() -> None:
    nothing = replace(GENERATE, scopes=())
    ana().by(caller_of(ANA)).when(nothing).then_refused(Code.INVALID_ARGUMENTS)


def test_a_narrow_credential_makes_no_wider_one() -> None:
    narrow = ana().by(caller_with(ANA, *Permission, scopes=(Scope.ADMIN, Scope.TICKETS_READ)))
    assert "tickets:write" in narrow.when(GENERATE).then_refused(Code.PERMISSION_DENIED)
    within = replace(GENERATE, scopes=(Scope.TICKETS_READ,))
    narrow.when(within).then(replace(GENERATED, scopes=(Scope.TICKETS_READ,)))


@pytest.mark.parametrize("role", Role)
def test_no_agent_generates_one_in_the_name_of_another(role: Role) -> None:
    ana().by(caller_of(BEN, role)).when(GENERATE).then_refused(Code.PERMISSION_DENIED)
