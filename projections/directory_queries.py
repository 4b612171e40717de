"""Asks the views who works here and where: agents and departments, in pages."""

from collections.abc import Callable
from typing import Annotated, LiteralString, NamedTuple, TypeVar
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from domain.refusals import Code, Refused
from projections.cursors import NextCursor, decode_cursor, encode_cursor
from projections.metadata import Named
from projections.pages import fill
from projections.text import folded
from projections.view import Connection, qualified

PAGE = 100


class AgentLine(Struct, frozen=True, omit_defaults=True):
    """An agent."""

    id: Annotated[UUID, Meta(description="The agent's id, for assign_ticket and transfer_ticket.")]
    name: Annotated[str, Meta(description="The agent's name.")]
    role: Annotated[str, Meta(description="The name of the agent's role.")]
    departments: Annotated[list[Named], Meta(description="Whose tickets the agent may be given.")]
    email: Annotated[str, Meta(description="The agent's address.")] | UnsetType = UNSET
    more_departments: Annotated[int, Meta(description="Those beyond the first twenty.")] = 0
    active: Annotated[bool, Meta(description="False: left, takes no tickets.")] = True
    seat: Annotated[bool, Meta(description="False: cannot sign in (imported).")] = True


class AgentPage(Struct, frozen=True, omit_defaults=True):
    """Agents, by name."""

    agents: Annotated[list[AgentLine], Meta(description="By name.")]
    next_cursor: NextCursor | UnsetType = UNSET


class AgentDetails(Struct, frozen=True, kw_only=True):
    """An agent, as seen by those who manage agents."""

    id: Annotated[UUID, Meta(description="The agent's id.")]
    name: Annotated[str, Meta(description="The agent's name.")]
    email: Annotated[str, Meta(description="The address to sign in with.")] | UnsetType = UNSET
    role: Annotated[str, Meta(description="The role's id: for built-in roles, their word.")]
    role_name: Annotated[str, Meta(description="The role's name.")]
    departments: Annotated[list[Named], Meta(description="At most twenty of them.")]
    more_departments: Annotated[int, Meta(description="Those beyond the first twenty.")]
    active: Annotated[bool, Meta(description="False: left, takes no tickets.")]
    seat: Annotated[bool, Meta(description="False: cannot sign in (imported).")]


class AgentDetailsPage(Struct, frozen=True, omit_defaults=True):
    """Agents, by name."""

    agents: Annotated[list[AgentDetails], Meta(description="By name.")]
    next_cursor: NextCursor | UnsetType = UNSET


class DepartmentLine(Struct, frozen=True):
    """A department."""

    id: Annotated[UUID, Meta(description="The department's id, for transfer_ticket.")]
    name: Annotated[str, Meta(description="The department's name.")]
    agents: Annotated[int, Meta(description="How many active agents work in it.")]


class DepartmentPage(Struct, frozen=True, omit_defaults=True):
    """Departments, by name."""

    departments: Annotated[list[DepartmentLine], Meta(description="By name.")]
    next_cursor: NextCursor | UnsetType = UNSET


_AGENTS: LiteralString = """
SELECT a.sort, a.id, a.name,
    coalesce((SELECT r.name FROM {views}.roles r WHERE r.id::text = a.role), a.role), a.email, a.active, a.seat, m.ids, m.names,
    coalesce(cardinality(a.departments) - cardinality(m.ids), 0), a.role
FROM {views}.agents a CROSS JOIN LATERAL (
    SELECT array_agg(d.id ORDER BY d.sort) AS ids, array_agg(d.name ORDER BY d.sort) AS names
    FROM (
        SELECT id, name, sort FROM {views}.departments
        WHERE id = ANY (a.departments) ORDER BY sort LIMIT 20
    ) d
) m
WHERE (a.active OR %s) AND (%s::uuid IS NULL OR %s = ANY (a.departments)) AND (%s::text IS NULL OR a.role = %s)
    AND (%s::text = '' OR strpos(a.sort, %s) > 0 OR strpos(lower(a.email), %s) > 0) AND (a.sort, a.id) > (%s, %s)
ORDER BY a.sort, a.id LIMIT %s
"""
_DEPARTMENTS: LiteralString = """
SELECT d.sort, d.id, d.name, coalesce(m.agents, 0)
FROM {views}.departments d LEFT JOIN (
    SELECT department, count(*) AS agents
    FROM {views}.agents a, unnest(a.departments) AS department WHERE a.active GROUP BY 1
) m ON m.department = d.id
WHERE (d.sort, d.id) > (%s, %s) ORDER BY d.sort, d.id LIMIT %s
"""
_DEPARTMENT: LiteralString = "SELECT 1 FROM {views}.departments WHERE id = %s"
_FIRST = ("", UUID(int=0))
L = TypeVar("L")


