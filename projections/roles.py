"""The view of roles that people made: what each allows, and how many have it."""

from collections.abc import Sequence
from typing import LiteralString

from domain import role
from domain.fact import Recorded
from projections.table import Table
from projections.text import clean, folded
from projections.view import Connection, qualified

ROLES = Table(
    "roles",
    {
        "id": "uuid",
        "name": "text NOT NULL",
        "sort": 'text COLLATE "C" NOT NULL',
        "permissions": "text[] NOT NULL",
        "holders": "int4 NOT NULL",
        "added_at": "timestamptz NOT NULL",
        "removed_at": "timestamptz",
    },
    key="id",
)

# The built-in roles have no row, so what is counted of them finds none.
_CHANGE: LiteralString = """
UPDATE {views}.roles SET
    name = coalesce(%s, name), sort = coalesce(%s, sort),
    permissions = coalesce(%s::text[], permissions), holders = coalesce(%s, holders),
    removed_at = coalesce(%s, removed_at)
WHERE id = %s
"""


class RolesView:
    """One row a role that people made, kept when it is removed."""

    name = "roles"
    version = 1
    takes = frozenset(role.FACTS)
    tables: LiteralString = ROLES.ddl
    indexes: LiteralString = ""

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        made: list[tuple[object, ...]] = []
        changed: list[tuple[object, ...]] = []
        for _, event in page:
            key, at = event.originator_id, event.envelope.at
            match event.fact:
                case role.Added(name=name, permissions=permissions):
                    name = clean(name)
                    made.append((key, name, folded(name), list(permissions), 0, at, None))
                case role.Renamed(name=name):
                    changed.append((clean(name), folded(clean(name)), None, None, None, key))
                case role.PermissionsSet(permissions=permissions):
                    changed.append((None, None, list(permissions), None, None, key))
                case role.HoldersCounted(holders=holders):
                    changed.append((None, None, None, holders, None, key))
                case role.Removed():
                    changed.append((None, None, None, None, at, key))
                case _:
                    pass
        await ROLES.insert(connection, schema, made)
        if changed:
            async with connection.cursor() as cursor:
                await cursor.executemany(qualified(_CHANGE, schema), changed)
