"""An account with one agent, and two processes' ways in."""

from collections.abc import AsyncGenerator
from typing import NamedTuple
from uuid import UUID

import pytest

from domain.agent import AddAgent
from domain.application import Wish
from domain.budget import OpenBudget
from domain.permissions import Role
from infra.desk import Desk, new_id
from infra.settings import Settings


class Two(NamedTuple):
    """Two processes on one account: each has caches of its own."""

    here: Desk
    there: Desk
    agent: UUID


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def two(database: str) -> AsyncGenerator[Two]:
    here, there = (Desk(Settings(database_url=database)) for _ in range(2))
    async with here.open(follow=False), there.open(follow=False):
        await here.execute(Wish(OpenBudget()))
        agent = new_id()
        add = AddAgent(agent=agent, name="Ana", role=Role.AGENT, email="ana@desk.example")
        await here.execute(Wish(add))
        yield Two(here, there, agent)
