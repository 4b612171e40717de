"""Which OAuth clients are in use: what agents let in and did not revoke, told together by client."""

from datetime import datetime
from typing import LiteralString

from msgspec import Struct

from projections.view import Connection, qualified

MOST = 200

# Who registers dynamically has a new id each time: such are one where all else is the same.
_IN_USE: LiteralString = """
SELECT client_name, min(client_id), redirect_uris, count(DISTINCT agent), max(last_connected_at)
FROM {views}.apps WHERE revoked_at IS NULL
GROUP BY client_name, CASE WHEN starts_with(client_id, 'dcr_') THEN '' ELSE client_id END,
    redirect_uris
ORDER BY count(DISTINCT agent) DESC, max(last_connected_at) DESC, min(client_id) LIMIT %s
"""


class ClientInUse(Struct, frozen=True):
    """A client that so many agents let in; of those that registered themselves one's id."""

    name: str
    client_id: str
    redirect_uris: list[str]
    agents: int
    last_connected_at: datetime


async def list_clients_in_use(connection: Connection, views: str) -> list[ClientInUse]:
    """Return the clients that most agents let in, `MOST` at most."""
    found = await connection.execute(qualified(_IN_USE, views), (MOST,), binary=True)
    return [ClientInUse(*row) for row in await found.fetchall()]
