"""Which access tokens were generated with which: revoking one does not revoke those made with it."""

from collections.abc import Iterable
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from projections.token_queries import TokenRef
from projections.view import Connection, qualified

_MADE: LiteralString = """
WITH RECURSIVE made (id) AS (
    SELECT id FROM {views}.credentials WHERE generated_with = %(token)s
    UNION
    SELECT c.id FROM made JOIN {views}.credentials c ON c.generated_with = made.id
)
SELECT c.id, c.mask FROM made JOIN {views}.credentials c USING (id)
WHERE c.agent = %(agent)s AND c.revoked_at IS NULL AND c.expires_at > %(now)s
ORDER BY c.generated_at, c.id
"""


async def still_active(
    connection: Connection, views: str, agent: UUID, token: UUID, now: datetime
) -> list[TokenRef]:
    """Return those active of an agent's tokens that come of one, in however many steps.

    Steps that are revoked by now count as well: else a thief would hide new tokens behind them.
    """
    asked = {"agent": agent, "token": token, "now": now}
    found = await connection.execute(qualified(_MADE, views), asked, binary=True)
    return [TokenRef(*row) async for row in found]


def warning_of(masks: Iterable[str]) -> str:
    """Say that tokens live on which a revoked one had generated; nothing where there are none."""
    shown = [f"…{mask.rpartition('…')[2]}" for mask in masks]
    if not shown:
        return ""
    tokens, it = ("A token", "it") if len(shown) == 1 else (f"{len(shown)} tokens", "them")
    return (
        f"{tokens} generated with it can still be used: {', '.join(shown)}. "
        f"Revoke {it}, too, unless you know what for."
    )
