"""An account with a department or two, three agents and a ticket; processes that work on it."""

from collections.abc import AsyncGenerator

import pytest

from domain.fact import Envelope, Event
from domain.ledger import Append
from tests.application.process import FOUNDING, INSIDE, Log, Process, process
from tests.event_store.log import opened
from tests.known import NOW
from tests.world import World


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def founded(database: str) -> str:
    """The URL of an account with agents and one new ticket."""
    envelope = Envelope(recorded_at=NOW, by=INSIDE.caller.by)
    world = World()
    for command in FOUNDING:
        world.carry_out(command, INSIDE.caller, NOW)
    events = [
        Event(ref.id, version, fact, envelope)
        for ref, facts in world.facts.items()
        for version, fact in enumerate(facts, 1)
    ]
    with opened(database) as log:
        log.append(Append(events=events))
    return database


@pytest.fixture
def log(founded: str) -> Log:
    return Log(founded)


@pytest.fixture
async def here(founded: str) -> AsyncGenerator[Process]:
    async with process(founded) as running:
        yield running


@pytest.fixture
async def there(founded: str) -> AsyncGenerator[Process]:
    """Another process on the same account."""
    async with process(founded) as running:
        yield running
