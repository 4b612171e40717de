"""The log of a database of the test's own."""

from collections.abc import Iterator

import pytest

from tests.event_store.log import Log, opened


@pytest.fixture
def log(database: str) -> Iterator[Log]:
    with opened(database) as made:
        yield made
