"""A log in memory, written by the rules or fact by fact, and views of it in a real database."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from domain.agent import Added as AgentAdded
from domain.caller import Caller, insider
from domain.decider import Command, On
from domain.department import Added as DepartmentAdded
from domain.fact import Attribution, Envelope, Event, Fact, Recorded
from domain.permissions import Role
from domain.ticket.facts import MessageAdded
from domain.ticket.words import Author, code_of
from infra.projector.fold import shares
from projections.all import VIEWS
from projections.reading import configure
from projections.view import Connection, View, qualified
from projections.views import Views
from tests.known import ANA, BEN, BILLING, CUSTOMER, NOW, OPENED, SUPPORT
from tests.world import World, stream_for

SYSTEM = Attribution(via="system")
ALL = insider("system")
SHOWN = "shown"


class Book:
    """A log whose positions rise with gaps; the larger the `stride`, the longer it seems."""

    def __init__(self, stride: int = 1) -> None:
        self.world = World()
        self._stride = stride
        self.log: list[Recorded] = []
        self._versions: dict[UUID, int] = {}

    def carry_out(
        self, command: Command, caller: Caller = ALL, now: datetime = NOW
    ) -> list[Recorded]:
        """Let the rules decide, and write down what they said; raises their refusals."""
        start = len(self.log)
        for fact in self.world.decide(command, caller, now):
            ref, bare = (
                (fact.ref, fact.fact) if isinstance(fact, On) else (stream_for(command), fact)
            )
            self.world.happen(ref, bare)
            self.write(ref.id, bare, at=now, by=caller.by)
        return self.log[start:]

    def write(
        self,
        stream: UUID,
        *facts: Fact,
        at: datetime = NOW,
        by: Attribution = SYSTEM,
        happened_at: datetime | None = None,
        call: UUID | None = None,
    ) -> None:
        """Write facts down as they are, at the end of their stream."""
        for fact in facts:
            version = self._versions[stream] = self._versions.get(stream, 0) + 1
            envelope = Envelope(recorded_at=at, by=by, happened_at=happened_at, call=call)
            gap = self._stride + len(self.log) % 3
            position = self.log[-1].position + gap if self.log else 1
            self.log.append(Recorded(position, Event(stream, version, fact, envelope)))


class Shown:
    """Views in a schema of their own, and what may be asked of them."""

    def __init__(self, pool: AsyncConnectionPool[Connection], schema: str) -> None:
        self.views = Views(pool, schema)
        self._pool = pool
        self._schema = schema
        self._folded = 0

    async def show(self, book: Book) -> Views:
        """Fold what the book has got since, as the projector does with what is new."""
        page = book.log[self._folded :]
        self._folded = len(book.log)
        async with self._pool.connection() as connection, connection.transaction():
            await fold(connection, self._schema, page)
        return self.views

    async def clear(self) -> None:
        """Forget everything, to show another book."""
        self._folded = 0
        async with self._pool.connection() as connection:
            await connection.execute(
                sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(self._schema))
            )
            await create(connection, self._schema)

    async def rows(self, table: str, columns: str = "*") -> list[dict[str, Any]]:
        """Return a table's rows in the order of its first columns."""
        query = sql.SQL("SELECT {} FROM {} ORDER BY 1, 2").format(
            sql.SQL(columns),  # pyright: ignore[reportArgumentType] - written in tests only
            sql.Identifier(self._schema, table),
        )
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            return await (await cursor.execute(query)).fetchall()


async def fold(
    connection: Connection, schema: str, page: Sequence[Recorded], views: Sequence[View] = VIEWS
) -> None:
    for view, taken in shares(views, page):
        await view.fold(connection, schema, taken)


async def create(connection: Connection, schema: str, *, indexes: bool = True) -> None:
    """Create empty views, with the indexes at once or not yet."""
    await connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    for view in VIEWS:
        await connection.execute(qualified(view.tables, schema))
        if indexes and view.indexes:
            await connection.execute(qualified(view.indexes, schema))


def prepare(url: str) -> None:
    """Create empty views in a database that has the extensions, in the schema SHOWN."""

    async def prepared() -> None:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await configure(connection)
            await create(connection, SHOWN)

    asyncio.run(prepared())


@asynccontextmanager
async def shown(url: str) -> AsyncGenerator[Shown]:
    """The empty views of a prepared database."""
    pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
        url, min_size=1, max_size=2, open=False, configure=configure
    )
    async with pool:
        yield Shown(pool, SHOWN)


class Desk(Book):
    """A book with two departments and their agents, where tickets are easily opened."""

    def __init__(self, stride: int = 1) -> None:
        super().__init__(stride)
        self.write(SUPPORT, DepartmentAdded(name="Support"))
        self.write(BILLING, DepartmentAdded(name="Billing"))
        self.write(ANA, AgentAdded(name="Ana", role=Role.AGENT, departments=(SUPPORT,)))
        self.write(BEN, AgentAdded(name="Ben", role=Role.ADMIN, departments=(SUPPORT, BILLING)))

    def open(
        self,
        number: int,
        subject: str = "A question",
        *bodies: str,
        department: UUID = SUPPORT,
        at: datetime = NOW,
        **more: Any,
    ) -> UUID:
        """Open a ticket with messages of its customer; its id and code come from the number."""
        ticket = UUID(int=10_000 + number)
        opened = msgspec.structs.replace(
            OPENED, code=code_of(number), subject=subject, department=department, **more
        )
        self.write(ticket, opened, at=at)
        for body in bodies:
            self.say(ticket, body, at=at)
        return ticket

    def say(
        self, ticket: UUID, body: str, author: Author = CUSTOMER, *, at: datetime = NOW
    ) -> UUID:
        """Add a message and return its id."""
        message = UUID(int=1_000_000 + len(self.log))
        self.write(ticket, MessageAdded(message=message, author=author, body=body), at=at)
        return message


async def showing(shown: Shown, book: Book, *, paged: bool) -> None:
    """Show a book at once, or page by page."""
    log = list(book.log)
    for end in range(len(log) + 1) if paged else [len(log)]:
        book.log = log[:end]
        await shown.show(book)


async def only(shown: Shown, table: str, columns: str) -> dict[str, Any]:
    """Return the one row of a table."""
    (row,) = await shown.rows(table, columns)
    return row
