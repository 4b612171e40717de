"""Grants, refresh tokens and clients in PostgreSQL: each change is one statement, whole or not at all."""

from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from psycopg import sql
from psycopg.rows import dict_row

from api.oauth.store import Document, Grant, Issued, RefreshToken, TooMany, Unknown
from domain.account import Account
from domain.oauth_client import OAuthClient
from projections.reading import Pool, reading

MOST_CLIENTS = 10_000
MOST_BY_NETWORK = 60  # an hour; those registered already, by a fingerprint, do not count
HOUR = timedelta(hours=1)
# Where there are too many, those go first that had their time to be used: a stranger who registers
# them by the thousand keeps nobody out.
_TIME_TO_BE_USED = timedelta(minutes=10)
_ROOM = 100

_GRANT: LiteralString = """
g.id, g.consent, g.agent, g.client_id, g.redirect_uri, g.redirect_given, g.scopes, g.resource,
g.challenge, g.code_expires_at, g.redeemed_at
"""
_BY_CODE: LiteralString = f"SELECT {_GRANT} FROM {{log}}.grants g WHERE g.code_digest = %s"
_BY_REFRESH: LiteralString = f"""
SELECT {_GRANT}, r.idle_until, r.until, r.rotated_at, r.sealed
FROM {{log}}.refresh_tokens r JOIN {{log}}.grants g ON g.id = r.grant_id WHERE r.digest = %s
"""
_BY_ISSUED: LiteralString = f"""
SELECT {_GRANT} FROM {{log}}.grants g WHERE g.id IN (
    SELECT grant_id FROM {{log}}.refresh_tokens WHERE digest = %(digest)s
    UNION ALL SELECT grant_id FROM {{log}}.credentials WHERE digest = %(digest)s
)
"""
# Of the winner `g`: its row is locked until all of it is committed, so whoever ends the grant waits.
_ISSUE: LiteralString = """
issued AS (
    INSERT INTO {log}.credentials
        (digest, kind, credential, agent, scopes, since, expires_at, grant_id)
    SELECT %(access)s, 'app', consent, agent, %(scopes)s::text[], %(now)s, %(access_until)s, id
    FROM g
), refreshed AS (
    INSERT INTO {log}.refresh_tokens (digest, grant_id, idle_until, until)
    SELECT %(refresh)s, id, %(idle_until)s, %(until)s FROM g WHERE %(refresh)s::bytea IS NOT NULL
), seen AS (
    -- Once an hour: many share a client, and none is to wait for another's commit.
    UPDATE {log}.oauth_clients c SET used_at = %(now)s FROM g
    WHERE c.client_id = g.client_id
        AND (c.used_at IS NULL OR c.used_at < %(now)s - interval '1 hour')
)
SELECT count(*) FROM g
"""
_REDEEM: LiteralString = f"""
WITH g AS (
    UPDATE {{log}}.grants SET redeemed_at = %(now)s, until = %(ends)s
    WHERE id = %(grant)s AND redeemed_at IS NULL
    RETURNING id, consent, agent, client_id
), {_ISSUE}
"""
# The grant is locked before its tokens, in the order in which its end locks them.
_ROTATE: LiteralString = f"""
WITH held AS (
    UPDATE {{log}}.grants SET until = greatest(until, %(ends)s)
    WHERE id = (SELECT grant_id FROM {{log}}.refresh_tokens WHERE digest = %(digest)s)
    RETURNING id, consent, agent, client_id
), rotated AS (
    UPDATE {{log}}.refresh_tokens r
    SET rotated_at = %(now)s, sealed = %(sealed)s, successor = %(refresh)s
    FROM held WHERE r.digest = %(digest)s AND r.grant_id = held.id AND r.rotated_at IS NULL
    RETURNING r.grant_id
), used AS (
    UPDATE {{log}}.refresh_tokens SET sealed = NULL
    WHERE successor = %(digest)s AND EXISTS (SELECT FROM rotated)
), g AS (
    SELECT held.* FROM held JOIN rotated ON rotated.grant_id = held.id
), {_ISSUE}
"""
_LIVES: LiteralString = """
SELECT EXISTS (
    SELECT FROM {log}.grants g WHERE g.consent = %(consent)s AND (
        EXISTS (
            SELECT FROM {log}.refresh_tokens r WHERE r.grant_id = g.id
                AND r.rotated_at IS NULL AND least(r.idle_until, r.until) > %(now)s
        ) OR EXISTS (
            SELECT FROM {log}.credentials c WHERE c.grant_id = g.id AND c.expires_at > %(now)s
        )
    )
)
"""
_CLIENT: LiteralString = "SELECT client FROM {log}.oauth_clients WHERE client_id = %s"
# Written seldom, as anybody may have it written: whoever uses the client would wait for him.
_KNOWN: LiteralString = """
WITH known AS (
    SELECT client_id, client, registered_at < %(now)s - interval '5 minutes' AS late
    FROM {log}.oauth_clients WHERE fingerprint = %(fingerprint)s
), again AS (
    UPDATE {log}.oauth_clients c SET registered_at = %(now)s FROM known
    WHERE known.late AND c.client_id = known.client_id RETURNING c.client_id
)
SELECT client FROM known WHERE NOT late OR EXISTS (SELECT FROM again)
"""
_REGISTERED: LiteralString = """
SELECT (SELECT count(*) FROM {log}.oauth_clients) AS clients, count(*) AS lately, min(registered_at) AS first
FROM {log}.oauth_clients WHERE network = %s AND registered_at > %s
"""
_REGISTER: LiteralString = """
INSERT INTO {log}.oauth_clients AS c (client_id, client, fingerprint, network, registered_at)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (fingerprint) DO UPDATE SET registered_at = excluded.registered_at RETURNING c.client
"""
_MAKE_ROOM: LiteralString = """
DELETE FROM {log}.oauth_clients WHERE client_id IN (
    SELECT client_id FROM {log}.oauth_clients c WHERE used_at IS NULL AND registered_at < %s
        AND NOT EXISTS (SELECT FROM {log}.grants g WHERE g.client_id = c.client_id)
    ORDER BY registered_at LIMIT %s FOR UPDATE SKIP LOCKED
)
"""
_DOCUMENT: LiteralString = """
SELECT client, fetched_at, fresh_until FROM {log}.client_documents WHERE client_id = %s
"""
_KEEP: LiteralString = """
INSERT INTO {log}.client_documents AS d (client_id, client, fetched_at, fresh_until)
VALUES (%s, %s, %s, %s) ON CONFLICT (client_id) DO UPDATE
SET client = excluded.client, fetched_at = excluded.fetched_at, fresh_until = excluded.fresh_until
WHERE d.fetched_at <= excluded.fetched_at
"""
# Never a client that somebody still uses: its tokens would be refused with it.
# Nor does it wait for rows that an append deletes, or the append for more than a batch of them: in
# another order than this, the two would wait for each other.
_BATCH = 500
_REAPED: tuple[LiteralString, ...] = (
    """
    DELETE FROM {log}.grants WHERE id IN (
        SELECT id FROM {log}.grants WHERE until < %(now)s - interval '1 day'
        LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    )
    """,
    # Until then, one that comes again ends its grant; later it is merely unknown.
    """
    DELETE FROM {log}.refresh_tokens WHERE digest IN (
        SELECT digest FROM {log}.refresh_tokens WHERE rotated_at < %(now)s - interval '30 days'
        LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    )
    """,
    # Nobody is answered from it any more; the old token and a copy of the database would open it.
    """
    UPDATE {log}.refresh_tokens SET sealed = NULL WHERE digest IN (
        SELECT digest FROM {log}.refresh_tokens
        WHERE sealed IS NOT NULL AND rotated_at < %(now)s - interval '5 minutes'
        LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    )
    """,
    """
    DELETE FROM {log}.oauth_clients c WHERE c.registered_at < %(now)s - interval '1 day'
        AND (c.used_at IS NULL OR c.used_at < %(now)s - interval '90 days')
        AND NOT EXISTS (SELECT FROM {log}.grants g WHERE g.client_id = c.client_id)
    """,
    # So old, a copy stands in for nothing but the clients of living grants.
    """
    DELETE FROM {log}.client_documents d WHERE d.fetched_at < %(now)s - interval '30 days'
        AND NOT EXISTS (SELECT FROM {log}.grants g WHERE g.client_id = d.client_id)
    """,
)


