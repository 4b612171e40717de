"""The view of the directory: agents with their roles and departments, and the departments."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from domain import agent, department
from domain.fact import Recorded
from projections.table import Table
from projections.text import clean, folded
from projections.view import Connection, qualified

AGENTS = Table(
    "agents",
    {
        "id": "uuid",
        "name": "text NOT NULL",
        # The name as it is sorted by, the same under every locale.
        "sort": 'text COLLATE "C" NOT NULL',
        "email": "text",
        "role": "text NOT NULL",
        "departments": "uuid[] NOT NULL",
        "seat": "bool NOT NULL",
        "active": "bool NOT NULL",
        "added_at": "timestamptz NOT NULL",
    },
    key="id",
)
DEPARTMENTS = Table(
    "departments",
    {
        "id": "uuid",
        "name": "text NOT NULL",
        "sort": 'text COLLATE "C" NOT NULL',
        "added_at": "timestamptz NOT NULL",
    },
    key="id",
)

_OURS = frozenset((*agent.FACTS, *department.FACTS))

_CHANGE: LiteralString = """
UPDATE {views}.agents SET
    role = coalesce(%s, role), departments = coalesce(%s::uuid[], departments),
    active = coalesce(%s, active)
WHERE id = %s
"""


class DirectoryView:
    """Who works here, and where."""

    name = "directory"
    version = 1
    tables: LiteralString = AGENTS.ddl + DEPARTMENTS.ddl
    indexes: LiteralString = """
    CREATE INDEX agents_sort ON {views}.agents (sort, id);
    CREATE INDEX departments_sort ON {views}.departments (sort, id);
    """

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        agents: list[tuple[object, ...]] = []
        departments: list[tuple[object, ...]] = []
        changes: list[tuple[str | None, list[UUID] | None, bool | None, UUID]] = []
        for _, event in page:
            if type(event.fact) not in _OURS:
                continue
            key, at = event.originator_id, event.envelope.at
            match event.fact:
                case agent.Added() as new:
                    name = clean(new.name)
                    agents.append(
                        (
                            key,
                            name,
                            folded(name),
                            clean(new.email) if new.email else None,
                            new.role.value,
                            list(new.departments),
                            new.seat,
                            True,
                            at,
                        )
                    )
                case agent.RoleChanged(role=role):
                    changes.append((role.value, None, None, key))
                case agent.DepartmentsChanged(departments=members):
                    changes.append((None, list(members), None, key))
                case agent.Deactivated():
                    changes.append((None, None, False, key))
                case department.Added(name=name):
                    departments.append((key, clean(name), folded(clean(name)), at))
                case _:
                    pass
        await DEPARTMENTS.insert(connection, schema, departments)
        await AGENTS.insert(connection, schema, agents)
        if changes:
            async with connection.cursor() as cursor:
                await cursor.executemany(qualified(_CHANGE, schema), changes)
