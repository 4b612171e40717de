"""A writer at work in a test: what it told of its batches, and a hand that holds up its commits."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager

import psycopg

from domain.fact import Recorded
from domain.ledger import Append, Appended, Unavailable
from infra.event_store.writer import Writer
from tests.event_store.log import MAIN, Log
from tests.event_store.waiting import SECONDS, eventually

WRITERS = "application_name = 'deskledger writer' AND datname = current_database()"


class Told(list[tuple[int, Sequence[Recorded]]]):
    """What a writer told after each of its batches."""

    def __call__(self, previous: int, stored: Sequence[Recorded]) -> None:
        self.append((previous, stored))

    @property
    def sizes(self) -> list[int]:
        return [len(stored) for _, stored in self]

    @property
    def stored(self) -> list[Recorded]:
        return [recorded for _, stored in self for recorded in stored]


@asynccontextmanager
async def writing(
    url: str, told: Told | None = None, *, prepare: bool = True
) -> AsyncGenerator[Writer]:
    """Give a writer that works, and stop it."""
    writer = Writer(url, MAIN, Told() if told is None else told, prepare=prepare)
    writer.start()
    try:
        yield writer
    finally:
        await asyncio.wait_for(writer.stop(), SECONDS)


def begin(writer: Writer, *requests: Append) -> list[asyncio.Task[Appended]]:
    """Let a caller of its own append each request."""
    return [asyncio.create_task(writer.append(request)) for request in requests]


async def answers(tasks: Sequence[asyncio.Task[Appended]]) -> list[Appended | None]:
    """Await all answers, None for `Unavailable`; other errors are raised."""
    async with asyncio.timeout(SECONDS):
        found = await asyncio.gather(*tasks, return_exceptions=True)
    for answer in found:
        if isinstance(answer, BaseException) and not isinstance(answer, Unavailable):
            raise answer
    return [None if isinstance(answer, BaseException) else answer for answer in found]


@contextmanager
def held(url: str) -> Generator[Log]:
    """Hold up all appends of the account but one's own, as a commit of another process does."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (MAIN.append_lock,)
        )
        yield Log(connection)


async def until_held_up(log: Log, writers: int = 1) -> None:
    """Wait until so many writers' connections wait for the lock."""
    query = f"SELECT count(*) FROM pg_stat_activity WHERE {WRITERS} AND wait_event_type = 'Lock'"
    await eventually(lambda: log.fetch(query)[0][0] == writers)


def terminate(log: Log) -> int:
    """End the writers' connections from the server's side; return how many."""
    return len(log.fetch(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {WRITERS}"))
