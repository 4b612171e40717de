"""The command line. Modules here import what is slow inside functions, so that help comes at once."""

from typing import Any

import click

from infra.cli import (
    agents,
    apps,
    budget,
    clients,
    departments,
    imports,
    roles,
    serve,
    setup,
    tokens,
    upkeep,
)
from infra.cli.failures import EPILOG, failure_of


class Commands(click.Group):
    """The group of all commands: whatever goes wrong becomes one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(130) from None
        except Exception as error:
            failure = failure_of(error)
            if failure is None:
                raise
            raise failure from error


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="deskledger", prog_name="deskledger")
def main() -> None:
    """A self-hosted helpdesk with a built-in MCP server."""


for command in (
    serve.serve,
    setup.setup,
    upkeep.migrate,
    upkeep.status,
    upkeep.views,
    imports.imports,
    agents.agents,
    roles.roles,
    departments.departments,
    tokens.tokens,
    apps.apps,
    clients.clients,
    budget.budget,
):
    main.add_command(command)
