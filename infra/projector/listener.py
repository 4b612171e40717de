"""Hears positions that other processes tell by NOTIFY; a hint only, since any may get lost."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import NoReturn

import psycopg
from psycopg import sql

from infra.projector.direct import connect, delays, summary
from projections.view import Connection

IsOurs = Callable[[int], bool]
"""Whether a session, named by the process that serves it in PostgreSQL, is one of this process."""

log = logging.getLogger(__name__)


class Listener:
    """One session that LISTENs on channels, and comes back by itself when it is lost.

    `on_listening` is called each time it begins to hear: what was told before is to be read.
    What a session told that `is_ours` is passed over, as this process knows better by itself.
    """

    def __init__(
        self,
        url: str,
        handlers: Mapping[str, Callable[[int], None]],
        on_listening: Callable[[], None],
        is_ours: IsOurs,
    ) -> None:
        self._url = url
        self._is_ours = is_ours
        self._handlers = handlers
        self._on_listening = on_listening
        self.session = "listener"

    async def run(self) -> NoReturn:
        waits = delays(0.1, 5)
        while True:
            try:
                async with await connect(self._url, self.session) as connection:
                    await self._listen(connection)
                    waits = delays(0.1, 5)
                    await self._hear(connection)
            except (psycopg.Error, OSError) as error:
                delay = next(waits)
                log.warning("listener lost: %s; again in %.1f s", summary(error), delay)
                await asyncio.sleep(delay)

    async def _listen(self, connection: Connection) -> None:
        for channel in self._handlers:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        self._on_listening()

    async def _hear(self, connection: Connection) -> None:
        """Hand on what is told, until the session is lost.

        On libpq's level, for this is done at each commit of anybody: psycopg's generator of
        notifications costs ten times as much, and wakes ten times a second for nothing.
        """
        loop = asyncio.get_running_loop()
        lost: asyncio.Future[None] = loop.create_future()
        socket, libpq = connection.fileno(), connection.pgconn

        def readable() -> None:
            try:
                libpq.consume_input()
                while notify := libpq.notifies():
                    if notify.extra.isdigit() and not self._is_ours(notify.be_pid):
                        self._handlers[notify.relname.decode()](int(notify.extra))
            except psycopg.OperationalError as error:
                if not lost.done():
                    loop.remove_reader(socket)
                    lost.set_exception(error)

        # What came with the answers of LISTEN is in libpq's hands and not on the socket any more.
        loop.call_soon(readable)
        loop.add_reader(socket, readable)
        try:
            await lost
        finally:
            loop.remove_reader(socket)
