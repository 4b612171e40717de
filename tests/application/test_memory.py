"""What a process keeps in memory: bounded, and the least used goes first."""

from uuid import UUID

import pytest

from domain.agent import AGENT, Agent, ChangeRole
from domain.application import Unauthorized
from domain.authentication import Authenticator
from domain.decider import Ref
from domain.ledger import Unavailable
from domain.permissions import Role
from domain.secret import ACCESS_TOKEN, encode_secret
from domain.states import NOTHING, States
from tests.application.process import OLGA, Process, process
from tests.known import ANA, BEN

pytestmark = pytest.mark.anyio


async def test_states_are_kept_and_the_least_used_goes(here: Process, there: Process) -> None:
    states = States(here.helpdesk.ledger, size=2)

    async def role(agent: Ref[Agent]) -> str:
        return (await states.get(agent)).state.role

    ana, ben, olga = (Ref(AGENT, agent) for agent in (ANA, BEN, OLGA))
    for agent in (ana, ben, ana, olga):
        await role(agent)  # the last one takes Ben's place
    await there.execute(ChangeRole(agent=ANA, role=Role.OWNER))
    await there.execute(ChangeRole(agent=BEN, role=Role.ADMIN))
    await there.execute(ChangeRole(agent=OLGA, role=Role.ADMIN))
    assert [await role(agent) for agent in (olga, ana, ben)] == [Role.OWNER, Role.AGENT, Role.ADMIN]
    assert (await states.refresh(olga)).state.role == Role.ADMIN


async def test_nothing_is_kept_of_a_stream_without_events(here: Process) -> None:
    nobody = Ref(AGENT, UUID(int=99))
    states = States(here.helpdesk.ledger, size=1)
    ana = await states.get(Ref(AGENT, ANA))
    assert await states.get(nobody) == await states.refresh(nobody) == (None, 0)
    states.put(nobody, NOTHING)
    assert await states.get(Ref(AGENT, ANA)) is ana


async def test_an_older_state_never_takes_the_place_of_a_newer(
    here: Process, there: Process
) -> None:
    states, ana = States(here.helpdesk.ledger), Ref(AGENT, ANA)
    old = await states.get(ana)
    await there.execute(ChangeRole(agent=ANA, role=Role.ADMIN))
    new = await states.refresh(ana)
    states.put(ana, old)
    assert await states.get(ana) is new


async def test_callers_are_kept_and_the_least_used_goes(founded: str) -> None:
    async with process(founded) as running:
        helpdesk = running.helpdesk
        authenticator = Authenticator(helpdesk.ledger, helpdesk.states, helpdesk.now, size=2)
        ana, ben, olga = [await running.generate(agent) for agent in (ANA, BEN, OLGA)]
        for secret in (ana, ben, ana, olga):
            await authenticator.identify(secret.text, None, None)
    # The database is out of reach from now on.
    for secret in (ana, olga):
        assert (await authenticator.identify(secret.text, None, None)).caller.agent == secret.agent
    with pytest.raises(Unavailable):
        await authenticator.identify(ben.text, None, None)


async def test_what_cannot_be_a_token_costs_no_look_at_the_database(founded: str) -> None:
    async with process(founded) as running:
        pass
    made_up = encode_secret(ACCESS_TOKEN, bytes(32))
    with pytest.raises(Unauthorized):
        await running.authenticator.identify(made_up[:-1] + "?", None, None)
    with pytest.raises(Unavailable):
        await running.authenticator.identify(made_up, None, None)
