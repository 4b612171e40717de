"""The row beside the views that says how far they are, and the versions they were built with."""

from collections.abc import Mapping, Sequence
from typing import LiteralString, NamedTuple

import psycopg
from psycopg import sql

from domain.account import Account
from projections.view import Connection, View


class Place(NamedTuple):
    """How far the views are, how long the log is, and why the views come no further, if so."""

    position: int
    head: int
    failure: str | None


class Tracking:
    """The tracking table of the live views, or of those in `schema`, which nobody is told of.

    It has the shape of the eventsourcing library's.
    """

    def __init__(self, account: Account, schema: str | None = None) -> None:
        self.schema = schema or account.views
        notify = "pg_notify(%(channel)s, %(payload)s)" if schema is None else "true"
        self._account = account
        self._table = 0
        self._read = self._filled(
            "SELECT tableoid, notification_id, "
            "(SELECT coalesce(max(e.notification_id), 0) FROM {log}.events e), failure "
            "FROM {views}.notification_tracking WHERE application_name = %s"
        )
        self._advance = self._filled(
            "WITH moved AS ("
            "UPDATE {views}.notification_tracking "
            "SET notification_id = %(position)s, failure = NULL "
            "WHERE application_name = %(log)s AND notification_id = %(previous)s "
            "AND tableoid = %(table)s RETURNING " + notify + ") SELECT 1 / count(*) FROM moved"
        )
        self._take_away = self._filled(
            "DELETE FROM {views}.notification_tracking WHERE application_name = %s "
            "RETURNING notification_id"
        )
        self._fail = self._filled(
            "UPDATE {views}.notification_tracking SET failure = %s "
            "WHERE application_name = %s AND notification_id = %s"
        )

    async def create(self, connection: Connection, views: Sequence[View]) -> None:
        """Create the schema and both tables, at position 0."""
        await connection.execute(
            self._filled(
                "CREATE SCHEMA {views};"
                "CREATE TABLE {views}.notification_tracking ("
                "application_name text PRIMARY KEY, notification_id bigint NOT NULL, failure text"
                ") WITH (fillfactor = 10);"
                "CREATE TABLE {views}.view_versions (name text PRIMARY KEY, version integer NOT NULL)"
            )
        )
        await connection.execute(
            self._filled("INSERT INTO {views}.notification_tracking VALUES (%s, 0)"),
            (self._account.log,),
        )
        await connection.execute(
            self._filled(
                "INSERT INTO {views}.view_versions SELECT * FROM unnest(%s::text[], %s::integer[])"
            ),
            ([view.name for view in views], [view.version for view in views]),
        )

    async def place(self, connection: Connection) -> Place | None:
        """Return where the views are; None where there are none. It is these that `advance` moves."""
        try:
            cursor = await connection.execute(self._read, (self._account.log,))
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            return None
        row = await cursor.fetchone()
        if row is None:
            return None
        self._table, *place = row
        return Place(*place)

    async def versions(self, connection: Connection) -> Mapping[str, int]:
        """Return the versions of the views that are there, by name."""
        try:
            cursor = await connection.execute(
                self._filled("SELECT name, version FROM {views}.view_versions")
            )
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            return {}
        return dict(await cursor.fetchall())

    async def advance(self, connection: Connection, previous: int, position: int) -> None:
        """Move on when the transaction commits, and tell those who wait for the live views.

        Comes first in its transaction: the row's lock keeps a swap of the views out until then.
        Where the views are no longer those that `place` saw, or not at `previous`, it fails with
        psycopg's `DivisionByZero`: then nothing may be written, and in a pipeline nothing is.
        """
        await connection.execute(
            self._advance,
            {
                "position": position,
                "log": self._account.log,
                "previous": previous,
                "table": self._table,
                "channel": self._account.views_channel,
                "payload": str(position),
            },
            prepare=True,
        )

    async def tell(self, connection: Connection, position: int) -> None:
        """Tell those who wait where the views are, when the transaction commits."""
        await connection.execute(
            "SELECT pg_notify(%s, %s)", (self._account.views_channel, str(position))
        )

    async def exists(self, connection: Connection) -> bool:
        """Whether there are views in this schema."""
        cursor = await connection.execute("SELECT to_regnamespace(quote_ident(%s))", (self.schema,))
        return await cursor.fetchone() != (None,)

    async def take_away(self, connection: Connection) -> int:
        """Delete the row, so that nobody moves these views on, and return what it said."""
        cursor = await connection.execute(self._take_away, (self._account.log,))
        row = await cursor.fetchone()
        return row[0] if row else 0

    async def fail(self, connection: Connection, position: int, failure: str) -> None:
        """Leave a note why the views stay at `position`."""
        await connection.execute(self._fail, (failure, self._account.log, position))

    def _filled(self, text: LiteralString) -> bytes:
        return (
            sql.SQL(text)
            .format(views=sql.Identifier(self.schema), log=sql.Identifier(self._account.log))
            .as_bytes(None)
        )
