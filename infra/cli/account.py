"""The account that a command works on: found by --data or DATABASE_URL, opened, closed again."""

import contextlib
import functools
import os
import shlex
import time
from collections.abc import Callable, Coroutine, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click
from platformdirs import user_data_path

from infra.settings import Settings, read_settings

if TYPE_CHECKING:
    from infra.desk import Desk

STILL_SECONDS = 30
_LOOK_SECONDS = 0.2
P = ParamSpec("P")
C = TypeVar("C", bound=Callable[..., object])


def data_option(command: C) -> C:
    """Give a command the option --data."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Folder of the embedded database; goes before DATABASE_URL.  "
        f"[default: DATABASE_URL, else {default_folder()}]",
    )(command)


def default_folder() -> Path:
    return user_data_path("deskledger", appauthor=False)


def written(command: str) -> str:
    """Write a command of ours as it is called here, so that it finds the same database."""
    program = os.environ.get("DESKLEDGER_COMMAND", "deskledger")
    data: Path | None = click.get_current_context().params.get("data")
    return f"{program} {command}" + (f" --data {shlex.quote(str(data))}" if data else "")


def settings_for(data: Path | None, **given: object) -> Settings:
    """Read the settings; a folder that was named goes before DATABASE_URL."""
    if data is not None:
        given |= {"database_url": "", "database_direct_url": ""}
    return read_settings(os.environ, **given)


@contextlib.contextmanager
def database(data: Path | None) -> Generator[Settings]:
    """Hold the database for as long as the block runs."""
    from infra.database import held

    with held(settings_for(data), data or default_folder()) as settings:
        yield settings


def on_desk(
    act: "Callable[Concatenate[Desk, P], Coroutine[Any, Any, None]]",
) -> Callable[..., None]:
    """Make a command of an async function that takes the open desk first."""

    @data_option
    @functools.wraps(act)
    def command(data: Path | None, *args: P.args, **kwargs: P.kwargs) -> None:
        run(data, lambda desk: act(desk, *args, **kwargs))

    return command


def run(data: Path | None, act: "Callable[[Desk], Coroutine[Any, Any, None]]") -> None:
    """Run an async function on the open desk."""
    import asyncio

    from infra.database import opened

    async def on_opened(settings: Settings) -> None:
        async with opened(settings) as desk:
            await act(desk)

    with database(data) as settings:
        asyncio.run(on_opened(settings))


async def catch_up(desk: "Desk", on_progress: Callable[[int, int], None] | None = None) -> None:
    """Wait until the views show all that is in the log; say so where they come no further.

    `on_progress` hears how far they are and have to go, in positions.
    """
    progress = desk.live.progress
    place = await progress.read()
    if place is None:
        return
    moved, reached = time.monotonic(), place.position
    while not await progress.reached(place.head, _LOOK_SECONDS):
        if progress.position > reached:
            moved, reached = time.monotonic(), progress.position
        if on_progress:
            on_progress(reached - place.position, place.head - place.position)
        if progress.failure or time.monotonic() > moved + STILL_SECONDS:
            why = progress.failure or f"they have not moved for {STILL_SECONDS} s"
            click.echo(f"Warning: the views do not show everything: {why}", err=True)
            return