class AgentFilter(NamedTuple):
    """Which agents to list: of a department, of a role, with these letters in name or address."""

    department: UUID | None = None
    inactive: bool = False
    role: str | None = None
    letters: str = ""

    @property
    def parameters(self) -> tuple[object, ...]:
        letters = folded(self.letters)
        return (
            *(self.inactive, self.department, self.department, self.role, self.role),
            *(letters, letters, letters),
        )


class AgentRow(NamedTuple):
    """A row of the agents' listing."""

    sort: str
    id: UUID
    name: str
    role_name: str
    email: str | None
    active: bool
    seat: bool
    department_ids: list[UUID] | None
    department_names: list[str] | None
    more_departments: int
    role: str

    @property
    def departments(self) -> list[Named]:
        return list(map(Named, self.department_ids or (), self.department_names or ()))


def agent_line(row: AgentRow) -> AgentLine:
    """Show what others need to know of an agent."""
    return AgentLine(
        id=row.id,
        name=row.name,
        role=row.role_name,
        departments=row.departments,
        email=row.email or UNSET,
        active=row.active,
        seat=row.seat,
        more_departments=row.more_departments,
    )


def agent_details(row: AgentRow) -> AgentDetails:
    """Show what those need to know of an agent who may change it."""
    return AgentDetails(
        id=row.id,
        name=row.name,
        email=row.email or UNSET,
        role=row.role,
        role_name=row.role_name,
        departments=row.departments,
        more_departments=row.more_departments,
        active=row.active,
        seat=row.seat,
    )


async def list_agents(
    connection: Connection,
    views: str,
    wanted: AgentFilter,
    cursor: str | None,
    line: Callable[[AgentRow], L],
) -> tuple[list[L], str | UnsetType]:
    """Return a page of agents by name, and the cursor of the next one.

    Refuses with `not_found` a department that there is not.
    """
    listing = ("agents", *wanted)
    after = decode_cursor(cursor, listing, tuple[str, UUID]) if cursor else _FIRST
    found = await connection.execute(
        qualified(_AGENTS, views),
        (*wanted.parameters, *after, PAGE + 1),
        prepare=True,
        binary=True,
    )
    rows = await found.fetchall()
    if not rows and wanted.department and not cursor:
        found = await connection.execute(qualified(_DEPARTMENT, views), (wanted.department,))
        if await found.fetchone() is None:
            raise Refused(
                Code.NOT_FOUND,
                "There is no department with this id.",
                hint="See list_departments for which there are.",
            )
    agents, last = fill([AgentRow(*row) for row in rows], PAGE, line)
    return agents, encode_cursor(listing, (last.sort, last.id)) if last else UNSET


async def list_departments(
    connection: Connection, views: str, cursor: str | None
) -> DepartmentPage:
    """Return departments by name."""
    after = decode_cursor(cursor, "departments", tuple[str, UUID]) if cursor else _FIRST
    found = await connection.execute(
        qualified(_DEPARTMENTS, views), (*after, PAGE + 1), prepare=True, binary=True
    )
    departments, last = fill(
        await found.fetchall(), PAGE, lambda row: DepartmentLine(row[1], row[2], row[3])
    )
    return DepartmentPage(
        departments, encode_cursor("departments", (last[0], last[1])) if last else UNSET
    )
