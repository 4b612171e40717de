"""Building the views anew from the whole log beside the live ones, and swapping them."""

import asyncio
from collections.abc import Callable

from psycopg import sql

from domain.account import Account
from infra.projector.direct import connect, try_lock
from infra.projector.fold import Projection, fold
from infra.projector.log import Log
from infra.projector.tracking import Tracking
from projections.view import Connection, qualified

PAGE = 5_000
_LOOK_AGAIN = 0.2

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
                    await _build(connection, projection, on_progress)
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
    cannot be decoded or folded, and psycopg's errors; then the old views stay as they were.
    """
    async with await connect(url, "rebuild") as connection:
        if not await try_lock(connection, _lock(projection.account)):
            raise RebuildRunningError("another process is rebuilding the views")
        await _build(connection, projection, on_progress)


def _lock(account: Account) -> str:
    return f"{account.log} rebuild"


async def _build(
    connection: Connection,
    projection: Projection,
    on_progress: OnProgress | None,
) -> None:
    # Until the swap nothing of it is worth a flush to disk.
    await connection.execute("SET synchronous_commit = off")
    await connection.execute("SET maintenance_work_mem = '256MB'")
    build = _Build(connection, projection, on_progress)
    await build.fill()
    await build.finish()
    await build.swap()


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

    async def fill(self) -> None:
        """Create empty tables, without those indexes that come last, and fold the log."""
        for left_over in (self._next.schema, self._old):
            await self._drop(left_over)
        async with self._connection.transaction():
            await self._next.create(self._connection, self._views)
            for view in self._views:
                await self._connection.execute(qualified(view.tables, self._next.schema))
        await self._catch_up()

    async def finish(self) -> None:
        """Create the indexes, fold what came meanwhile, and let the planner know the tables."""
        for view in self._views:
            if view.indexes.strip():
                await self._connection.execute(qualified(view.indexes, self._next.schema))
        await self._catch_up()
        tables = await self._connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s", (self._next.schema,)
        )
        for (table,) in await tables.fetchall():
            await self._connection.execute(
                sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(self._next.schema, table))
            )

    async def swap(self) -> None:
        """Put the new views in the place of the live ones, never behind what those have shown."""
        async with self._connection.transaction():
            await self._connection.execute("SET LOCAL synchronous_commit = on")
            if await self._live.exists(self._connection):
                # From here the live views stand still, and their projector will find no place.
                reached = await self._live.take_away(self._connection)
                while self._position < reached:
                    await self._fold_next()
                await self._rename(self._live.schema, self._old)
            await self._rename(self._next.schema, self._live.schema)
            await self._live.tell(self._connection, self._position)
        await self._drop(self._old)

    async def _catch_up(self) -> None:
        place = await self._next.place(self._connection)
        head = place.head if place else 0
        while await self._fold_next() == PAGE:
            self._tell(head)
        self._tell(head)

    async def _fold_next(self) -> int:
        page = await self._log.page(self._connection, self._position, PAGE)
        if page:
            self._position = await fold(
                self._connection, self._next, self._views, self._position, page
            )
        return len(page)

    def _tell(self, head: int) -> None:
        if self._on_progress:
            self._on_progress(self._position, max(head, self._position))

    async def _rename(self, schema: str, name: str) -> None:
        await self._connection.execute(
            sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(
                sql.Identifier(schema), sql.Identifier(name)
            )
        )

    async def _drop(self, schema: str) -> None:
        await self._connection.execute(
            sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema))
        )
