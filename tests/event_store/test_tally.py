"""The proof of the counter: charges are added up as recorded, in one snapshot, page by page."""

from datetime import date

import msgspec
import psycopg
import pytest

from domain.call import CallRecorded
from infra.event_store.budget import Tally, tally
from tests.event_store.log import MAIN, Log, call, event, store, tagged

pytestmark = pytest.mark.anyio


class Heard:
    """What a tally tells of its way, and what happens meanwhile."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.told: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        self.told.append((done, total))
        self._log.append(call())


async def tallied(database: str, heard: Heard) -> Tally:
    async with await psycopg.AsyncConnection.connect(database) as connection:
        return await tally(connection, MAIN, heard)


@pytest.fixture
def heard(log: Log) -> Heard:
    log.set(budget_limit=1_000)
    return Heard(log)


async def test_charges_of_this_period_alone_are_added_up(
    database: str, log: Log, heard: Heard
) -> None:
    log.append(call(2), store(tagged()), call(3))
    log.set(period=date(2000, 1, 1))
    log.append(call(4), store(tagged()), call())
    assert await tallied(database, heard) == Tally(5, 5)


async def test_a_counter_that_is_wrong_is_told_beside_the_charges(
    database: str, log: Log, heard: Heard
) -> None:
    log.append(call(2))
    log.set(used=7)
    assert await tallied(database, heard) == Tally(7, 2)


async def test_calls_that_come_meanwhile_do_not_disturb(
    database: str, log: Log, heard: Heard
) -> None:
    log.append(call(2))
    log.run("ALTER SEQUENCE {log}.events_notification_id_seq RESTART 12000")  # gaps are legal
    log.append(call(3))
    assert await tallied(database, heard) == Tally(5, 5)
    assert heard.told == [(5_000, 12_000), (10_000, 12_000), (12_000, 12_000)]
    assert log.account.used == 8


async def test_what_no_text_of_postgresql_can_hold_is_added_up_as_well(
    database: str, log: Log, heard: Heard
) -> None:
    odd = CallRecorded(tool="get_tags", arguments={"units": 9, "a": "\0"}, outcome="ok", units=2)
    log.append(msgspec.structs.replace(store(event(odd)), units=2))
    assert await tallied(database, heard) == Tally(2, 2)


async def test_an_account_without_calls_has_nothing_to_add_up(database: str, heard: Heard) -> None:
    assert await tallied(database, heard) == Tally(0, 0)
    assert heard.told == []
