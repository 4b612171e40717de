"""Sessions of our own with PostgreSQL, for LISTEN and locks that no pooler may stand between."""

from collections.abc import Iterator

from psycopg import AsyncConnection, sql

from projections.view import Connection

# A node that vanishes without a word gives up its locks after some ten seconds.
_KEEPALIVE = {"idle": 5, "interval": 2, "count": 3}


async def connect(url: str, name: str) -> Connection:
    """Open a session in autocommit that is seen as `deskledger {name}`, both ends watching it."""
    connection = await AsyncConnection.connect(
        url,
        autocommit=True,
        application_name=f"deskledger {name}",
        connect_timeout=5,
        tcp_user_timeout=10_000,
        keepalives_idle=_KEEPALIVE["idle"],
        keepalives_interval=_KEEPALIVE["interval"],
        keepalives_count=_KEEPALIVE["count"],
    )
    try:
        for setting, value in _KEEPALIVE.items():
            await connection.execute(
                sql.SQL("SET {} = {}").format(sql.Identifier(f"tcp_keepalives_{setting}"), value)
            )
    except BaseException:
        await connection.close()
        raise
    return connection


async def try_lock(connection: Connection, name: str) -> bool:
    """Try to become the one session that holds the lock of this name until it ends."""
    cursor = await connection.execute(
        "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (name,)
    )
    row = await cursor.fetchone()
    return row is not None and row[0]


def delays(first: float, longest: float) -> Iterator[float]:
    """Yield seconds to wait between attempts, each twice the last."""
    delay = first
    while True:
        yield delay
        delay = min(delay * 2, longest)


def summary(error: BaseException) -> str:
    """Say an error in one line, without the rows that PostgreSQL quotes below its first."""
    first, *_ = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {first[:200]}"
