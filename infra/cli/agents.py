"""Agents on the command line."""

from typing import TYPE_CHECKING

import click
from msgspec import UNSET

from domain.agent import (
    AddAgent,
    AgentCommand,
    ChangeDepartments,
    ChangeEmail,
    ChangeRole,
    DeactivateAgent,
    GiveSeat,
    ReactivateAgent,
    RenameAgent,
)
from domain.permissions import Role
from infra.cli.account import catch_up, on_desk, written
from infra.cli.failures import Exit, Failure, command_of
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
    default=Role.AGENT.value,
    show_default=True,
    help="As `roles list` shows them. An agent sees the tickets of the own departments, admins "
    "and owners all.",
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
    from infra.directory import department_of, role_of

    command = command_of(
        AddAgent,
        agent=new_id(),
        name=name,
        role=await role_of(desk, role),
        departments=[await department_of(desk, each) for each in names],
        email=email,
    )
    await desk.execute(Wish(command))
    await catch_up(desk)
    click.echo(f"Added {name}, {role}.")
    click.echo(f"To sign in: {written(f'agents reset-password {email}')}")
    click.echo(f"A token:    {written(f'tokens create --agent {email}')}")


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
            str(row.id) if row.email is UNSET else row.email,
            row.role if row.seat else "(imported)",
            ", ".join(department.name for department in row.departments),
            "" if row.active else "left",
        )
        for row in rows
    ]
    show(
        rows,
        ("Name", "E-mail or id", "Role", "Departments", ""),
        cells,
        as_json=as_json,
        nothing="Nobody yet: "
        + written('agents add "Your Name" --email you@example.com --role owner'),
    )


@agents.command(epilog="Example: deskledger agents deactivate ana@example.com")
@click.argument("agent", metavar="EMAIL-OR-ID")
@on_desk
async def deactivate(desk: "Desk", agent: str) -> None:
    """Deactivate an agent: all access ends at once, access tokens for good."""
    from domain.application import Wish
    from infra.directory import agent_of

    done = await desk.execute(Wish(DeactivateAgent(agent=await agent_of(desk, agent))))
    await catch_up(desk)
    click.echo(f"Deactivated {agent}." if done.answer.changed else f"{agent} had left already.")


@agents.command(epilog="Example: deskledger agents reactivate ana@example.com")
@click.argument("agent", metavar="EMAIL-OR-ID")
@on_desk
async def reactivate(desk: "Desk", agent: str) -> None:
    """Take an agent back who left, with the seat; access tokens have to be made anew."""
    from domain.application import Wish
    from infra.directory import agent_of

    done = await desk.execute(Wish(ReactivateAgent(agent=await agent_of(desk, agent))))
    await catch_up(desk)
    click.echo(f"{agent} is back." if done.answer.changed else f"{agent} had not left.")


@agents.command(
    "give-seat",
    epilog="Example: deskledger agents give-seat 01957f00-0000-7000-8000-000000000001 "
    "--email ana@example.com",
)
@click.argument("agent", metavar="ID")
@click.option("--email", required=True, help="The address that the agent signs in with.")
@on_desk
async def give_seat(desk: "Desk", agent: str, email: str) -> None:
    """Give a seat to somebody known from an import."""
    from domain.application import Wish
    from infra.directory import agent_of

    command = command_of(GiveSeat, agent=await agent_of(desk, agent), email=email)
    done = await desk.execute(Wish(command))
    await catch_up(desk)
    click.echo(f"{email} has a seat." if done.answer.changed else f"{agent} has a seat already.")


@agents.command(epilog="Example: deskledger agents change ana@example.com --role admin")
@click.argument("agent", metavar="EMAIL-OR-ID")
@click.option("--name", help="Another name.")
@click.option("--email", help="Another address; the old one is free again.")
@click.option("--role", help="Another role, as `roles list` shows them.")
@click.option(
    "--department",
    "names",
    multiple=True,
    metavar="NAME",
    help="The departments to work in from now on; may be given several times.",
)
@click.option("--no-department", is_flag=True, help="To work in none.")
@on_desk
async def change(
    desk: "Desk",
    agent: str,
    *,
    name: str | None,
    email: str | None,
    role: str | None,
    names: tuple[str, ...],
    no_department: bool,
) -> None:
    """Change what is given of an agent: all of it, or nothing."""
    from domain.application import Wish
    from infra.directory import agent_of, department_of, role_of

    if names and no_department:
        raise Failure(Exit.USAGE, "--department and --no-department contradict each other")
    who = await agent_of(desk, agent)
    commands: list[AgentCommand] = []
    if name is not None:
        commands.append(command_of(RenameAgent, agent=who, name=name))
    if email is not None:
        commands.append(command_of(ChangeEmail, agent=who, email=email))
    if role is not None:
        commands.append(ChangeRole(agent=who, role=await role_of(desk, role)))
    if names or no_department:
        departments = [await department_of(desk, each) for each in names]
        commands.append(ChangeDepartments(agent=who, departments=tuple(departments)))
    if not commands:
        raise Failure(Exit.USAGE, "say what is to change: --name, --email, --role, --department")
    done = await desk.execute(*map(Wish, commands))
    await catch_up(desk)
    click.echo(f"Changed {agent}." if done.answer.changed else f"{agent} is so already.")


@agents.command(
    "reset-password", epilog="Example: deskledger agents reset-password ana@example.com"
)
@click.argument("agent", metavar="EMAIL-OR-ID")
@click.option(
    "--url", help="Where people reach the server.  [default: PUBLIC_URL, else HOST and PORT]"
)
@on_desk
async def reset_password(desk: "Desk", agent: str, url: str | None) -> None:
    """Print a link with which an agent can set a password once, within an hour."""
    from api.sign_in.links import password_url
    from infra.directory import agent_of

    agent_id = await agent_of(desk, agent)
    secret = await desk.entrance.links.issue_reset(agent_id, "cli")
    base_url = url.rstrip("/") if url else desk.settings.base_url
    click.echo(password_url(base_url, agent_id, secret))
    click.echo("Hand it to them only: it works once, within an hour.", err=True)
    if not url and not desk.settings.public_url:
        click.echo(f"People reach the server elsewhere than {base_url}? Say so by --url.", err=True)
