"""Processes that race for one log: nothing is missed, lost, stored twice, or charged beyond the limit."""

import itertools
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import Self
from uuid import UUID

import psycopg

from domain.call import CallRecorded
from domain.ticket.facts import TagsAdded
from tests.event_store.log import Log
from tests.event_store.waiting import wait_until
from tests.event_store.writing import WRITERS

PROCESSES, CALLERS = 3, 16
LIMIT = 1_500
ACKNOWLEDGED = 300
SECONDS = 60


class Process:
    """Callers in a process of their own, and what they were answered."""

    def __init__(self, url: str, file: Path, units: str) -> None:
        self._file = file
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.event_store.caller", url, file, str(CALLERS), units],
            stdin=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def _lines(self) -> list[list[str]]:
        # The last line of a killed process may be broken off.
        text = self._file.read_text() if self._file.exists() else ""
        return [line.split() for line in text.splitlines(keepends=True) if line.endswith("\n")]

    @property
    def batches(self) -> list[list[int]]:
        """What was told of each batch: the position before it, and those of its events."""
        return [[int(word) for word in words] for kind, *words in self._lines if kind == "batch"]

    def answered(self, verdict: str) -> list[tuple[UUID, int]]:
        """The calls with this verdict, and their positions."""
        return [(UUID(words[0]), int(words[2])) for words in self._lines if words[1:2] == [verdict]]

    def finish(self) -> None:
        """Let it come to an end by itself."""
        assert self._process.wait(SECONDS) == 0

    def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self.finish()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


class Tail:
    """Follows a log as it grows, as a projector does: never looks below where it has been."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._end: int | None = None
        self.seen: list[int] = []

    def _follow(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("LISTEN acct_main_log")
            while self._end is None or self._position < self._end:
                for _ in connection.notifies(timeout=0.01, stop_after=1):
                    pass
                rows = connection.execute(
                    "SELECT notification_id FROM acct_main.events WHERE notification_id > %s "
                    "ORDER BY notification_id",
                    (self._position,),
                )
                self.seen += [row[0] for row in rows]

    @property
    def _position(self) -> int:
        return self.seen[-1] if self.seen else 0

    @contextmanager
    def until_the_end_of(self, log: Log) -> Generator[None]:
        thread = Thread(target=self._follow)
        thread.start()
        try:
            yield
        finally:
            self._end = log.fetch("SELECT coalesce(max(notification_id), 0) FROM {log}.events")[0][
                0
            ]
            thread.join(SECONDS)


@contextmanager
def racing(url: str, folder: Path, units: str) -> Generator[list[Process]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(Process(url, folder / str(number), units))
            for number in range(PROCESSES)
        ]


def count(log: Log) -> Counter[str]:
    """Count ticket facts and calls, paid and unpaid."""
    found: Counter[str] = Counter()
    for event in log.events:
        match event.fact:
            case TagsAdded():
                found["tickets"] += 1
            case CallRecorded(units=0):
                found["unpaid"] += 1
            case CallRecorded():
                found["paid"] += 1
            case _:
                raise AssertionError
    return found


def test_a_reader_misses_nothing_and_the_limit_is_hit_exactly(
    log: Log, database: str, tmp_path: Path
) -> None:
    log.set(budget_limit=LIMIT)
    tail = Tail(database)

    with tail.until_the_end_of(log), racing(database, tmp_path, "312") as processes:
        for process in processes:
            process.finish()

    positions = log.positions
    assert tail.seen == positions
    chain = sorted(batch for process in processes for batch in process.batches)
    assert [batch[0] for batch in chain] == [0, *(batch[-1] for batch in chain[:-1])]
    assert list(itertools.chain.from_iterable(batch[1:] for batch in chain)) == positions

    assert log.account.used == log.charged == LIMIT
    counts = count(log)
    assert counts["paid"] == counts["tickets"]
    answered = {
        verdict: sum(len(process.answered(verdict)) for process in processes)
        for verdict in ("STORED", "OVER_BUDGET")
    }
    assert answered == {"STORED": counts["paid"], "OVER_BUDGET": counts["unpaid"]}


def test_what_was_acknowledged_survives_the_kill_of_a_process(
    log: Log, database: str, tmp_path: Path
) -> None:
    log.set(budget_limit=2**40)

    with racing(database, tmp_path, "1") as processes:
        victim, *others = processes

        def progress(process: Process) -> int:
            return len(process.answered("STORED"))

        wait_until(lambda: min(map(progress, processes)) > ACKNOWLEDGED)
        victim.kill()
        so_far = [progress(process) for process in others]
        wait_until(
            lambda: all(progress(p) > n + ACKNOWLEDGED for p, n in zip(others, so_far, strict=True))
        )
        for process in others:
            process.stop()
    # The killed process's last batch may still be on its way.
    wait_until(lambda: not log.fetch(f"SELECT 1 FROM pg_stat_activity WHERE {WRITERS}"))

    stored = {(recorded.event.originator_id, recorded.position) for recorded in log.recorded}
    for process in processes:
        assert set(process.answered("STORED")) <= stored
    counts = count(log)
    assert counts["tickets"] == counts["paid"] == log.account.used == log.charged
    acknowledged = sum(map(progress, processes))
    assert acknowledged <= counts["paid"] <= acknowledged + CALLERS
