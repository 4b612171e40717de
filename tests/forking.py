"""Processes of the product, forked from one that has imported what they need."""

import atexit
import contextlib
import functools
import gc
import importlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

import msgspec

COMMAND = "infra.cli:main"
# What commands and servers import once they know what they are to do.
LATE = (
    "asyncio",
    "infra.access",
    "infra.database",
    "infra.desk",
    "infra.directory",
    "infra.migrations",
    "rich.table",
    "infra.serve.beginning",
    "infra.serve.greeting",
    "infra.serve.leaving",
    "infra.serve.listening",
    "infra.serve.running",
    "infra.serve.worker",
    "api.app",
    "mcp_server.server",
    "mcp_server.tools",
    "uvloop",
)
LONGEST = 1 << 17
NUMBER = struct.Struct("i")
FILES_AT_MOST = 16


class Order(msgspec.Struct):
    """A process to fork: its arguments, as bytes that may be anything, its environment, and where.

    A process of a `session` of its own is no part of the terminal's group.
    """

    arguments: Sequence[bytes]
    environment: Mapping[str, str]
    folder: str
    main: str = COMMAND
    session: bool = False


class Forked:
    """A forked process."""

    def __init__(self, told: int) -> None:
        self._told = open(told, "rb", buffering=0)  # noqa: SIM115 - a pipe has no path
        self._code: int | None = None
        self.pid = self._number()

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it is known to have ended."""
        if self._code is None and not select.select([self._told], [], [], 0)[0]:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, seconds: float) -> int:
        """Return the exit code, negative for a signal.

        A process that takes longer is killed. Raises `TimeoutError` then.
        """
        if self._code is None:
            late = not select.select([self._told], [], [], seconds)[0]
            if late:
                self.kill()
            self._code = self._number()
            self._told.close()
            if late:
                raise TimeoutError(self.pid)
        return self._code

    def _number(self) -> int:
        number: int
        (number,) = NUMBER.unpack(self._told.read(NUMBER.size))
        return number


@functools.cache
def parent() -> socket.socket:
    """Return the line to the process that forks, started at the first call; it ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.forking", str(theirs.fileno())]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def start(order: Order, stdin: int, out: int, errors: int, *more: int) -> Forked:
    """Fork a process with these files; it finds the numbers of `more` behind its arguments."""
    heard, told = os.pipe()
    try:
        files = [told, stdin, out, errors, *more]
        socket.send_fds(parent(), [msgspec.json.encode(order)], files)
    finally:
        os.close(told)
    return Forked(heard)


def fork(order: Order, stdin: str, seconds: float) -> tuple[int, bytes, bytes]:
    """Run a command; return its exit code and what it wrote. Raises `TimeoutError`."""
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as errors,
    ):
        given.write(stdin.encode(errors="surrogateescape"))
        given.seek(0)
        code = start(order, given.fileno(), out.fileno(), errors.fileno()).wait(seconds)
        out.seek(0)
        errors.seek(0)
        return code, out.read(), errors.read()


def serve(line: socket.socket) -> None:
    """Fork a process for each order that comes, until nobody is left to send one."""
    gc.disable()
    for module in (COMMAND.partition(":")[0], *LATE):
        importlib.import_module(module)
    gc.enable()
    gc.freeze()  # or each of them copies all that is here to look through it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever watches over a command goes by itself
    while True:
        data, files, _, _ = socket.recv_fds(line, LONGEST, FILES_AT_MOST)
        if not data:
            return
        if os.fork() == 0:
            line.close()
            watch(msgspec.json.decode(data, type=Order), files)
        for file in files:
            os.close(file)


def watch(order: Order, files: Sequence[int]) -> None:
    """Run a process, and tell its number and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    told, *handed = files
    if (command := os.fork()) == 0:
        os.close(told)
        become(order, handed)
    for file in handed:
        os.close(file)  # else whoever reads from the process would never see its end
    os.write(told, NUMBER.pack(command))
    _, status = os.waitpid(command, 0)
    os.write(told, NUMBER.pack(os.waitstatus_to_exitcode(status)))
    os._exit(0)


def become(order: Order, handed: Sequence[int]) -> None:
    if order.session:
        os.setsid()
    for place, file in enumerate(handed[:3]):
        os.dup2(file, place)
        os.close(file)
    os.environ.clear()
    os.environ.update(order.environment)
    os.chdir(order.folder)
    sys.argv = [*map(os.fsdecode, order.arguments), *map(str, handed[3:])]
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - a stream, not read yet
    module, _, name = order.main.partition(":")
    sys.exit(getattr(importlib.import_module(module), name)())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt), socket.socket(fileno=int(sys.argv[1])) as line:
        serve(line)
