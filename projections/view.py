"""What a view is: tables of its own, a fold over pages of the log, and indexes that come last."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, LiteralString, Protocol

from psycopg import AsyncConnection, sql

from domain.account import EXTENSIONS
from domain.fact import Fact, Recorded

Connection = AsyncConnection[Any]


class View(Protocol):
    """A disposable picture of the log. No fold reads another view's tables, and none decides."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int:
        """Raised whenever tables or fold change: views of another version are rebuilt from zero."""
        ...

    @property
    def takes(self) -> frozenset[type[Fact]]:
        """The facts that it folds, and is given; those of other kinds it never sees."""
        ...

    @property
    def tables(self) -> LiteralString:
        """DDL of its tables and primary keys; `{views}` is its schema, `{ext}` the extensions'."""
        ...

    @property
    def indexes(self) -> LiteralString:
        """DDL of the other indexes, made at once for an empty log and last in a rebuild.

        A semicolon ends a statement and stands nowhere else: they are shared out among sessions.
        """
        ...

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        """Write what a page of the facts it takes means, set-based, in the projector's transaction.

        Each page is given at most once, in order. Nothing is read back, so a small page may be
        folded within `connection.pipeline()`.
        """
        ...


@lru_cache(maxsize=1024)
def qualified(text: LiteralString, views: str) -> bytes:
    """Fill in the schemas' names once, so that no query depends on the search path."""
    return (
        sql.SQL(text)
        .format(views=sql.Identifier(views), ext=sql.Identifier(EXTENSIONS))
        .as_bytes(None)
    )
