"""Commands as processes of their own, forked from one that has imported what they need."""

import atexit
import contextlib
import functools
import gc
import importlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

# What commands import once they know what they are to do.
LATE = (
    "asyncio",
    "infra.access",
    "infra.database",
    "infra.desk",
    "infra.directory",
    "infra.migrations",
    "rich.table",
)
LONGEST = 1 << 17


class Order(msgspec.Struct):
    """A command to run: its arguments, as bytes that may be anything, its environment, and where."""

    arguments: Sequence[bytes]
    environment: Mapping[str, str]
    folder: str


@functools.cache
def parent() -> socket.socket:
    """Return the line to the process that forks, started at the first call; it ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.cli.forking", str(theirs.fileno())]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def fork(order: Order, stdin: str, seconds: float) -> tuple[int, bytes, bytes]:
    """Run a command; return its exit code and what it wrote. Raises `TimeoutError`."""
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as errors,
    ):
        given.write(stdin.encode(errors="surrogateescape"))
        given.seek(0)
        heard, told = os.pipe()
        try:
            handed = [given.fileno(), out.fileno(), errors.fileno(), told]
            socket.send_fds(parent(), [msgspec.json.encode(order)], handed)
        finally:
            os.close(told)
        with open(heard, "rb", buffering=0) as status:  # noqa: PTH123 - a pipe has no path
            if not select.select([status], [], [], seconds)[0]:
                raise TimeoutError(order.arguments)
            code = int(status.read(16) or b"-1")
        out.seek(0)
        errors.seek(0)
        return code, out.read(), errors.read()


def serve(line: socket.socket) -> None:
    """Fork a process for each order that comes, until nobody is left to send one."""
    from infra.cli import main  # noqa: PLC0415 - slow, and for this process only

    for module in LATE:
        importlib.import_module(module)
    gc.freeze()  # or each of them copies all that is here to look through it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever watches over a command goes by itself
    while True:
        data, files, _, _ = socket.recv_fds(line, LONGEST, 4)
        if not data:
            return
        if os.fork() == 0:
            line.close()
            watch(main, msgspec.json.decode(data, type=Order), files)
        for file in files:
            os.close(file)


def watch(main: Any, order: Order, files: Sequence[int]) -> None:
    """Run a command, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, told = files
    if (command := os.fork()) == 0:
        os.close(told)
        for place, file in enumerate(streams):
            os.dup2(file, place)
            os.close(file)
        become(main, order)
    _, status = os.waitpid(command, 0)
    os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def become(main: Any, order: Order) -> None:
    os.environ.clear()
    os.environ.update(order.environment)
    os.chdir(order.folder)
    sys.argv = [os.fsdecode(word) for word in order.arguments]
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - a stream, not read yet
    sys.exit(main())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt), socket.socket(fileno=int(sys.argv[1])) as line:
        serve(line)
