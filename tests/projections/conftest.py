"""Empty views for each test."""

from collections.abc import AsyncGenerator

import pytest

from tests.projections.book import Shown
from tests.projections.book import shown as views_in


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def shown(database: str) -> AsyncGenerator[Shown]:
    async with views_in(database) as shown:
        yield shown


@pytest.fixture(params=["one page", "a page a fact"])
def paged(request: pytest.FixtureRequest) -> bool:
    """Whether a test's log is folded a fact at a time."""
    return request.param == "a page a fact"
