"""The view of sessions: who is or was signed in, since when, from where; never a digest."""

from collections.abc import Sequence
from typing import LiteralString

from domain import agent, password, session
from domain.fact import Recorded
from projections.activity import clip
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

_OURS = frozenset(
    (
        *session.FACTS,
        password.PasswordSet,
        agent.RoleChanged,
        agent.EmailChanged,
        agent.Deactivated,
    )
)

_CLOSE: LiteralString = """
UPDATE {views}.sessions SET ended_at = %s, why = %s WHERE id = %s AND ended_at IS NULL
"""
_END_ALL: LiteralString = """
UPDATE {views}.sessions SET ended_at = %s, why = %s WHERE agent = %s AND ended_at IS NULL
"""


class SessionsView:
    """One row a session, kept when it ends; those that end with a fact of their agent, too."""

    name = "sessions"
    version = 1
    tables: LiteralString = SESSIONS.ddl
    indexes: LiteralString = "CREATE INDEX sessions_agent ON {views}.sessions (agent, id);"

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        opened: list[tuple[object, ...]] = []
        # In the log's order: a session opened after its agent's others ended is not one of them.
        for _, event in page:
            if type(event.fact) not in _OURS:
                continue
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
