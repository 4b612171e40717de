"""Help: there for every command, with an example, and at once."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from infra.cli import main
from tests.cli.terminal import done

SLOW = ("asyncio", "psycopg", "litestar", "mcp", "uvicorn", "rich")


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", [*commands(main)], ids=" ".join)
def test_every_command_has_an_example_of_itself_in_its_help(path: tuple[str, ...]) -> None:
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    example = " ".join(("Example:", "deskledger", *path))
    text = command.get_help(click.Context(command, terminal_width=200, max_content_width=200))
    assert example in text.replace("DATABASE_URL=postgresql://desk@db/desk ", "")


def test_help_waits_for_no_slow_import() -> None:
    look = f"import infra.cli, sys; print([name for name in {SLOW} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_version_is_told() -> None:
    assert done("--version").startswith("deskledger, version ")
