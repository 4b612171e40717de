"""Agents on the command line."""

from typing import TYPE_CHECKING

import click
import msgspec
from msgspec import UNSET

from domain.agent import AddAgent, DeactivateAgent
from domain.permissions import Role
from infra.cli.account import catch_up, on_desk, written
from infra.cli.failures import Exit, Failure
from infra.cli.output import json_option, show

if TYPE_CHECKING:
    from infra.desk import Desk


@click.group(epilog="Example: deskledger agents list")
def agents() -> None:
    """Who works here."""


@agents.command(
    epilog='Example: deskledger agents add "Ana Ruiz" --email ana@example.com --department Support'
)
@click.argument("name")
@click.option("--email", required=True, help="The address that the agent is known by.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.AGENT.value,
    show_default=True,
    help="An agent sees the tickets of the own departments, admins and owners all.",
)
@click.option(
    "--department",
    "names",
    multiple=True,
    metavar="NAME",
    help="A department to work in; may be given several times.",
)
@on_desk
async def add(desk: "Desk", name: str, email: str, role: str, names: tuple[str, ...]) -> None:
    """Add an agent, who has a seat."""
    from domain.application import Wish
    from infra.desk import new_id
    from infra.directory import department_of

    departments = [await department_of(desk, each) for each in names]
    try:
        command = msgspec.convert(
            {
                "agent": new_id(),
                "name": name,
                "role": role,
                "departments": departments,
                "email": email,
            },
            AddAgent,
        )
    except msgspec.ValidationError as error:
        raise Failure(Exit.USAGE, _misfit(error, name, email)) from None
    await desk.execute(Wish(command))
    await catch_up(desk)
    click.echo(f"Added {name}, {role}. A token: {written(f'tokens create --agent {email}')}")


def _misfit(error: msgspec.ValidationError, name: str, email: str) -> str:
    if "$.email" in str(error):
        return f"{email!r} is no e-mail address"
    return f"an agent cannot be named {name!r}: {str(error).partition(' - at')[0]}"


@agents.command("list", epilog="Example: deskledger agents list --json")
@click.option("--all", "everybody", is_flag=True, help="Those who left, too.")
@json_option
@on_desk
async def list_agents(desk: "Desk", everybody: bool, as_json: bool) -> None:
    """List the agents by name."""
    from infra.directory import agents as all_agents

    await catch_up(desk)
    rows = [row async for row in all_agents(desk, include_inactive=everybody)]
    cells = [
        (
            row.name,
            "" if row.email is UNSET else row.email,
            row.role if row.seat else "(imported)",
            ", ".join(department.name for department in row.departments),
            "" if row.active else "left",
        )
        for row in rows
    ]
    show(
        rows,
        ("Name", "E-mail", "Role", "Departments", ""),
        cells,
        as_json=as_json,
        nothing="Nobody yet: "
        + written('agents add "Your Name" --email you@example.com --role owner'),
    )


@agents.command(epilog="Example: deskledger agents deactivate ana@example.com")
@click.argument("agent", metavar="EMAIL-OR-ID")
@on_desk
async def deactivate(desk: "Desk", agent: str) -> None:
    """Deactivate an agent: all access ends at once."""
    from domain.application import Wish
    from infra.directory import agent_of

    done = await desk.execute(Wish(DeactivateAgent(agent=await agent_of(desk, agent))))
    await catch_up(desk)
    click.echo(f"Deactivated {agent}." if done.answer.changed else f"{agent} had left already.")