class PostgresOAuthStore:
    """Implements `api.oauth.store.OAuthStore`."""

    def __init__(self, pool: Pool, account: Account) -> None:
        self._pool = pool
        self._log = sql.Identifier(account.log)

    async def find_grant(self, code_digest: bytes) -> Grant | None:
        row = await self._one(_BY_CODE, (code_digest,))
        return msgspec.convert(row, Grant, strict=False) if row else None

    async def redeem(self, grant: UUID, issued: Issued, now: datetime) -> bool:
        given = {**_given(issued, now), "grant": grant}
        return await self._count(_REDEEM, given) > 0

    async def find_refresh_token(self, digest: bytes) -> RefreshToken | None:
        row = await self._one(_BY_REFRESH, (digest,))
        if row is None:
            return None
        own = {name: row.pop(name) for name in ("idle_until", "until", "rotated_at", "sealed")}
        return RefreshToken(grant=msgspec.convert(row, Grant, strict=False), **own)

    async def rotate(
        self, digest: bytes, issued: Issued, sealed: bytes, now: datetime
    ) -> RefreshToken | None:
        given = {**_given(issued, now), "digest": digest, "sealed": sealed}
        if await self._count(_ROTATE, given):
            return None
        token = await self.find_refresh_token(digest)
        if token is None:
            raise Unknown
        return token

    async def find_issued(self, digest: bytes) -> Grant | None:
        row = await self._one(_BY_ISSUED, {"digest": digest})
        return msgspec.convert(row, Grant, strict=False) if row else None

    async def has_living_grant(self, consent: UUID, now: datetime) -> bool:
        row = await self._one(_LIVES, {"consent": consent, "now": now})
        return bool(row and row["exists"])

    async def find_client(self, client_id: str) -> OAuthClient | None:
        row = await self._one(_CLIENT, (client_id,))
        return _client(row)

    async def add_client(
        self, client: OAuthClient, fingerprint: bytes | None, network: str, now: datetime
    ) -> OAuthClient:
        sought = {"now": now, "fingerprint": fingerprint}
        if fingerprint and (known := _client(await self._one(_KNOWN, sought))):
            return known
        counted = await self._one(_REGISTERED, (network, now - HOUR)) or {}
        if counted["lately"] >= MOST_BY_NETWORK:
            raise TooMany(max(int((counted["first"] + HOUR - now).total_seconds()), 1))
        if counted["clients"] >= MOST_CLIENTS and not await self._make_room(now):
            raise TooMany(int(_TIME_TO_BE_USED.total_seconds()))
        text = msgspec.json.encode(client).decode()
        row = await self._one(_REGISTER, (client.id, text, fingerprint, network, now))
        return _client(row) or client

    async def find_document(self, client_id: str) -> Document | None:
        row = await self._one(_DOCUMENT, (client_id,))
        client = _client(row)
        if row is None or client is None:
            return None
        return Document(client, row["fetched_at"], row["fresh_until"])

    async def keep_document(self, document: Document) -> None:
        text = msgspec.json.encode(document.client).decode()
        given = (document.client.id, text, document.fetched_at, document.fresh_until)
        async with reading(self._pool) as connection:
            await connection.execute(self._filled(_KEEP), given)

    async def remove_old(self, now: datetime) -> None:
        """Remove what nobody can use any more. Raises `Unavailable`."""
        for text in _REAPED:
            removed = _BATCH
            while removed == _BATCH:
                async with reading(self._pool) as connection:
                    given = {"now": now, "batch": _BATCH}
                    removed = (await connection.execute(self._filled(text), given)).rowcount

    async def _make_room(self, now: datetime) -> bool:
        async with reading(self._pool) as connection:
            given = (now - _TIME_TO_BE_USED, _ROOM)
            return (await connection.execute(self._filled(_MAKE_ROOM), given)).rowcount > 0

    async def _count(self, text: LiteralString, given: dict[str, Any]) -> int:
        row = await self._one(text, given)
        return row["count"] if row else 0

    async def _one(
        self, text: LiteralString, given: dict[str, Any] | tuple[Any, ...]
    ) -> dict[str, Any] | None:
        async with (
            reading(self._pool) as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(self._filled(text), given)
            return await cursor.fetchone()

    def _filled(self, text: LiteralString) -> sql.Composed:
        return sql.SQL(text).format(log=self._log)


def _client(row: dict[str, Any] | None) -> OAuthClient | None:
    return msgspec.json.decode(row["client"], type=OAuthClient) if row else None


def _given(issued: Issued, now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "access": issued.access_digest,
        "scopes": list(issued.access_scopes),
        "access_until": issued.access_expires_at,
        "refresh": issued.refresh_digest,
        "idle_until": issued.idle_until,
        "until": issued.until,
        "ends": min(issued.idle_until, issued.until)
        if issued.refresh_digest
        else issued.access_expires_at,
    }
