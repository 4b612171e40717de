"""The ledger of one account on PostgreSQL: the writer's appends and the reads that decide."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import sql

from domain.account import Account
from domain.fact import Event
from domain.ledger import Append, Appended, AppFound, BudgetLine, CredentialFound, Unavailable
from infra.event_store.batch import budget_line
from infra.event_store.budget import budget_statement
from infra.event_store.mapper import to_event
from infra.event_store.writer import Writer
from projections.reading import Pool, reading


class PostgresLedger:
    """Implements `domain.ledger.Ledger`."""

    def __init__(self, pool: Pool, account: Account, writer: Writer) -> None:
        self._pool = pool
        self._account = account
        self._writer = writer
        self._load = self._filled(
            "SELECT originator_id, originator_version, topic, state FROM {log}.events "
            "WHERE originator_id = %s AND originator_version > %s ORDER BY originator_version"
        )
        self._load_many = self._filled(
            "SELECT originator_id, originator_version, topic, state FROM {log}.events "
            "WHERE originator_id = ANY (%s) ORDER BY originator_id, originator_version"
        )
        # One statement, so one snapshot: the number is never newer than the credential.
        self._credential = self._filled(
            "SELECT c.kind, c.credential, c.agent, c.scopes, c.since, c.expires_at, u.used_at, "
            "a.authority, g.client_id, g.client_name, g.resource "
            "FROM {log}.account a JOIN {log}.credentials c ON c.digest = %s "
            "LEFT JOIN {log}.last_used u USING (credential) "
            "LEFT JOIN {log}.grants g ON g.id = c.grant_id"
        )
        self._ends_at = self._filled(
            "SELECT max(expires_at) FROM {log}.credentials WHERE agent = %s AND credential = %s"
        )
        self._password = self._filled("SELECT hash FROM {log}.passwords WHERE agent = %s")
        self._note_used = self._filled(
            "INSERT INTO {log}.last_used AS u (credential, used_at) "
            # In one order everywhere, so that two processes never wait for each other.
            "SELECT * FROM unnest(%s::uuid[], %s::timestamptz[]) ORDER BY 1 ON CONFLICT (credential) "
            "DO UPDATE SET used_at = greatest(u.used_at, excluded.used_at)"
        )
        self._last_used = self._filled(
            "SELECT credential, used_at FROM {log}.last_used WHERE credential = ANY (%s)"
        )
        self._authority = self._filled("SELECT authority FROM {log}.account")
        self._budget_line = budget_statement(account)
        self._having_events = self._filled(
            "SELECT originator_id FROM {log}.events "
            "WHERE originator_id = ANY (%s) AND originator_version = 1"
        )
        self._ticket_number = self._filled("SELECT nextval({sequence})")
        self._ticket_numbers = self._filled(
            "SELECT nextval({sequence}) FROM generate_series(1, %s)"
        )

    async def append(self, request: Append) -> Appended:
        return await self._writer.append(request)

    async def load(self, stream: UUID, after: int = 0) -> Sequence[Event]:
        async with reading(self._pool) as connection:
            rows = await connection.execute(self._load, (stream, after), binary=True)
            return [to_event(*row) async for row in rows]

    async def load_many(self, streams: Iterable[UUID]) -> dict[UUID, Sequence[Event]]:
        found: dict[UUID, list[Event]] = {}
        async with reading(self._pool) as connection:
            rows = await connection.execute(self._load_many, (list(streams),), binary=True)
            async for row in rows:
                found.setdefault(row[0], []).append(to_event(*row))
        return dict(found)

    async def find_credential(self, digest: bytes) -> CredentialFound | None:
        async with reading(self._pool) as connection:
            rows = await connection.execute(self._credential, (digest,))
            row = await rows.fetchone()
        if row is None:
            return None
        *found, client_id, client_name, resource = row
        app = None if client_id is None else AppFound(client_id, client_name, resource)
        return CredentialFound._make([*found, app])

    async def ends_at(self, agent: UUID, credential: UUID) -> datetime | None:
        async with reading(self._pool) as connection:
            found = await connection.execute(self._ends_at, (agent, credential))
            row = await found.fetchone()
        return row[0] if row else None

    async def find_password(self, agent: UUID) -> str | None:
        async with reading(self._pool) as connection:
            row = await (await connection.execute(self._password, (agent,))).fetchone()
        return row[0] if row else None

    async def note_used(self, uses: Mapping[UUID, datetime]) -> None:
        async with reading(self._pool) as connection:
            await connection.execute(self._note_used, (list(uses), list(uses.values())))

    async def last_used(self, credentials: Iterable[UUID]) -> dict[UUID, datetime]:
        async with reading(self._pool) as connection:
            rows = await connection.execute(self._last_used, (list(credentials),))
            return {credential: used_at async for credential, used_at in rows}

    async def authority(self) -> int:
        return await self._number(self._authority)

    async def budget_line(self) -> BudgetLine:
        async with reading(self._pool) as connection:
            row = await (await connection.execute(self._budget_line)).fetchone()
        if row is None:
            raise Unavailable
        return budget_line(*row)

    async def next_ticket_number(self) -> int:
        return await self._number(self._ticket_number)

    async def having_events(self, streams: Iterable[UUID]) -> set[UUID]:
        async with reading(self._pool) as connection:
            rows = await connection.execute(self._having_events, (list(streams),), binary=True)
            return {stream async for (stream,) in rows}

    async def next_ticket_numbers(self, count: int) -> Sequence[int]:
        async with reading(self._pool) as connection:
            rows = await connection.execute(self._ticket_numbers, (count,), binary=True)
            return [number async for (number,) in rows]

    async def _number(self, query: bytes) -> int:
        async with reading(self._pool) as connection:
            row = await (await connection.execute(query)).fetchone()
        if row is None:
            raise Unavailable
        return row[0]

    def _filled(self, text: LiteralString) -> bytes:
        return (
            sql.SQL(text)
            .format(
                log=sql.Identifier(self._account.log),
                sequence=sql.Literal(f"{self._account.log}.ticket_number"),
            )
            .as_bytes(None)
        )
