"""Server processes to measure, each on the same core, and the environment of those not ours."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import click

ROOT = Path(__file__).parents[2]
# The newest that installs beside the certificates of its day, and runs.
FASTMCP = "fastmcp==4.1.2"
PEERS = ROOT / ".tools" / "bench"
START_SECONDS = 30
_AS_WE_SERVE = (
    "--factory",
    "--http=httptools",
    "--loop=uvloop",
    "--no-access-log",
    "--no-proxy-headers",
    "--no-server-header",
    "--log-level=warning",
)


class Server(NamedTuple):
    """A server in a process of its own."""

    port: int
    pid: int


class Cores(NamedTuple):
    """Which core serves, and which has the database and the load."""

    server: int
    rest: int


def take_cores() -> Cores:
    """Keep this process, and with it what it starts, off the core that will serve."""
    if not hasattr(os, "sched_setaffinity"):
        raise click.ClickException("processes can be held on a core on Linux only")
    found = sorted(os.sched_getaffinity(0))
    if len(found) < 2:
        raise click.ClickException("two cores are needed: one serves, one calls")
    cores = Cores(found[0], found[1])
    os.sched_setaffinity(0, {cores.rest})
    return cores


@contextlib.contextmanager
def serving(
    application: str, cores: Cores, environment: Mapping[str, str], python: Path | None = None
) -> Generator[Server]:
    """Serve an application factory with uvicorn, as production does, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    here = [] if python is None else [f"--app-dir={Path(__file__).parent}"]
    process = subprocess.Popen(
        [
            *(python or sys.executable, "-m", "uvicorn", application, f"--port={port}"),
            *(*_AS_WE_SERVE, *here),
        ],
        cwd=ROOT,
        env={**os.environ, **environment, "PORT": str(port)},
    )
    os.sched_setaffinity(process.pid, {cores.server})
    try:
        _wait_for(process, port, application)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _wait_for(process: subprocess.Popen[bytes], port: int, name: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise click.ClickException(f"{name} did not start")


def peers_python() -> Path:
    """Return the interpreter of the environment with fastmcp, made when it is missing."""
    python = PEERS / "bin" / "python"
    made = PEERS / "made-from"
    # Everything below fastmcp is as in our own environment.
    same = ("mcp", "pydantic", "starlette", "uvicorn", "uvloop", "httptools", "psycopg-binary")
    wanted = [FASTMCP, "psycopg[pool]", *(f"{name}=={version(name)}" for name in same)]
    if made.exists() and made.read_text() == "\n".join(wanted):
        return python
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    click.echo(f"Fetching {FASTMCP} ...", err=True)
    try:
        for step in (
            ["venv", "--quiet", "--clear", "--python", sys.executable, str(PEERS)],
            ["pip", "install", "--quiet", "--python", str(python), *wanted],
        ):
            subprocess.run([uv, *step], check=True, capture_output=True, text=True)
    except OSError as error:
        raise click.ClickException(f"uv cannot be run: {error.strerror}") from None
    except subprocess.CalledProcessError as error:
        last = error.stderr.strip().rpartition("\n")[2]
        raise click.ClickException(f"{FASTMCP} cannot be installed: {last}") from None
    made.write_text("\n".join(wanted))
    return python
