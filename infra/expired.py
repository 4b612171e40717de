"""What is left of credentials after their time: removed, since nobody asks for it any more."""

from typing import LiteralString

from psycopg import sql

from domain.account import Account
from domain.session import Opened
from projections.reading import Pool, reading

BATCH = 500  # rows at once: an append that turns away a credential waits for no more

# A day after, whatever process's clock is wrong has long refused them.
_CREDENTIALS: LiteralString = """
DELETE FROM {log}.credentials WHERE digest IN (
    SELECT digest FROM {log}.credentials WHERE expires_at < clock_timestamp() - interval '1 day'
    LIMIT {batch} FOR UPDATE SKIP LOCKED
)
"""
# Of tokens, people still see when they were last used, however they ended; of sessions, nobody.
_USES: LiteralString = """
DELETE FROM {log}.last_used WHERE credential IN (
    SELECT u.credential FROM {log}.last_used u
    WHERE NOT EXISTS (SELECT FROM {log}.credentials c WHERE c.credential = u.credential)
        AND EXISTS (
            SELECT FROM {log}.events e WHERE e.originator_id = u.credential
                AND e.originator_version = 1 AND e.topic = {opened}
        )
    LIMIT {batch} FOR UPDATE SKIP LOCKED
)
"""


class ExpiredCredentials:
    """Removes digests a day after they expired, and uses of sessions that are over."""

    def __init__(self, pool: Pool, account: Account) -> None:
        self._pool = pool
        self._removals = [
            sql.SQL(text)
            .format(
                log=sql.Identifier(account.log),
                opened=sql.Literal(Opened.topic),
                batch=sql.Literal(BATCH),
            )
            .as_bytes(None)
            for text in (_CREDENTIALS, _USES)
        ]

    async def remove_old(self) -> None:
        """Remove what is past its time, in batches. Raises `Unavailable`."""
        for removal in self._removals:
            removed = BATCH
            while removed == BATCH:
                async with reading(self._pool) as connection:
                    removed = (await connection.execute(removal)).rowcount
