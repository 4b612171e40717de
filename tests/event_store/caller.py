"""A process of callers that race for the same tickets, and write down whatever they are answered.

Started as `python -m tests.event_store.caller URL FILE CALLERS UNITS`; ends when its standard input
does, or when the budget is spent. A line of the file is a call's id, its verdict and its position;
or, after the word batch, where the log stood before a batch and the positions stored.
"""

import asyncio
import itertools
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg
from psycopg_pool import AsyncConnectionPool

from domain.fact import Recorded
from domain.ledger import Verdict
from infra.event_store.ledger import PostgresLedger
from infra.event_store.writer import Writer
from tests.event_store.log import MAIN, charge, store, tagged

TICKETS = UUID(int=7)


class Notes:
    """A file to which each line is written at once, so that a killed process has said all it knew."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, *words: object) -> None:
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())

    def batch(self, previous: int, stored: Sequence[Recorded]) -> None:
        self.write("batch", previous, *(recorded.position for recorded in stored))


async def call(
    ledger: PostgresLedger, notes: Notes, stop: asyncio.Event, number: int, units: Iterable[int]
) -> None:
    """Tag one ticket again and again, until told to stop or until no unit is left."""
    stream, version = uuid5(TICKETS, str(number)), 0
    for charged in units:
        verdict = Verdict.CONFLICT
        while verdict is Verdict.CONFLICT:
            if stop.is_set():
                return
            request = charge(store(tagged(stream, version + 1)), charged)
            verdict, position, *_ = await ledger.append(request)
            notes.write(request.events[-1].originator_id, verdict.name, position)
            if verdict is Verdict.CONFLICT:
                version += len(await ledger.load(stream, version))
        if verdict is Verdict.STORED:
            version += 1
        elif charged == 1:
            return


async def main(url: str, file: str, callers: str, units: str) -> None:
    notes, stop = Notes(Path(file)), asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
    pool = AsyncConnectionPool[psycopg.AsyncConnection[Any]](
        url, min_size=1, max_size=2, open=False, kwargs={"autocommit": True}
    )
    writer = Writer(url, MAIN, notes.batch)
    async with pool:
        writer.start()
        ledger = PostgresLedger(pool, MAIN, writer)
        pattern = [int(digit) for digit in units]
        await asyncio.gather(
            *(
                call(ledger, notes, stop, number, itertools.cycle(pattern))
                for number in range(int(callers))
            )
        )
        await writer.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
