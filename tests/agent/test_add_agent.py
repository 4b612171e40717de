"""Adding an agent: the address is claimed, the department exists, the seat is counted."""

from uuid import UUID

from msgspec.structs import replace

from domain.agent import AddAgent, Added
from domain.budget import BUDGET, LimitSet, Opened, SeatsCounted
from domain.claim import Claimed, claim_of
from domain.decider import On
from domain.permissions import Role
from domain.refusals import Code
from tests.given import Given, given
from tests.known import ANA, BEN, NOWHERE, SUPPORT, SUPPORT_EXISTS

ADD = AddAgent(
    agent=ANA, name="Ana", role=Role.AGENT, departments=(SUPPORT,), email="ana@desk.example"
)
CLAIM = claim_of("agent-email", "ana@desk.example")
CLAIMED = On(CLAIM, Claimed(kind="agent-email", holder=ANA))
ADDED = Added(name="Ana", role=Role.AGENT, departments=(SUPPORT,), email="ana@desk.example")
ONE_SEAT = On(BUDGET, SeatsCounted(seats=1, limit=1_000))
OPENED = Opened(calls_per_seat=1_000)


def nobody() -> Given:
    return given().beside(*SUPPORT_EXISTS).beside(BUDGET, OPENED)


def test_the_address_is_claimed_and_the_seat_raises_the_budget() -> None:
    nobody().when(ADD).then(CLAIMED, ADDED, ONE_SEAT)


def test_each_seat_adds_its_calls() -> None:
    second = given().beside(*SUPPORT_EXISTS)
    second = second.beside(BUDGET, OPENED, SeatsCounted(seats=1, limit=1_000))
    second.when(ADD).then(CLAIMED, ADDED, On(BUDGET, SeatsCounted(seats=2, limit=2_000)))


def test_a_fixed_limit_stays_whatever_the_seats() -> None:
    fixed = given().beside(*SUPPORT_EXISTS).beside(BUDGET, OPENED, LimitSet(limit=7))
    fixed.when(ADD).then(CLAIMED, ADDED, On(BUDGET, SeatsCounted(seats=1, limit=7)))


def test_without_a_seat_nothing_is_counted() -> None:
    imported = AddAgent(agent=ANA, name="Ana", role=Role.AGENT, seat=False)
    given().when(imported).then(Added(name="Ana", role=Role.AGENT, departments=(), seat=False))


def test_an_address_belongs_to_one_agent_whatever_its_case() -> None:
    taken = nobody().beside(CLAIM, Claimed(kind="agent-email", holder=BEN))
    taken.when(replace(ADD, email="Ana@Desk.Example")).then_refused(Code.ALREADY_EXISTS)


def test_adding_the_same_agent_again_does_nothing() -> None:
    again = given(ADDED).beside(*SUPPORT_EXISTS).beside(CLAIM, CLAIMED.fact).beside(BUDGET, OPENED)
    again.when(ADD).then_nothing()


def test_a_department_that_does_not_exist_is_refused() -> None:
    nobody().when(replace(ADD, departments=(SUPPORT, NOWHERE))).then_refused(Code.NOT_FOUND)


def test_a_department_named_twice_counts_once() -> None:
    nobody().when(replace(ADD, departments=(SUPPORT, SUPPORT))).then(CLAIMED, ADDED, ONE_SEAT)


def test_a_name_is_trimmed_and_not_empty() -> None:
    nobody().when(replace(ADD, name=" Ana ")).then(CLAIMED, ADDED, ONE_SEAT)
    nobody().when(replace(ADD, name="  ")).then_refused(Code.INVALID_ARGUMENTS)


def test_a_seat_needs_an_open_budget() -> None:
    given().beside(*SUPPORT_EXISTS).when(ADD).then_refused(Code.NOT_FOUND)


def test_names_may_be_alike() -> None:
    namesake = AddAgent(agent=UUID(int=9), name="Ana", role=Role.AGENT, seat=False)
    nobody().when(namesake).then(Added(name="Ana", role=Role.AGENT, departments=(), seat=False))
