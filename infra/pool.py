"""The connections that answers are read over: kept ready, and replaced once they broke."""

from psycopg import OperationalError
from psycopg_pool import AsyncConnectionPool

from projections.reading import Pool, configure
from projections.view import Connection

WAIT_SECONDS = 2


def reading_pool(url: str, size: int) -> Pool:
    """Return a pool of at most so many connections, to be opened."""

    async def check(connection: Connection) -> None:
        """Find out, without a round trip, whether the server has hung up in the meantime."""
        try:
            # Twice: its last words, if any, come before the end.
            connection.pgconn.consume_input()
            connection.pgconn.consume_input()
        except OperationalError:
            # Those it broke with are replaced, too, before they each cost somebody an answer.
            await pool.drain()
            raise

    pool: Pool = AsyncConnectionPool(
        url,
        min_size=1,
        max_size=size,
        timeout=WAIT_SECONDS,
        # Given up early, connecting begins anew with the next request; by itself the pool would
        # wait twice as long after each attempt, long past the outage's end.
        reconnect_timeout=WAIT_SECONDS,
        open=False,
        configure=configure,
        check=check,
        kwargs={
            "autocommit": True,
            "application_name": "deskledger",
            "connect_timeout": WAIT_SECONDS,
            # A server that vanished without a word is given up after some ten seconds.
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        },
    )
    return pool
