"""The view of the directory: agents with their roles and departments, and the departments."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString, NamedTuple
from uuid import UUID

from domain import agent, department
from domain.fact import Fact, Recorded
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


class Change(NamedTuple):
    """What a fact does to one agent; None leaves it as it is."""

    id: UUID
    role: str | None = None
    departments: list[UUID] | None = None
    active: bool | None = None
    name: str | None = None
    sort: str | None = None
    email: str | None = None
    seat: bool | None = None


_CHANGE: LiteralString = """
UPDATE {views}.agents SET
    role = coalesce(%s, role), departments = coalesce(%s::uuid[], departments),
    active = coalesce(%s, active), name = coalesce(%s, name), sort = coalesce(%s, sort),
    email = coalesce(%s, email), seat = coalesce(%s, seat)
WHERE id = %s
"""
_RENAME: LiteralString = "UPDATE {views}.departments SET name = %s, sort = %s WHERE id = %s"


class DirectoryView:
    """Who works here, and where."""

    name = "directory"
    version = 2
    takes = frozenset((*agent.FACTS, *department.FACTS))
    tables: LiteralString = AGENTS.ddl + DEPARTMENTS.ddl
    indexes: LiteralString = """
    CREATE INDEX agents_sort ON {views}.agents (sort, id);
    CREATE INDEX departments_sort ON {views}.departments (sort, id);
    """

    async def fold(self, connection: Connection, schema: str, page: Sequence[Recorded]) -> None:
        agents: list[tuple[object, ...]] = []
        departments: list[tuple[object, ...]] = []
        changes: list[Change] = []
        renamed: list[tuple[str, str, UUID]] = []
        for _, event in page:
            key, at = event.originator_id, event.envelope.at
            match event.fact:
                case agent.Added() as new:
                    agents.append(_row(key, new, at))
                case department.Added(name=name):
                    departments.append((key, clean(name), folded(clean(name)), at))
                case department.Renamed(name=name):
                    renamed.append((clean(name), folded(clean(name)), key))
                case fact:
                    changes.append(_change(key, fact))
        await DEPARTMENTS.insert(connection, schema, departments)
        await AGENTS.insert(connection, schema, agents)
        for statement, changed in (
            (_CHANGE, [(*change[1:], change.id) for change in changes]),
            (_RENAME, renamed),
        ):
            if changed:
                async with connection.cursor() as cursor:
                    await cursor.executemany(qualified(statement, schema), changed)


def _row(key: UUID, new: agent.Added, at: datetime) -> tuple[object, ...]:
    name = clean(new.name)
    email = clean(new.email) if new.email else None
    departments = list(new.departments)
    return (key, name, folded(name), email, clean(new.role), departments, new.seat, True, at)


def _change(key: UUID, fact: Fact) -> Change:
    match fact:
        case agent.RoleChanged(role=role):
            return Change(key, role=clean(role))
        case agent.DepartmentsChanged(departments=members):
            return Change(key, departments=list(members))
        case agent.Deactivated():
            return Change(key, active=False)
        case agent.Reactivated():
            return Change(key, active=True)
        case agent.Renamed(name=name):
            return Change(key, name=clean(name), sort=folded(clean(name)))
        case agent.EmailChanged(email=email):
            return Change(key, email=clean(email))
        case agent.Seated(email=email):
            return Change(key, email=clean(email), seat=True)
        case _:
            raise TypeError(f"{type(fact).__name__} changes no agent")
