"""Roles on the command line."""

import shlex
from typing import TYPE_CHECKING

import click
import msgspec

from domain.permissions import PRIVILEGES, Permission, Scope
from domain.role import AddRole, RemoveRole, RenameRole, RoleCommand, SetPermissions
from infra.cli.account import catch_up, on_desk, written
from infra.cli.failures import Exit, Failure, command_of
from infra.cli.output import json_option, show

if TYPE_CHECKING:
    from infra.desk import Desk


_permissions = click.option(
    "--permission",
    "permissions",
    multiple=True,
    metavar="NAME",
    type=click.Choice([p.value for p in Permission if p in PRIVILEGES]),
    help="What it allows, as `roles permissions` lists it; may be given several times.",
)


@click.group(epilog="Example: deskledger roles list")
def roles() -> None:
    """What agents may do, by the role that they have."""


@roles.command("list", epilog="Example: deskledger roles list --json")
@json_option
@on_desk
async def list_roles(desk: "Desk", as_json: bool) -> None:
    """List the roles: the built-in ones, then those that were made."""
    await catch_up(desk)
    rows = await desk.views.list_roles()
    cells = [
        (
            row.name,
            str(row.holders),
            _all_of(row.permissions),
            "built in" if row.built_in else row.id,
        )
        for row in rows
    ]
    show(rows, ("Role", "Agents", "Allows", "Id"), cells, as_json=as_json, nothing="")


@roles.command(
    epilog="Example: deskledger roles add Readers --permission tickets:read "
    "--permission directory:read"
)
@click.argument("name")
@_permissions
@on_desk
async def add(desk: "Desk", name: str, permissions: tuple[str, ...]) -> None:
    """Make a role; what is not named, it does not allow."""
    from domain.application import Wish
    from infra.desk import new_id

    _require_any(permissions)
    command = command_of(AddRole, role=new_id(), name=name, permissions=permissions)
    await desk.execute(Wish(command))
    await catch_up(desk)
    click.echo(
        f"Made {name}. To give it: {written(f'agents change EMAIL --role {shlex.quote(name)}')}"
    )


@roles.command(epilog="Example: deskledger roles rename Readers Audience")
@click.argument("role", metavar="NAME-OR-ID")
@click.argument("name", metavar="NEW-NAME")
@on_desk
async def rename(desk: "Desk", role: str, name: str) -> None:
    """Give a role another name."""
    from infra.directory import made_role_of

    command = command_of(RenameRole, role=await made_role_of(desk, role), name=name)
    await _carry_out(desk, command, f"{role} is {name} now.")


@roles.command(
    "set-permissions",
    epilog="Example: deskledger roles set-permissions Readers --permission tickets:read",
)
@click.argument("role", metavar="NAME-OR-ID")
@_permissions
@on_desk
async def set_permissions(desk: "Desk", role: str, permissions: tuple[str, ...]) -> None:
    """Set all that a role allows, for everybody who has it, from the next answer on."""
    from infra.directory import made_role_of

    _require_any(permissions)
    which = await made_role_of(desk, role)
    command = command_of(SetPermissions, role=which, permissions=permissions)
    await _carry_out(desk, command, f"{role} allows {', '.join(permissions)}.")


@roles.command(epilog="Example: deskledger roles remove Readers")
@click.argument("role", metavar="NAME-OR-ID")
@on_desk
async def remove(desk: "Desk", role: str) -> None:
    """Remove a role that nobody has."""
    from infra.directory import made_role_of

    await _carry_out(desk, RemoveRole(role=await made_role_of(desk, role)), f"Removed {role}.")


def _require_any(permissions: tuple[str, ...]) -> None:
    if not permissions:
        raise Failure(Exit.USAGE, "name each --permission; `roles permissions` lists all")


async def _carry_out(desk: "Desk", command: RoleCommand, sentence: str) -> None:
    from domain.application import Wish

    done = await desk.execute(Wish(command))
    await catch_up(desk)
    click.echo(sentence if done.answer.changed else "It was so already.")


def _all_of(permissions: list[Permission]) -> str:
    """Write what a role allows, or what it lacks where that is shorter."""
    lacking = [permission for permission in Permission if permission not in permissions]
    if len(lacking) < len(permissions) // 2:
        return f"all but {', '.join(lacking)}" if lacking else "everything"
    return ", ".join(permissions)


class Line(msgspec.Struct, frozen=True):
    """A permission as it is listed."""

    name: Permission
    scope: Scope
    sentence: str


@roles.command("permissions", epilog="Example: deskledger roles permissions")
@json_option
def list_permissions(as_json: bool) -> None:
    """List all permissions of which roles are made."""
    rows = [Line(p, p.scope, p.sentence) for p in Permission]
    cells = [(row.name, row.sentence, row.scope) for row in rows]
    show(rows, ("Permission", "Allows to", "Scope"), cells, as_json=as_json, nothing="")
