"""Which ticket has a code: looked up once, then known, as a code never changes its ticket."""

from collections import OrderedDict
from typing import LiteralString
from uuid import UUID

from projections.reading import Pool, reading
from projections.view import qualified

_BY_CODE: LiteralString = "SELECT id FROM {views}.tickets WHERE code = %s"
_KEPT = 20_000


class Codes:
    """The codes of an account's tickets; those used last are kept."""

    def __init__(self, pool: Pool, schema: str) -> None:
        self._pool = pool
        self._schema = schema
        self._kept: OrderedDict[str, UUID] = OrderedDict()

    async def find_ticket(self, code: str) -> UUID | None:
        """Return the id of a ticket by its code in capitals."""
        found = self._kept.get(code)
        if found is None:
            async with reading(self._pool) as connection:
                cursor = await connection.execute(
                    qualified(_BY_CODE, self._schema), (code,), prepare=True, binary=True
                )
                row = await cursor.fetchone()
            if row is None:
                return None
            found = self._kept[code] = row[0]
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(code)
        return found
