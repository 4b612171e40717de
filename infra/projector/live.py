"""What a process runs to keep an account's views up to date and to know how far they are."""

import asyncio
from types import TracebackType
from typing import NoReturn, Self

from infra.projector.fold import Projection
from infra.projector.listener import IsOurs, Listener
from infra.projector.progress import Connections, Progress
from infra.projector.projector import Pace, Projector


class LiveViews:
    """Projector and listener of one account in this process, from `async with` to its end.

    `url` must lead to PostgreSQL itself, `connections` may come through a pooler. `is_ours` tells
    the sessions whose commits the projector is offered anyway: their NOTIFY often comes first, and
    the projector would read back what it is about to be given.
    """

    def __init__(
        self,
        url: str,
        projection: Projection,
        connections: Connections,
        pace: Pace = Pace(),  # noqa: B008 - immutable
        is_ours: IsOurs = lambda _session: False,
    ) -> None:
        account = projection.account
        self.progress = Progress(account, connections)
        self.projector = Projector(url, projection, self.progress, pace)
        self._listener = Listener(
            url,
            {
                account.log_channel: self.projector.wake,
                account.views_channel: self.progress.advance,
            },
            self._listening,
            is_ours,
        )
        self._tasks: list[asyncio.Task[NoReturn]] = []

    def be_seen_as(self, mark: str) -> None:
        """Have the sessions that begin from now on tell whose they are."""
        self.projector.session = f"projector {mark}"
        self._listener.session = f"listener {mark}"

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self.projector.run(), name="projector"),
            asyncio.create_task(self._listener.run(), name="listener"),
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self.progress.close()

    def _listening(self) -> None:
        self.progress.read_soon()
        self.projector.look()
