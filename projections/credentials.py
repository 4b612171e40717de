"""The view of credentials: what may be shown of access tokens, never their digests."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from domain.access_tokens import FACTS, Generated, Revoked
from domain.fact import Recorded
from projections.table import Table
from projections.text import clean
from projections.view import Connection, qualified

CREDENTIALS = Table(
    "credentials",
    {
        "id": "uuid",
        "agent": "uuid NOT NULL",
        "mask": "text NOT NULL",
        "label": "text NOT NULL",
        "scopes": "text[] NOT NULL",
        "generated_at": "timestamptz NOT NULL",
        "expires_at": "timestamptz NOT NULL",
        "generated_via": "text NOT NULL",
        "generated_with": "uuid",
        "revoked_at": "timestamptz",
        "revoked_by": "uuid",
        "revoked_via": "text",
    },
    key="id",
)

_REVOKE: LiteralString = """
UPDATE {views}.credentials SET revoked_at = %s, revoked_by = %s, revoked_via = %s WHERE id = %s
"""


class CredentialsView:
    """One row an access token, kept when it is revoked."""

    name = "credentials"
    version = 4
    takes = frozenset(FACTS)
    tables: LiteralString = CREDENTIALS.ddl
    indexes: LiteralString = """
    CREATE INDEX credentials_agent ON {views}.credentials (agent, id);
    CREATE INDEX credentials_generated_with ON {views}.credentials (generated_with)
        WHERE generated_with IS NOT NULL;
    """

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        generated: list[tuple[object, ...]] = []
        revoked: list[tuple[datetime, UUID | None, str, UUID]] = []
        for _, event in page:
            at, by = event.envelope.at, event.envelope.by
            match event.fact:
                case Generated() as new:
                    label, mask = clean(new.label), clean(new.mask)
                    scopes, until = list(new.scopes), new.expires_at
                    made = (new.token, new.agent, mask, label, scopes, at, until)
                    generated.append((*made, by.via, by.credential, None, None, None))
                case Revoked(token=token):
                    revoked.append((at, by.agent, by.via, token))
                case _:
                    pass
        await CREDENTIALS.insert(connection, schema, generated)
        if revoked:
            async with connection.cursor() as cursor:
                await cursor.executemany(qualified(_REVOKE, schema), revoked)
