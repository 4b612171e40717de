"""A table of a view, declared once: its DDL, and the two ways in which rows get into it."""

from collections.abc import Mapping, Sequence
from typing import LiteralString, NamedTuple

from psycopg.pq import PipelineStatus

from projections.view import Connection, qualified

# Below this, preparing a COPY costs more than it saves.
_FEW = 20


class Table(NamedTuple):
    """A table of a view: columns with their types and constraints, and its primary key."""

    name: LiteralString
    columns: Mapping[LiteralString, LiteralString]
    key: LiteralString

    @property
    def ddl(self) -> LiteralString:
        columns = ", ".join([f"{name} {kind}" for name, kind in self.columns.items()])
        return f"CREATE TABLE {{views}}.{self.name} ({columns}, PRIMARY KEY ({self.key}));"

    async def insert(
        self, connection: Connection, schema: str, rows: Sequence[Sequence[object]]
    ) -> None:
        """Write new rows, their values in the order of the columns: by COPY when they are many."""
        if not rows:
            return
        names = ", ".join(list(self.columns))
        async with connection.cursor() as cursor:
            if len(rows) < _FEW or connection.pgconn.pipeline_status != PipelineStatus.OFF:
                places = ", ".join(["%s"] * len(self.columns))
                into = f"INSERT INTO {{views}}.{self.name} ({names}) VALUES ({places})"
                await cursor.executemany(qualified(into, schema), rows)
                return
            into = f"COPY {{views}}.{self.name} ({names}) FROM STDIN (FORMAT binary)"
            async with cursor.copy(qualified(into, schema)) as copy:
                copy.set_types([kind.split(" ", 1)[0] for kind in self.columns.values()])
                for row in rows:
                    await copy.write_row(row)


def recordset(columns: Mapping[LiteralString, LiteralString]) -> LiteralString:
    """Return SQL that reads rows from one JSON parameter, an array of objects, as `c`.

    One short parameter and one statement, however many rows: far cheaper to make than an array
    for each column.
    """
    typed = ", ".join([f"{name} {kind}" for name, kind in columns.items()])
    return f"json_to_recordset(%s::json) AS c ({typed})"
