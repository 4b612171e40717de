"""Reading the log in pages, in the order of its positions."""

from collections.abc import Callable
from uuid import UUID

from psycopg import sql

from domain.account import Account
from domain.fact import Event, Recorded
from infra.projector.direct import summary
from projections.view import Connection

Decode = Callable[[UUID, int, str, bytes], Event]
"""From stream, version, topic and state as stored; raises whatever it likes for the unknown."""


class Poisoned(Exception):  # noqa: N818 - names the fact, not the fault
    """A fact that cannot be decoded or folded, at a position."""

    def __init__(self, position: int, where: str, error: BaseException) -> None:
        super().__init__(f"position {position}, {where}: {summary(error)}")
        self.position = position


class Log:
    """The events of one account as its projector reads them."""

    def __init__(self, account: Account, decode: Decode) -> None:
        events = sql.Identifier(account.log, "events")
        self._decode = decode
        self._page = sql.SQL(
            "SELECT notification_id, originator_id, originator_version, topic, state FROM {} "
            "WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
        ).format(events)

    async def page(self, connection: Connection, after: int, limit: int) -> list[Recorded]:
        """Return the next facts after a position, fewer than `limit` at the end of the log.

        Stops before a fact that cannot be decoded; raises `Poisoned` when that is the first.
        """
        cursor = await connection.execute(self._page, (after, limit), binary=True, prepare=True)
        page: list[Recorded] = []
        decode = self._decode
        for position, stream, version, topic, state in await cursor.fetchall():
            try:
                page.append(Recorded(position, decode(stream, version, topic, state)))
            except Exception as error:
                if page:
                    return page
                raise Poisoned(position, f"decoding {topic}", error) from error
        return page
