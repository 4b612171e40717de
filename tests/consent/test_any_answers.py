"""Whatever agents answer in whatever order: nobody connects silently but within what was said yes to."""

from uuid import UUID

from hypothesis import event, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.agent import DeactivateAgent, ReactivateAgent
from domain.caller import Caller, insider
from domain.clients import BEGINNING, CLIENTS, SetClientPolicy
from domain.consent import (
    ApproveApp,
    Consents,
    ContinueApp,
    DeclineApp,
    Declined,
    Granted,
    Reused,
    Revoked,
    Widened,
    consents_of,
)
from domain.decider import Command
from domain.fact import Fact
from domain.password import SetPassword
from domain.permissions import Role
from domain.redirects import without_port
from domain.refusals import Refused
from tests.app_strategies import CLIENTELE, CONNECTING, CONTINUING, numbered
from tests.consent.answers import signed_in
from tests.examples import examples
from tests.known import caller_of
from tests.strategies import FIRST_AGENT, SEEDS, unhurried
from tests.test_properties import NOW, attempt
from tests.world import World

ANA, BEN = UUID(int=21), UUID(int=22)
HOUSE = insider("system")
MISFORTUNES: st.SearchStrategy[Command] = st.one_of(
    st.builds(DeactivateAgent, agent=FIRST_AGENT),
    st.builds(ReactivateAgent, agent=FIRST_AGENT),
    st.builds(SetPassword, agent=FIRST_AGENT),
    st.builds(SetClientPolicy, always_ask=st.booleans(), any_host=st.just(value=True)),
)
ANSWERS: st.SearchStrategy[Command] = st.one_of(
    CONNECTING, CONTINUING, CONTINUING, CONTINUING, CLIENTELE, MISFORTUNES
)
CALLERS = st.sampled_from(
    [HOUSE, HOUSE, signed_in(ANA), signed_in(ANA), caller_of(ANA), signed_in(BEN, Role.OWNER)]
)
# What an app that asks again has in common with one that was said yes to before.
KEPT = st.sets(st.sampled_from(["client", "redirect_uri", "scopes", "browser"]), min_size=2)
STEPS = st.lists(st.tuples(ANSWERS, CALLERS, KEPT), min_size=20, max_size=50)


class Said(dict[UUID, list[ApproveApp]]):
    """Every yes that still counts, by the consent that it went into: a memory of its own."""

    def heard(self, command: Command, facts: list[Fact]) -> None:
        for fact in facts:
            match fact:
                case Granted() | Widened() | Reused(asked=True):
                    assert isinstance(command, ApproveApp)
                    self.setdefault(fact.consent, []).append(command)
                case Revoked():
                    del self[fact.consent]
                case _:
                    pass

    def covers(self, asked: ContinueApp) -> bool:
        """Whether one app was said yes to so that this asking is nothing new."""
        return any(_covered(yeses, asked) for yeses in self.values())


def _covered(yeses: list[ApproveApp], asked: ContinueApp) -> bool:
    client, uri = asked.client, asked.redirect_uri
    site = uri.startswith("https:")
    # On a site, clients that register themselves are one client a landing.
    shares_site = site and client.source == "dynamic"
    mine = [
        yes
        for yes in yeses
        if (yes.resource, yes.client.source) == (asked.resource, client.source)
        and (yes.redirect_uri == uri if shares_site else yes.client.id == client.id)
    ]
    landings = {without_port(yes.redirect_uri) for yes in mine}
    scopes = {scope for yes in mine for scope in yes.scopes}
    browsers = {yes.browser for yes in mine} - {None}
    known = site or (asked.lives and asked.browser in browsers)
    return known and without_port(uri) in landings and scopes >= set(asked.scopes)


@settings(unhurried, max_examples=examples(50))
@given(STEPS)
def test_silence_is_never_taken_for_more_than_was_said(
    steps: list[tuple[Command, Caller, set[str]]],
) -> None:
    world, said = World(), Said()
    for seed in SEEDS:
        world.carry_out(seed, HOUSE, NOW)
    for number, (step, caller, kept) in enumerate(steps):
        command = numbered(step, number)
        if isinstance(command, ContinueApp) and said:
            command = like(command, list(said.values())[number % len(said)][-1], kept)
        policy = (world.states.get(CLIENTS.id) or BEGINNING).policy
        known = isinstance(command, ContinueApp) and said.covers(command)
        facts = attempt(world, command, caller, 0)
        for fact in facts:
            if isinstance(fact, Granted | Widened | Reused | Declined):
                assert caller.inside or (caller.agent, caller.by.via) == (ANA, "panel")
                assert isinstance(command, ApproveApp | ContinueApp | DeclineApp)
                assert policy.allows(command.client, command.redirect_uri)
            if isinstance(fact, Reused) and not fact.asked:
                event("silently")
                assert known
                assert not policy.always_ask
        if isinstance(command, ContinueApp) and known and caller is HOUSE and not facts:
            # Asked although it was said already: only where there is a reason.
            assert policy.always_ask or is_refused(world, command)
        said.heard(command, facts)
        check(world, said)


def like(asked: ContinueApp, yes: ApproveApp, kept: set[str]) -> ContinueApp:
    return replace(asked, **{name: getattr(yes, name) for name in kept})


def is_refused(world: World, command: ContinueApp) -> bool:
    """Whether nobody could say yes to it now, either."""
    yes = ApproveApp(
        agent=command.agent,
        client=command.client,
        redirect_uri=command.redirect_uri,
        resource=command.resource,
        scopes=command.scopes,
        consent=UUID(int=1),
        grant=UUID(int=2),
    )
    try:
        world.decide(yes, HOUSE, NOW)
    except Refused:
        return True
    return False


def check(world: World, said: Said) -> None:
    """What stands is what was said, no more and no less."""
    held = world.states.get(consents_of(ANA).id)
    standing = held.standing.values() if isinstance(held, Consents) else ()
    assert {consent.id for consent in standing} == said.keys()
    for consent in standing:
        yeses = said[consent.id]
        assert consent.scopes == {scope for yes in yeses for scope in yes.scopes}
        assert consent.landings == {without_port(yes.redirect_uri) for yes in yeses}
        assert consent.browsers == {yes.browser for yes in yeses} - {None}
