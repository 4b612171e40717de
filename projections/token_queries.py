"""Asks the views which access tokens there are, as far as they may be shown."""

from datetime import datetime
from typing import Annotated, Literal, LiteralString
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from domain.access_tokens import warning
from domain.fact import Via
from domain.permissions import Scope
from projections.metadata import Named
from projections.view import Connection, qualified

TokenState = Literal["active", "expiring", "expired", "revoked"]


class TokenRef(Struct, frozen=True, omit_defaults=True):
    """An access token, named."""

    id: Annotated[UUID, Meta(description="The token's id.")]
    mask: Annotated[str, Meta(description="Its prefix and its last four characters.")]
    revoked: Annotated[bool, Meta(description="Whether it was revoked since.")] = False


class TokenLine(Struct, frozen=True, omit_defaults=True):
    """An access token, as far as it may be shown. No view knows when it was last used."""

    id: UUID
    mask: str
    label: str
    agent: Named
    scopes: list[Scope]
    generated_at: datetime
    expires_at: datetime
    generated_via: Via
    # Absent where it was no token that generated it.
    generated_with: TokenRef | UnsetType = UNSET
    revoked_at: datetime | UnsetType = UNSET
    revoked_by: UUID | UnsetType = UNSET
    last_used_at: datetime | UnsetType = UNSET

    def state(self, now: datetime) -> TokenState:
        """Say how the token stands; `expiring` from sixty days before its end on."""
        if self.revoked_at is not UNSET:
            return "revoked"
        days = warning(self.expires_at, now)
        if days is None:
            return "active"
        return "expiring" if days else "expired"


_TOKENS: LiteralString = """
SELECT c.id, c.mask, c.label, c.agent, a.name, c.generated_at, c.expires_at, c.revoked_at, c.revoked_by,
    c.scopes, c.generated_via, g.id, g.mask, g.revoked_at IS NOT NULL
FROM {views}.credentials c LEFT JOIN {views}.agents a ON a.id = c.agent
LEFT JOIN {views}.credentials g ON g.id = c.generated_with
WHERE (%s::uuid IS NULL OR c.agent = %s) AND (%s::uuid IS NULL OR c.id = %s)
    AND (%s OR c.revoked_at IS NULL)
ORDER BY c.generated_at, c.id
"""


async def list_tokens(
    connection: Connection, views: str, agent: UUID | None, token: UUID | None, *, revoked: bool
) -> list[TokenLine]:
    """Return access tokens, one agent's or the one named, oldest first, with or without revoked."""
    found = await connection.execute(
        qualified(_TOKENS, views), (agent, agent, token, token, revoked), binary=True
    )
    return [
        TokenLine(
            id=row[0],
            mask=row[1],
            label=row[2],
            agent=Named(row[3], row[4] or ""),
            scopes=[scope for scope in Scope if scope in row[9]],
            generated_at=row[5],
            expires_at=row[6],
            generated_via=row[10],
            generated_with=UNSET if row[11] is None else TokenRef(*row[11:14]),
            revoked_at=row[7] or UNSET,
            revoked_by=row[8] or UNSET,
        )
        for row in await found.fetchall()
    ]
