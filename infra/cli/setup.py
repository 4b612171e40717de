"""The command that makes the first owner, for those who would rather not open a link."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.cli.account import catch_up, data_option, run, written
from infra.cli.failures import Exit, Failure

if TYPE_CHECKING:
    from infra.desk import Desk


@click.command(epilog='Example: deskledger setup --name "Ana Ruiz" --email ana@example.com')
@click.option("--name", required=True, help="Your name.")
@click.option("--email", required=True, help="The address that you will sign in with.")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin, a line.")
@data_option
def setup(name: str, email: str, password_stdin: bool, data: Path | None) -> None:
    """Make the first owner of an account, who signs in with a password."""
    from api.sign_in.passwords import accepted

    password = accepted(_read() if password_stdin else _ask(), email, name)

    async def found(desk: "Desk") -> None:
        from domain.fact import Attribution

        await desk.entrance.links.found(name, email, password, Attribution(via="cli"))
        await catch_up(desk)
        click.echo(f"{name} owns the account, and signs in where {written('serve')} says.")

    run(data, found)


def _ask() -> str:
    return click.prompt("Password", hide_input=True, confirmation_prompt=True, type=str)


def _read() -> str:
    try:
        return sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise Failure(Exit.USAGE, "the password on stdin is not UTF-8") from None
