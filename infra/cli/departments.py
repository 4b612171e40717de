"""Departments on the command line."""

from typing import TYPE_CHECKING

import click

from domain.department import AddDepartment, RenameDepartment
from infra.cli.account import catch_up, on_desk, written
from infra.cli.failures import command_of
from infra.cli.output import json_option, show

if TYPE_CHECKING:
    from infra.desk import Desk


@click.group(epilog="Example: deskledger departments list")
def departments() -> None:
    """Where tickets belong and agents work."""


@departments.command(epilog='Example: deskledger departments add "Warranty & Returns"')
@click.argument("name")
@on_desk
async def add(desk: "Desk", name: str) -> None:
    """Add a department."""
    from domain.application import Wish
    from infra.desk import new_id

    await desk.execute(Wish(command_of(AddDepartment, department=new_id(), name=name.strip())))
    await catch_up(desk)
    click.echo(f"Added {name}.")


@departments.command(epilog='Example: deskledger departments rename Billing "Billing & Refunds"')
@click.argument("department", metavar="NAME-OR-ID")
@click.argument("name", metavar="NEW-NAME")
@on_desk
async def rename(desk: "Desk", department: str, name: str) -> None:
    """Give a department another name."""
    from domain.application import Wish
    from infra.directory import department_of

    command = command_of(
        RenameDepartment, department=await department_of(desk, department), name=name.strip()
    )
    done = await desk.execute(Wish(command))
    await catch_up(desk)
    click.echo(f"{department} is {name} now." if done.answer.changed else f"It is {name} already.")


@departments.command("list", epilog="Example: deskledger departments list --json")
@json_option
@on_desk
async def list_departments(desk: "Desk", as_json: bool) -> None:
    """List the departments by name."""
    from infra.directory import departments as all_departments

    await catch_up(desk)
    rows = [row async for row in all_departments(desk)]
    cells = [(row.name, str(row.agents), str(row.id)) for row in rows]
    show(
        rows,
        ("Name", "Agents", "Id"),
        cells,
        as_json=as_json,
        nothing=f"None yet: {written('departments add NAME')}",
    )
