"""Asks the views which roles there are, with what they allow and how many have them."""

from collections.abc import Collection
from typing import Annotated, LiteralString

from msgspec import Meta, Struct

from domain.permissions import Permission, Role, permissions_of
from projections.view import Connection, qualified


class RoleLine(Struct, frozen=True):
    """A role."""

    id: Annotated[str, Meta(description="A built-in role's word, or the id of one that was made.")]
    name: Annotated[str, Meta(description="The role's name.")]
    built_in: Annotated[bool, Meta(description="True: can be neither changed nor removed.")]
    permissions: Annotated[list[Permission], Meta(description="All that it allows.")]
    holders: Annotated[int, Meta(description="How many active agents have it.")]


# The built-in roles have no row of their own: nothing about them changes but who has them.
_ROLES: LiteralString = """
SELECT id, name, permissions, holders FROM (
    SELECT id::text, name, permissions, holders, sort FROM {views}.roles WHERE removed_at IS NULL
    UNION ALL
    SELECT role, role, NULL, count(*)::int, '' FROM {views}.agents
    WHERE active AND role = ANY (%s) GROUP BY role
) r ORDER BY sort, id
"""


async def list_roles(connection: Connection, views: str) -> list[RoleLine]:
    """Return the built-in roles, the mightiest first, then those that people made, by name."""
    found = await connection.execute(qualified(_ROLES, views), (list(Role),), binary=True)
    rows = await found.fetchall()
    holders = {row[0]: row[3] for row in rows}
    built_in = [
        RoleLine(
            id=role.value,
            name=role.value,
            built_in=True,
            permissions=_in_order(permissions_of(role)),
            holders=holders.get(role, 0),
        )
        for role in Role
    ]
    made = [
        RoleLine(
            id=row[0], name=row[1], built_in=False, permissions=_in_order(row[2]), holders=row[3]
        )
        for row in rows
        if row[2] is not None
    ]
    return built_in + made


def _in_order(permissions: Collection[str]) -> list[Permission]:
    """Return those that this release knows, in the order in which they are declared."""
    return [p for p in Permission if p in permissions]
