"""Departments: where tickets belong and agents work."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from api.rest.acting import Acting, Conditions, Outcome, etag
from api.rest.asking import Body, Query, asked, from_query
from domain.application import Wish
from domain.decider import Ref, existing
from domain.department import (
    DEPARTMENT,
    AddDepartment,
    DepartmentCommand,
    DepartmentName,
    RenameDepartment,
)
from domain.permissions import Permission
from mcp_server.tools.read import Cursor
from projections.directory_queries import DepartmentPage

DepartmentId = Annotated[UUID, PathParameter(description="The department's id.")]


class DepartmentListing(Query, frozen=True):
    """Which page of the departments to list."""

    cursor: Cursor | UnsetType = UNSET


class NamedDepartment(Body, frozen=True):
    """A department by its name."""

    name: Annotated[DepartmentName, Meta(description="The name, unlike all others'.")]


class DepartmentAnswer(Struct, frozen=True):
    """A department as the log has it, so with the version that the ETag names."""

    id: Annotated[UUID, Meta(description="The department's id.")]
    name: Annotated[str, Meta(description="The department's name.")]


@get(
    "/departments",
    operation_id="list_departments",
    tags=["departments"],
    dependencies={"listing": from_query(DepartmentListing)},
)
async def list_departments(
    acting: NamedDependency[Acting], listing: NamedDependency[DepartmentListing]
) -> DepartmentPage:
    """List the departments, by name."""
    acting.listing(Permission.DEPARTMENTS_MANAGE)
    return await acting.services.views.list_departments(cursor=listing.cursor or None)


@get("/departments/{department_id:uuid}", operation_id="get_department", tags=["departments"])
async def get_department(
    department_id: DepartmentId, acting: NamedDependency[Acting]
) -> Response[DepartmentAnswer]:
    """Read a department."""
    acting.listing(Permission.DEPARTMENTS_MANAGE)
    ref = Ref(DEPARTMENT, department_id)
    state, version = await acting.services.helpdesk.states.refresh(ref)
    answer = DepartmentAnswer(department_id, existing(state, "department").name)
    return Response(answer, headers={"ETag": etag(version)})


@post("/departments", operation_id="add_department", tags=["departments"])
async def add_department(
    data: JSONBody[NamedDepartment],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[DepartmentAnswer]:
    """Add a department."""
    done = await make_department(acting, data, conditions)
    return done.response(201, f"/api/v1/departments/{done.answer.id}")


@patch("/departments/{department_id:uuid}", operation_id="rename_department", tags=["departments"])
async def rename_department(
    department_id: DepartmentId,
    data: JSONBody[NamedDepartment],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[DepartmentAnswer]:
    """Give a department another name."""
    return (await alter_department(acting, department_id, data, conditions)).response()


async def make_department(
    acting: Acting, data: NamedDepartment, conditions: Conditions
) -> Outcome[DepartmentAnswer]:
    """Add a department as the rules let one."""
    command = AddDepartment(department=acting.services.new_id(), name=data.name)
    return await _act(acting, "add_department", asked(data), command, conditions)


async def alter_department(
    acting: Acting, department_id: UUID, data: NamedDepartment, conditions: Conditions
) -> Outcome[DepartmentAnswer]:
    """Rename a department as the rules let one."""
    command = RenameDepartment(department=department_id, name=data.name)
    arguments = asked(data, department_id=department_id)
    return await _act(acting, "rename_department", arguments, command, conditions)


async def _act(
    acting: Acting,
    operation: str,
    arguments: dict[str, Any],
    command: DepartmentCommand,
    conditions: Conditions,
) -> Outcome[DepartmentAnswer]:
    return await acting.act(
        operation,
        arguments,
        [Wish(command)],
        lambda done: DepartmentAnswer(done.id, done.state.name),
        DepartmentAnswer,
        conditions=conditions,
    )


ENDPOINTS = (list_departments, get_department, add_department, rename_department)
