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
