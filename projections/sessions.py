"""The view of sessions: who is or was signed in, since when, from where; never a digest."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from domain import agent, password, session
from domain.fact import Recorded
from projections.activity import clip
from projections.metadata import Named
from projections.table import Table
from projections.view import Connection, qualified

SESSIONS = Table(
    "sessions",
    {
        "id": "uuid",
        "agent": "uuid NOT NULL",
        "opened_at": "timestamptz NOT NULL",
        "expires_at": "timestamptz NOT NULL",
        "client": "text",
        "ip": "text",
        "ended_at": "timestamptz",
        "why": "text",
    },
    key="id",
)

_CLOSE: LiteralString = """
UPDATE {views}.sessions SET ended_at = %s, why = %s WHERE id = %s AND ended_at IS NULL
"""
_END_ALL: LiteralString = """
UPDATE {views}.sessions SET ended_at = %s, why = %s WHERE agent = %s AND ended_at IS NULL
"""
_LIST: LiteralString = """
SELECT s.id, s.agent, a.name, s.opened_at, s.expires_at, s.client, s.ip, s.ended_at, s.why
FROM {views}.sessions s LEFT JOIN {views}.agents a ON a.id = s.agent
WHERE (%s::uuid IS NULL OR s.agent = %s)
    AND (%s OR (s.ended_at IS NULL AND s.expires_at > now()))
ORDER BY s.opened_at DESC, s.id
"""


class SessionLine(Struct, frozen=True, omit_defaults=True):
    """A session. `why` it ended is a word, or the topic of the fact that ended all of its agent's.

    Those that nobody used for too long are over without an `ended_at`.
    """

    id: UUID
    agent: Named
    opened_at: datetime
    expires_at: datetime
    client: str | UnsetType = UNSET
    ip: str | UnsetType = UNSET
    ended_at: datetime | UnsetType = UNSET
    why: str | UnsetType = UNSET


class SessionsView:
    """One row a session, kept when it ends; those that end with a fact of their agent, too."""

    name = "sessions"
    version = 1
    takes = frozenset(
        (
            *session.FACTS,
            password.PasswordSet,
            agent.RoleChanged,
            agent.EmailChanged,
            agent.Deactivated,
        )
    )
    tables: LiteralString = SESSIONS.ddl
    indexes: LiteralString = "CREATE INDEX sessions_agent ON {views}.sessions (agent, id);"

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        opened: list[tuple[object, ...]] = []
        # In the log's order: a session opened after its agent's others ended is not one of them.
        for _, event in page:
            key, envelope = event.originator_id, event.envelope
            at = envelope.at
            match event.fact:
                case session.Opened(agent=holder, expires_at=expires_at):
                    by = envelope.by
                    client = clip(by.client.name) if by.client else None
                    ip = clip(by.ip) if by.ip else None
                    opened.append((key, holder, at, expires_at, client, ip, None, None))
                    continue
                case session.Closed(why=why):
                    statement, ended = _CLOSE, (at, why, key)
                case password.PasswordSet(agent=holder):
                    statement, ended = _END_ALL, (at, event.fact.topic, holder)
                case fact:
                    statement, ended = _END_ALL, (at, fact.topic, key)
            await SESSIONS.insert(connection, schema, opened)
            opened = []
            await connection.execute(qualified(statement, schema), ended, prepare=True)
        await SESSIONS.insert(connection, schema, opened)


async def list_sessions(
    connection: Connection, views: str, agent: UUID | None, *, ended: bool
) -> list[SessionLine]:
    """Return the sessions of one agent or of all, newest first, with those that ended or without."""
    found = await connection.execute(qualified(_LIST, views), (agent, agent, ended))
    return [
        SessionLine(
            id=row[0],
            agent=Named(row[1], row[2] or ""),
            opened_at=row[3],
            expires_at=row[4],
            client=row[5] or UNSET,
            ip=row[6] or UNSET,
            ended_at=row[7] or UNSET,
            why=row[8] or UNSET,
        )
        for row in await found.fetchall()
    ]
