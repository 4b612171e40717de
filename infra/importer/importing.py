"""Importing a file: what is missing becomes tickets, many at once, each whole or not at all."""

import asyncio
import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar
from uuid import UUID

from domain.application import Insider
from domain.caller import insider
from domain.ticket.words import code_of
from infra.desk import Desk
from infra.importer.census import take_census
from infra.importer.directory import Directory, make_directory
from infra.importer.history import history
from infra.importer.identity import ticket_id
from infra.importer.issues import Issue, read_issues

BLOCK = 500  # issues that are looked up together
IN_FLIGHT = 600  # tickets on their way to the log, enough to fill the next batch meanwhile

T = TypeVar("T")
OnProgress = Callable[[int, int], None]


class Imported(NamedTuple):
    """How many tickets and messages are new, and how many tickets were there already."""

    tickets: int
    messages: int
    present: int


async def import_issues(
    desk: Desk, file: Path, limit: int | None, on_progress: OnProgress
) -> Imported:
    """Import a file of GitHub issues; `on_progress` hears how many of how many are done.

    The whole file is read first, so that one that cannot be read leaves nothing behind. What was
    broken off is taken up by the next call. Raises `ImportFileError`.
    """
    census = take_census(read_issues(file, limit))
    directory = await make_directory(desk, census)
    run = _Import(desk, directory, lambda done: on_progress(done, census.issues))
    # Many objects and hardly a cycle: collecting them costs a quarter of the time.
    gc.disable()
    try:
        async with asyncio.TaskGroup() as tasks:
            for block in _blocks(_identified(read_issues(file, limit)), BLOCK):
                await run.take(block, tasks)
    except BaseExceptionGroup as failures:
        # One is enough to say, and the others are most often the same.
        raise failures.exceptions[0] from None
    finally:
        gc.enable()
    return Imported(run.tickets, run.messages, run.present)


def _identified(issues: Iterable[Issue]) -> Iterator[tuple[UUID, Issue]]:
    """Give each issue its ticket's id, also where a file has a number twice."""
    seen: Counter[int] = Counter()
    for issue in issues:
        seen[issue.number] += 1
        yield ticket_id(issue.number, seen[issue.number]), issue


def _blocks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while block := list(islice(iterator, size)):
        yield block


class _Import:
    """Tickets on their way to the log, at most `IN_FLIGHT` at a time."""

    def __init__(
        self, desk: Desk, directory: Directory, on_progress: Callable[[int], None]
    ) -> None:
        self._desk = desk
        self._directory = directory
        self._on_progress = on_progress
        self._identity = Insider(insider("import"))
        self._free = asyncio.Semaphore(IN_FLIGHT)
        self.tickets = 0
        self.messages = 0
        self.present = 0

    async def take(self, block: Sequence[tuple[UUID, Issue]], tasks: asyncio.TaskGroup) -> None:
        """Set out for each ticket that is missing, as soon as there is room."""
        ledger = self._desk.ledger
        present = await ledger.having_events([ticket for ticket, _ in block])
        missing = [(ticket, issue) for ticket, issue in block if ticket not in present]
        self.present += len(present)
        self._on_progress(self.tickets + self.present)
        numbers = await ledger.next_ticket_numbers(len(missing)) if missing else ()
        for (ticket, issue), number in zip(missing, numbers, strict=True):
            await self._free.acquire()
            tasks.create_task(self._import(ticket, issue, code_of(number)))

    async def _import(self, ticket: UUID, issue: Issue, code: str) -> None:
        try:
            wishes = list(history(issue, ticket, code, self._directory))
            settled = await self._desk.helpdesk.execute(self._identity, *wishes, new=True)
        finally:
            self._free.release()
        if settled.answer.changed:
            self.tickets += 1
            self.messages += 1 + len(issue.comments)
        else:
            self.present += 1  # another import was quicker
        self._on_progress(self.tickets + self.present)
