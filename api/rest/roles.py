"""Roles: the built-in ones, those that people make of permissions, and what permissions there are."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from api.rest.acting import Acting, Conditions, Outcome, Wishes, etag
from api.rest.asking import Body, asked, misfit
from domain.application import Wish
from domain.decider import Ref
from domain.permissions import PRIVILEGES, Permission, Role, Scope
from domain.refusals import Code, Refused
from domain.role import (
    ROLE,
    AddRole,
    HeldRole,
    RemoveRole,
    RenameRole,
    RoleCommand,
    RoleName,
    SetPermissions,
    counted,
)
from projections.role_queries import RoleLine

RoleId = Annotated[
    str, PathParameter(description="The role's id: for built-in roles, their word.", max_length=64)
]
Name = Annotated[RoleName, Meta(description="The role's name, unlike all others'.")]
Permissions = Annotated[
    tuple[Permission, ...], Meta(max_length=100, description="All that it allows.")
]


class NewRole(Body, frozen=True):
    """A role to make."""

    name: Name
    permissions: Permissions


class RoleChange(Body, frozen=True):
    """What to change of a role; what is absent stays as it is."""

    name: Name | UnsetType = UNSET
    permissions: Permissions | UnsetType = UNSET


class RoleList(Struct, frozen=True):
    """All roles."""

    roles: Annotated[
        list[RoleLine], Meta(description="The built-in ones, then those that were made, by name.")
    ]


class PermissionLine(Struct, frozen=True):
    """A permission."""

    name: Annotated[Permission, Meta(description="What roles are made of.")]
    scope: Annotated[Scope, Meta(description="What a credential needs for it, too.")]
    sentence: Annotated[str, Meta(description="What it allows, for people.")]
    grantable: Annotated[bool, Meta(description="False: owners' alone, no made role's.")]


class PermissionList(Struct, frozen=True):
    """All permissions there are."""

    permissions: Annotated[list[PermissionLine], Meta(description="By what they are for.")]


@get("/permissions", operation_id="list_permissions", tags=["roles"])
async def list_permissions(acting: NamedDependency[Acting]) -> PermissionList:
    """List all that a role may allow."""
    acting.reading()
    return PermissionList(
        [PermissionLine(p, p.scope, p.sentence, p in PRIVILEGES) for p in Permission]
    )


@get("/roles", operation_id="list_roles", tags=["roles"])
async def list_roles(acting: NamedDependency[Acting]) -> RoleList:
    """List the roles, with what they allow and how many have them."""
    acting.listing(Permission.ROLES_MANAGE)
    return RoleList(await acting.services.views.list_roles())


@get("/roles/{role_id:str}", operation_id="get_role", tags=["roles"])
async def get_role(role_id: RoleId, acting: NamedDependency[Acting]) -> Response[RoleLine]:
    """Read a role; that of a made one has an ETag."""
    acting.listing(Permission.ROLES_MANAGE)
    if role_id in set(Role):
        lines = await acting.services.views.list_roles()
        return Response(next(line for line in lines if line.id == role_id))
    made = _made(role_id)
    state, version = await acting.services.helpdesk.states.refresh(Ref(ROLE, made))
    if state is None or state.removed:
        raise _no_role()
    return Response(_line(made, state), headers={"ETag": etag(version)})


@post("/roles", operation_id="add_role", tags=["roles"])
async def add_role(
    data: JSONBody[NewRole],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[RoleLine]:
    """Make a role; what is not named, it does not allow."""
    done = await make_role(acting, data, conditions)
    return done.response(201, f"/api/v1/roles/{done.answer.id}")


@patch("/roles/{role_id:str}", operation_id="change_role", tags=["roles"])
async def change_role(
    role_id: RoleId,
    data: JSONBody[RoleChange],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[RoleLine]:
    """Change a role's name, or all that it allows, for everybody who has it."""
    return (await alter_role(acting, role_id, data, conditions)).response()


@delete("/roles/{role_id:str}", operation_id="remove_role", tags=["roles"])
async def remove_role(
    role_id: RoleId, acting: NamedDependency[Acting], conditions: NamedDependency[Conditions]
) -> Response[None]:
    """Remove a role that nobody has."""
    return (await end_role(acting, role_id, conditions)).bare()


async def make_role(acting: Acting, data: NewRole, conditions: Conditions) -> Outcome[RoleLine]:
    """Make a role as the rules let one."""
    made = acting.services.new_id()
    command = AddRole(role=made, name=data.name, permissions=data.permissions)
    return await _act(acting, "add_role", asked(data), [Wish(command)], conditions)


async def alter_role(
    acting: Acting, role_id: str, data: RoleChange, conditions: Conditions
) -> Outcome[RoleLine]:
    """Change a role as the rules let one. Refuses with `invalid_arguments` to change nothing."""

    async def wishes() -> list[Wish]:
        made = _made(role_id)
        commands: list[RoleCommand] = []
        if data.name is not UNSET:
            commands.append(RenameRole(role=made, name=data.name))
        if data.permissions is not UNSET:
            commands.append(SetPermissions(role=made, permissions=data.permissions))
        if not commands:
            raise misfit("it names nothing to change")
        return [Wish(command) for command in commands]

    return await _act(acting, "change_role", asked(data, role_id=role_id), wishes, conditions)


async def end_role(acting: Acting, role_id: str, conditions: Conditions) -> Outcome[RoleLine]:
    """Remove a role as the rules let one."""

    async def wishes() -> list[Wish]:
        return [Wish(RemoveRole(role=_made(role_id)))]

    return await _act(acting, "remove_role", asked(role_id=role_id), wishes, conditions)


async def _act(
    acting: Acting,
    operation: str,
    arguments: dict[str, Any],
    wishes: Wishes,
    conditions: Conditions,
) -> Outcome[RoleLine]:
    return await acting.act(
        operation,
        arguments,
        wishes,
        lambda done: _line(done.id, done.state),
        RoleLine,
        conditions=conditions,
    )


def _made(role_id: str) -> UUID:
    """Return the id of a role that people made; refuse those that stay as they are."""
    if role_id in set(Role):
        raise Refused(
            Code.PERMISSION_DENIED,
            f"The built-in role {role_id} stays as it is. Make another role instead.",
        )
    ref = counted(role_id)
    if ref is None:
        raise _no_role()
    return ref.id


def _no_role() -> Refused:
    return Refused(
        Code.NOT_FOUND, "There is no such role. The list of roles shows which there are."
    )


def _line(role_id: UUID, role: HeldRole) -> RoleLine:
    return RoleLine(
        id=str(role_id),
        name=role.name,
        built_in=False,
        permissions=[p for p in Permission if p in role.permissions],
        holders=role.holders,
    )


ENDPOINTS = (
    list_permissions,
    list_roles,
    get_role,
    add_role,
    change_role,
    remove_role,
)
