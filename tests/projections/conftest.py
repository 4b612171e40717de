"""Empty views for each test."""

from collections.abc import AsyncGenerator, Iterator

import pytest

from tests.database import Databases
from tests.projections.book import Shown, prepare
from tests.projections.book import shown as views_in


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def prepared(databases: Databases) -> Iterator[str]:
    """The URL of a database with empty views; not in a loop, since making them runs one."""
    with databases.copy_filled(prepare) as (url, _):
        yield url


@pytest.fixture
async def shown(prepared: str) -> AsyncGenerator[Shown]:
    async with views_in(prepared) as shown:
        yield shown


@pytest.fixture(params=["one page", "a page a fact"])
def paged(request: pytest.FixtureRequest) -> bool:
    """Whether a test's log is folded a fact at a time."""
    return request.param == "a page a fact"
