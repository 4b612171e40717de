"""Processes that use an embedded server, what they left in it, and ways to kill any of them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg

PROC = Path("/proc")
SECONDS = 60


@contextmanager
def running(script: str, folder: Path) -> Generator[subprocess.Popen[str]]:
    """A Python process on a data folder, in a process group of its own; killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", script, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def finish(process: subprocess.Popen[str]) -> None:
    """Lets a holding process end by itself."""
    assert process.stdin
    process.stdin.close()
    assert process.wait(SECONDS) == 0


def answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def works(connection: psycopg.Connection) -> bool:
    """Whether a query that was sent on a connection has not been answered yet."""
    connection.pgconn.consume_input()
    return bool(connection.pgconn.is_busy())


def eventually(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def write(url: str, number: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS numbers (number int)")
        connection.execute("INSERT INTO numbers VALUES (%s)", (number,))


def numbers(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT number FROM numbers ORDER BY number")]


def processes(folder: Path) -> list[int]:
    """Every process that works in a folder or names it: users, watchdog, postmaster, backends."""
    return list(_commands(folder))


def _commands(folder: Path) -> dict[int, bytes]:
    """Give the command lines of those processes; one that ends meanwhile is none of them."""
    found: dict[int, bytes] = {}
    for process in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes()
            if os.fsencode(folder) in command or (process / "cwd").readlink().is_relative_to(
                folder
            ):
                found[int(process.name)] = command
    found.pop(os.getpid(), None)
    return found


def kill(*pids: int) -> None:
    """Kill processes at once, and wait for their ends: one that is ending may still listen."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: all(map(_is_gone, pids)))


def _is_gone(pid: int) -> bool:
    try:
        _, _, rest = (PROC / str(pid) / "stat").read_text().rpartition(") ")
    except OSError:
        return True
    return rest.startswith(("Z", "X"))  # its parent has not asked for its end yet


def postmaster(folder: Path) -> int:
    return int((folder / "postgres/data/postmaster.pid").read_text().split()[0])


def watchdogs(folder: Path) -> list[int]:
    return [pid for pid, command in _commands(folder).items() if b"watchdog.py" in command]
