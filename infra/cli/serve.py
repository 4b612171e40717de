"""The command that serves."""

import contextlib
import gc
import importlib
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.cli.account import data_option, default_folder, settings_for, written

if TYPE_CHECKING:
    from infra.serve.beginning import Beginning
    from infra.settings import Settings

_SLOW = ("infra.serve.worker", "api.app", "mcp_server.server", "mcp_server.tools")


@click.command(epilog="Example: deskledger serve --demo")
@click.option("--demo", is_flag=True, help="Fill the account with a demo when it has no ticket.")
@click.option("--host", help="Address to bind.  [default: HOST, else 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port.  [default: PORT, else 8080]")
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes.  [default: WORKERS, else 1]"
)
@data_option
def serve(
    demo: bool, host: str | None, port: int | None, workers: int | None, data: Path | None
) -> None:
    """Serve the helpdesk: start its database, bring it up to date, answer MCP clients.

    Without DATABASE_URL it brings its own PostgreSQL. PUBLIC_URL says where clients reach it, if
    that is not the address it binds. SIGTERM ends it with exit code 0, Ctrl-C with 130.
    """
    gc.disable()  # until all is imported: it would walk through the same modules again and again
    from infra.serve.leaving import exit_code, leave_when_told

    leave_when_told()
    from infra.serve.listening import listen

    known_url = settings_for(data).base_url
    settings = settings_for(data, host=host, port=port, workers=workers)
    with listen(settings.host, settings.port) as listener:
        bound: int = listener.getsockname()[1]
        settings = settings_for(data, host=host, port=bound, workers=workers)
        with contextlib.ExitStack() as until_the_end:
            settings, beginning = _begin(settings, data or default_folder(), demo, until_the_end)
            from infra.serve.greeting import greet
            from infra.serve.running import serve_until_told

            ended_by = serve_until_told(
                settings, listener, lambda: greet(settings, beginning, written, known_url)
            )
    raise click.exceptions.Exit(exit_code(ended_by))


def _begin(
    settings: "Settings", folder: Path, demo: bool, until_the_end: contextlib.ExitStack
) -> "tuple[Settings, Beginning]":
    """Make database and account ready, and import meanwhile what takes a second."""
    from infra.database import held
    from infra.serve.beginning import begin
    from infra.serve.leaving import run

    # From here on nothing else is imported but in the background: imports must not meet.
    with _importing(_SLOW if settings.workers == 1 else ()):
        settings = until_the_end.enter_context(held(settings, folder))
        beginning = run(begin(settings, demo=demo))
    gc.enable()
    return settings, beginning


@contextlib.contextmanager
def _importing(modules: Sequence[str]) -> Generator[None]:
    """Import modules in the background; they are there after the block, unless it fails."""
    failed = threading.Event()

    def work() -> None:
        for module in modules:
            if not failed.is_set():
                importlib.import_module(module)

    with ThreadPoolExecutor(1) as beside:
        imported = beside.submit(work)
        try:
            yield
        except BaseException:
            failed.set()
            raise
        imported.result()
