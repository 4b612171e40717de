"""The log of a database of the test's own, and asyncio for asynchronous tests."""

from collections.abc import Iterator

import pytest

from tests.event_store.log import Log, opened


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def log(database: str) -> Iterator[Log]:
    with opened(database) as made:
        yield made
