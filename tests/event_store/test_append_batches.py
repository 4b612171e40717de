"""A batch is nothing but its requests one after the other, as long as they share no keys."""

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID, uuid5

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import agent, budget
from domain.access_tokens import Generated
from domain.account import Account
from domain.fact import Event, Fact
from domain.ledger import Append
from infra.migrations import migrate
from tests.database import Databases
from tests.event_store.log import NOON, Log, charge, event, tagged
from tests.examples import examples

NAMES = UUID(int=42)
TAKEN = 50
PAST, FUTURE = NOON.replace(year=2000), NOON.replace(year=3000)


class Wanted(NamedTuple):
    """What a request of an example is to be; its number makes its keys."""

    events: int
    units: int
    authority: int | None
    expired: bool
    taken: bool
    guard: bool | None  # whether the guarded version is taken
    key: bool | None  # whether the key was claimed before
    effect: Fact | None


wanted = st.builds(
    Wanted,
    events=st.integers(0, 3),
    units=st.integers(0, 3),
    authority=st.sampled_from([None, None, 1, 2, 3]),
    expired=st.sampled_from([False, False, False, True]),
    taken=st.sampled_from([False, False, False, True]),
    guard=st.sampled_from([None, None, False, True]),
    key=st.sampled_from([None, None, False, True]),
    effect=st.one_of(
        st.none(),
        st.none(),
        st.just(agent.Deactivated()),
        st.integers(0, 8).map(lambda limit: budget.LimitSet(limit=limit)),
        st.just(Generated(token=NAMES, agent=NAMES, digest="aa", mask="", expires_at=FUTURE)),
    ),
)


def taken(number: int) -> Event:
    """One of the events that are in the log before an example begins."""
    return tagged(uuid5(NAMES, f"taken {number}"), 1)


def build(number: int, wish: Wanted) -> Append:
    """Make a request that shares no key with those of other numbers."""

    def named(what: str) -> UUID:
        return uuid5(NAMES, f"{number} {what}")

    events = [tagged(named("stream"), version) for version in range(1, wish.events + 1)]
    claim = None
    if wish.key is not None:
        claim = taken(3 * number).originator_id if wish.key else named("key")
        events.append(tagged(claim))
    if wish.taken:
        events.append(taken(3 * number + 1))
    if isinstance(wish.effect, Generated):
        token = Generated(
            token=NAMES, agent=NAMES, digest=f"{number:04x}", mask="", expires_at=PAST
        )
        events.append(event(token, named("effect")))
    elif wish.effect:
        events.append(event(wish.effect, named("effect")))
    guarded = taken(3 * number + 2).originator_id if wish.guard else named("guard")
    request = Append(
        events=events,
        guards=() if wish.guard is None else ((guarded, 1),),
        authority=wish.authority,
        expires_at=PAST if wish.expired else FUTURE,
        claim=claim,
    )
    return charge(request, wish.units) if wish.units else request


def limits(wishes: list[Wanted]) -> list[int]:
    return [wish.effect.limit for wish in wishes if isinstance(wish.effect, budget.LimitSet)]


@pytest.fixture(scope="module")
def logs(databases: Databases) -> Iterator[tuple[Log, Log]]:
    """Two accounts of one database."""
    with databases.empty() as url, psycopg.connect(url, autocommit=True) as connection:
        accounts = [Account.named(name) for name in ("batched", "singly")]
        for account in accounts:
            migrate(url, account.name)
        batched, singly = (Log(connection, account) for account in accounts)
        yield batched, singly


def begin(log: Log, limit: int) -> None:
    """Empty the log but for the taken events, and give the account its first state."""
    log.run("TRUNCATE {log}.events, {log}.credentials RESTART IDENTITY")
    log.set(authority=1, budget_limit=limit, used=0, period_position=0)
    log.append(*(Append(events=(taken(number),)) for number in range(TAKEN)))


@settings(max_examples=examples(20), deadline=None)
@given(wishes=st.lists(wanted, max_size=16), limit=st.integers(0, 12))
def test_a_batch_comes_to_the_same_as_its_requests_one_by_one(
    logs: tuple[Log, Log], wishes: list[Wanted], limit: int
) -> None:
    batched, singly = logs
    for log in logs:
        begin(log, limit)
    requests = [build(number, wish) for number, wish in enumerate(wishes)]

    together = batched.append(*requests)
    alone = [singly.append(request)[0] for request in requests]

    assert [answer[:2] for answer in together] == [answer[:2] for answer in alone]
    assert batched.recorded == singly.recorded
    assert batched.account == singly.account
    assert batched.credentials == singly.credentials
    assert batched.account.used == batched.charged
    assert batched.account.used <= max([limit, *limits(wishes)])
