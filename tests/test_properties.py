"""What holds for any commands in any order, and for any fact."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.access_tokens import MAX_ACTIVE, AccessTokens, two_years_after
from domain.agent import Agent
from domain.budget import BUDGET, Budget, limit_for
from domain.caller import Caller, insider
from domain.decider import Command
from domain.department import Department
from domain.fact import Envelope, Event, Fact
from domain.facts import FACTS
from domain.permissions import Permission, Role
from domain.refusals import Refused
from domain.role import HeldRole, RoleRef, counted, rights_of
from domain.ticket.rules import Ticket
from domain.ticket.words import MAX_TAG_LENGTH, MAX_TAGS
from infra.event_store.mapper import to_event, to_row
from projections.tags import tag_key
from tests.app_strategies import CLIENTELE
from tests.examples import examples
from tests.known import OWNERS
from tests.strategies import CALLERS, COMMANDS, SEEDS, instances, unhurried
from tests.world import World

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = {**COMMANDS, "clientele": CLIENTELE}


def attempt(world: World, command: Command, caller: Caller, year: int) -> list[Fact]:
    """Carry a command out, unless it is refused; what evolve cannot take still raises."""
    now = NOW.replace(year=NOW.year + year)
    try:
        caller.require(command.permission)
        world.decide(command, caller, now)
    except Refused:
        return []
    return world.carry_out(command, caller, now)


@pytest.mark.parametrize("kind", KINDS)
def test_any_commands_leave_a_world_in_order(kind: str) -> None:
    step = st.tuples(KINDS[kind], CALLERS, st.integers(0, 3))

    @settings(unhurried, max_examples=examples(40 if kind == "governing" else 12))
    @given(st.lists(step, min_size=15, max_size=45))
    def in_order(steps: list[tuple[Command, Caller, int]]) -> None:
        world = World()
        for seed in SEEDS:
            assert world.carry_out(seed, insider("system"), NOW)
        for command, caller, year in steps:
            before = rights(world)
            attempt(world, command, caller, year)
            for agent, permissions in rights(world).items():
                gained = permissions - before.get(agent, frozenset())
                assert gained <= caller.granted, "who lacks a permission gave it"
            assert not attempt(world, command, caller, year), "done twice, it happened twice"
            check(world)

    in_order()


def check(world: World) -> None:
    for state in world.states.values():
        match state:
            case Ticket(tags=tags):
                check_tags(tags)
            case AccessTokens(tokens=tokens):
                ends = [token.expires_at for token in tokens.values()]
                # Those that were made within two years were all active at once.
                assert all(
                    sum(end <= other < two_years_after(end) for other in ends) <= MAX_ACTIVE
                    for end in ends
                )
            case _:
                pass
    check_budget(world)
    check_holders(world)
    check_names(world)


def rights(world: World) -> dict[UUID, frozenset[Permission]]:
    """Return what each agent may do who can sign in."""
    return {
        key: rights_of(state.role, held_in(world, state.role)).permissions
        for key, state in agents_of(world).items()
        if state.active and state.seat
    }


def held_in(world: World, role: RoleRef) -> HeldRole | None:
    ref = counted(role)
    return world.states.get(ref.id) if ref else None


def agents_of(world: World) -> dict[UUID, Agent]:
    return {key: state for key, state in world.states.items() if isinstance(state, Agent)}


def check_holders(world: World) -> None:
    held = Counter(agent.role for agent in agents_of(world).values() if agent.active)
    assert held[Role.OWNER] >= 1, "the last owner left"
    for key, state in world.states.items():
        if isinstance(state, HeldRole):
            assert state.holders == held[Role.OWNER if key == OWNERS.id else str(key)]
            assert not (state.removed and state.holders)


def check_names(world: World) -> None:
    agents = agents_of(world).values()
    states = world.states.values()
    roles = [it.name for it in states if isinstance(it, HeldRole) and not it.removed]
    for names in (
        [agent.email for agent in agents if agent.email],
        [it.name for it in states if isinstance(it, Department)],
        roles,
    ):
        assert len({name.strip().casefold() for name in names}) == len(names)


def check_tags(tags: tuple[str, ...]) -> None:
    assert len(tags) <= MAX_TAGS
    assert all(0 < len(tag) <= MAX_TAG_LENGTH and tag == tag.strip() for tag in tags)
    assert len({tag.casefold() for tag in tags}) == len(tags)
    # The view's primary key: two tags that it took for one would stop the projector.
    assert len({tag_key(tag) for tag in tags}) == len(tags)


def check_budget(world: World) -> None:
    seated = [agent for agent in agents_of(world).values() if agent.seat and agent.active]
    budget = world.states.get(BUDGET.id)
    if isinstance(budget, Budget):
        assert budget.seats == len(seated)
        assert budget.limit == limit_for(budget, len(seated))
    else:
        assert not seated


@pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS)
def test_every_fact_comes_back_as_it_was_stored(fact: type[Fact]) -> None:
    @settings(unhurried, max_examples=examples(10))
    @given(st.uuids(), st.integers(1, 2**40), instances(fact), instances(Envelope))
    def comes_back(stream: UUID, version: int, fact: Fact, envelope: Envelope) -> None:
        event = Event(stream, version, fact, envelope)
        assert to_event(*to_row(event)) == event

    comes_back()
