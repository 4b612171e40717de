"""Building the views anew from the whole log beside the live ones, and swapping them."""

import asyncio
import contextlib
import gc
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

import psycopg
from psycopg import sql

from domain.account import Account
from domain.fact import Recorded
from infra.projector.direct import connect, try_lock
from infra.projector.fold import Projection, fold, fold_one, shares
from infra.projector.log import Log
from infra.projector.tracking import Tracking
from projections.view import Connection, qualified

PAGE = 5_000
_LOOK_AGAIN = 0.2
_BUILDERS = 4

OnProgress = Callable[[int, int], None]
"""Told after each page how far a rebuild is, and how far it has to go, in positions."""


class RebuildRunningError(Exception):
    """Another process is rebuilding this account's views."""


async def prepare_views(
    url: str,
    projection: Projection,
    on_progress: OnProgress | None = None,
) -> bool:
    """Build the views where they are missing or of another version; return whether that was so.

    Many may call at once: one builds, the others wait for it. Raises as `rebuild` does, but for
    `RebuildRunningError`.
    """
    tracking, wanted = Tracking(projection.account), projection.versions
    async with await connect(url, "views") as connection:
        while await tracking.versions(connection) != wanted:
            if await try_lock(connection, _lock(projection.account)):
                # Whoever held the lock may have finished since we looked.
                if await tracking.versions(connection) != wanted:
                    await _build(url, connection, projection, on_progress)
                    return True
            else:
                await asyncio.sleep(_LOOK_AGAIN)
    return False


async def rebuild(
    url: str,
    projection: Projection,
    on_progress: OnProgress | None = None,
) -> None:
    """Build the views anew and swap them in, while the old ones are read and kept up to date.

    `url` must lead to PostgreSQL itself. Raises `RebuildRunningError`, `Poisoned` for a fact that
    cannot be decoded or folded, `FoldError` where the database is in trouble meanwhile, and
    psycopg's errors; then the old views stay as they were.
    """
    async with await connect(url, "rebuild") as connection:
        if not await try_lock(connection, _lock(projection.account)):
            raise RebuildRunningError("another process is rebuilding the views")
        await _build(url, connection, projection, on_progress)


def _lock(account: Account) -> str:
    return f"{account.log} rebuild"


async def _build(
    url: str, connection: Connection, projection: Projection, on_progress: OnProgress | None
) -> None:
    build = _Build(connection, projection, on_progress)
    # A page is many objects and no cycles: collecting them costs a quarter of the time.
    gc.disable()
    try:
        async with contextlib.AsyncExitStack() as stack:
            await _prepare(connection)
            sessions = {
                view.name: await stack.enter_async_context(await connect(url, "rebuild"))
                for view in projection.views
            }
            for session in sessions.values():
                await _prepare(session)
            await build.fill(sessions)
            builders = list(sessions.values())[:_BUILDERS]
            await build.vacuum(builders)
            await build.create_indexes(builders)
        await build.catch_up()
        await build.swap()
    except Exception:
        with contextlib.suppress(psycopg.Error):
            await build.drop()
        raise
    finally:
        gc.enable()


async def _prepare(connection: Connection) -> None:
    # Until the swap nothing of it is worth a flush to disk.
    await connection.execute("SET synchronous_commit = off")
    await connection.execute("SET maintenance_work_mem = '128MB'")
    # Several indexes are built at a time, which costs less than several helpers for each.
    await connection.execute("SET max_parallel_maintenance_workers = 0")


class _Build:
    """Views under construction, in a schema of their own."""

    def __init__(
        self,
        connection: Connection,
        projection: Projection,
        on_progress: OnProgress | None,
    ) -> None:
        self._connection = connection
        account = projection.account
        self._live = Tracking(account)
        self._next = Tracking(account, f"{account.views}_next")
        self._old = f"{account.views}_old"
        self._views = projection.views
        self._log = Log(account, projection.decode)
        self._on_progress = on_progress
        self._position = 0
        self._head = 0

    async def fill(self, sessions: Mapping[str, Connection]) -> None:
        """Create tables without the indexes that come last, and fold the log into them.

        Each view through a session of its own, and the next page is read meanwhile: so one works
        here while the database is at the others.
        """
        await self.drop()
        # libpq reads as much at a time as its buffer holds, which grows for a long row and stays so.
        await self._connection.execute("SELECT repeat(' ', 250000)")
        async with self._connection.transaction():
            await self._next.create(self._connection, self._views)
            for view in self._views:
                await self._connection.execute(qualified(view.tables, self._next.schema))
        place = await self._next.place(self._connection)
        self._head = place.head if place else 0
        page = await self._read(0)
        while page:
            reading, *_ = await _together(
                self._read(page[-1].position),
                *(
                    fold_one(sessions[view.name], self._next.schema, view, taken)
                    for view, taken in shares(self._views, page)
                ),
            )
            self._position = page[-1].position
            self._tell()
            page = reading
        await self._next.advance(self._connection, 0, self._position)

    async def vacuum(self, sessions: Iterable[Connection]) -> None:
        """Let the planner know the tables; before the indexes, which then need not be looked at."""
        tables = await self._connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s", (self._next.schema,)
        )
        await _share_out(
            sessions,
            [
                sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(self._next.schema, table))
                for (table,) in await tables.fetchall()
            ],
        )

    async def create_indexes(self, sessions: Iterable[Connection]) -> None:
        """Create the indexes that come last; the search's first, which take longest."""
        await _share_out(
            sessions,
            [
                qualified(index, self._next.schema)
                for view in reversed(self._views)
                for index in view.indexes.split(";")
                if index.strip()
            ],
        )

    async def catch_up(self) -> None:
        """Fold what came meanwhile."""
        while await self._fold_next() == PAGE:
            pass

    async def swap(self) -> None:
        """Put the new views in the place of the live ones, never behind what those have shown."""
        async with self._connection.transaction():
            await self._connection.execute("SET LOCAL synchronous_commit = on")
            if await self._live.exists(self._connection):
                # From here the live views stand still, and their projector will find no place.
                reached = await self._live.take_away(self._connection)
                while self._position < reached and await self._fold_next():
                    pass
                await self._rename(self._live.schema, self._old)
            await self._rename(self._next.schema, self._live.schema)
            await self._live.tell(self._connection, self._position)
        await self.drop()

    async def drop(self) -> None:
        """Drop what is unfinished or replaced, of this build or of one that was killed."""
        for schema in (self._next.schema, self._old):
            await self._connection.execute(
                sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema))
            )

    async def _fold_next(self) -> int:
        page = await self._read(self._position)
        if page:
            self._position = await fold(
                self._connection, self._next, self._views, self._position, page
            )
        return len(page)

    async def _read(self, position: int) -> list[Recorded]:
        return await self._log.page(self._connection, position, PAGE)

    def _tell(self) -> None:
        if self._on_progress:
            self._on_progress(self._position, max(self._head, self._position))

    async def _rename(self, schema: str, name: str) -> None:
        await self._connection.execute(
            sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(
                sql.Identifier(schema), sql.Identifier(name)
            )
        )


async def _share_out(
    sessions: Iterable[Connection], statements: Iterable[sql.Composed | bytes]
) -> None:
    """Execute statements, each in the first session that is free for it."""
    waiting = iter(statements)

    async def work(session: Connection) -> None:
        for statement in waiting:
            await session.execute(statement)

    await _together(*map(work, sessions))


async def _together(*parts: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run all at once, and raise the first exception as it is once all have ended."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part) for part in parts]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]
