"""A table of a view, declared once: its DDL, and the two ways in which rows get into it."""

from collections.abc import Mapping, Sequence
from typing import LiteralString, NamedTuple

import msgspec
from psycopg.pq import PipelineStatus

from projections.view import Connection, qualified

_JSONB = b"\x01"  # the version of its binary format, which PostgreSQL's jsonb_recv asks for
# Below this, one statement with its rows as JSON costs less than a COPY; in a pipeline, always.
_FEW = 100


def jsonb(text: bytes) -> bytes:
    """Return JSON as a row has it for a column of type jsonb: as COPY takes it."""
    return _JSONB + text


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
        if len(rows) < _FEW or connection.pgconn.pipeline_status != PipelineStatus.OFF:
            into = f"INSERT INTO {{views}}.{self.name} ({names}) SELECT {names} FROM {self._rows}"
            found = [dict(zip(self.columns, map(_raw, row), strict=True)) for row in rows]
            parameter = msgspec.json.encode(found).decode()
            await connection.execute(qualified(into, schema), (parameter,), prepare=True)
            return
        into = f"COPY {{views}}.{self.name} ({names}) FROM STDIN (FORMAT binary)"
        async with connection.cursor() as cursor, cursor.copy(qualified(into, schema)) as copy:
            copy.set_types(["bytea" if kind == "jsonb" else kind for kind in self._types.values()])
            for row in rows:
                await copy.write_row(row)

    @property
    def _types(self) -> dict[LiteralString, LiteralString]:
        return {name: kind.split(" ", 1)[0] for name, kind in self.columns.items()}

    @property
    def _rows(self) -> LiteralString:
        return recordset(self._types)


def _raw(value: object) -> object:
    """Return a value of a row as it goes into JSON: bytes are what `jsonb` made."""
    return msgspec.Raw(value.removeprefix(_JSONB)) if isinstance(value, bytes) else value


def recordset(columns: Mapping[LiteralString, LiteralString]) -> LiteralString:
    """Return SQL that reads rows from one JSON parameter, an array of objects, as `c`.

    One short parameter and one statement, however many rows: far cheaper to make than an array
    for each column.
    """
    typed = ", ".join([f"{name} {kind}" for name, kind in columns.items()])
    return f"json_to_recordset(%s::json) AS c ({typed})"
