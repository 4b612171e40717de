"""The log of a database of the test's own, a wire to it, and asyncio for asynchronous tests."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.event_store.log import Log, opened
from tests.event_store.wire import Wire, wired


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def log(database: str) -> Iterator[Log]:
    with opened(database) as made:
        yield made


@pytest.fixture
async def wire(database: str) -> AsyncIterator[Wire]:
    """A wire to the same database that can be cut."""
    async with wired(database) as made:
        yield made
