"""Empty views for each test."""

from collections.abc import AsyncGenerator

import pytest

from tests.database import Databases
from tests.projections.book import Shown, prepare
from tests.projections.book import shown as views_in


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def shown(databases: Databases) -> AsyncGenerator[Shown]:
    with databases.copy_filled(prepare) as (url, _):
        async with views_in(url) as shown:
            yield shown


@pytest.fixture(params=["one page", "a page a fact"])
def paged(request: pytest.FixtureRequest) -> bool:
    """Whether a test's log is folded a fact at a time."""
    return request.param == "a page a fact"
