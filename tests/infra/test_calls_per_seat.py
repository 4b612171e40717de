"""The setting CALLS_PER_SEAT: what an account begins with, and no more than that."""

import pytest

from domain.budget import CALLS_PER_SEAT, MAX_CALLS_PER_SEAT
from domain.standing import budget_standing
from infra.database import opened
from infra.settings import Settings, SettingsError, read_settings


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def calls_per_seat(settings: Settings) -> int:
    async with opened(settings, follow=False) as desk:
        return (await budget_standing(desk.helpdesk)).calls_per_seat


@pytest.mark.anyio
async def test_an_account_begins_with_the_calls_per_seat_that_are_set(database: str) -> None:
    set_first = read_settings({"DATABASE_URL": database, "CALLS_PER_SEAT": "7"})
    assert await calls_per_seat(set_first) == 7
    # Later the account's own word goes before the environment's.
    assert await calls_per_seat(Settings(database_url=database)) == 7


def test_a_seat_brings_a_thousand_calls_unless_told_otherwise() -> None:
    assert read_settings({}).calls_per_seat == CALLS_PER_SEAT == 1_000


@pytest.mark.parametrize("given", ["-1", str(MAX_CALLS_PER_SEAT + 1), "many"])
def test_calls_per_seat_are_a_number_of_calls(given: str) -> None:
    with pytest.raises(SettingsError, match="CALLS_PER_SEAT"):
        read_settings({"CALLS_PER_SEAT": given})
