"""The command line as people meet it: processes of its own, what they print, how they end."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from infra.settings import Settings
from tests.forking import Forked, Order, fork, start

PROGRAM = Path(sys.executable).with_name("deskledger")
SECONDS = 60


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def fault(self) -> str:
        """The one line that says what went wrong."""
        (line,) = self.err.splitlines()
        return line


def environment(database: str | None = None, **variables: str) -> dict[str, str]:
    """This process's environment with no settings but those given."""
    settings = {*Settings.__struct_encode_fields__, "DESKLEDGER_COMMAND"}
    clean = {name: value for name, value in os.environ.items() if name not in settings}
    return clean | ({"DATABASE_URL": database} if database else {}) | variables


def run(*arguments: str | Path, database: str | None = None, stdin: str = "") -> Ended:
    """Run a command to its end."""
    words = [os.fsencode(word) for word in (PROGRAM, *arguments)]
    code, out, errors = fork(Order(words, environment(database), str(Path.cwd())), stdin, SECONDS)
    return Ended(code, *(text.decode(errors="surrogateescape") for text in (out, errors)))


def done(*arguments: str | Path, database: str | None = None) -> str:
    """Run a command that succeeds and return what it printed."""
    ended = run(*arguments, database=database)
    assert ended.code == 0, ended
    return ended.out


class Serving:
    """A server in a process group of its own, as a terminal starts one."""

    def __init__(
        self, process: Forked | subprocess.Popen[bytes], out: str, errors: IO[str]
    ) -> None:
        self.process = process
        self.out = out
        self._errors = errors
        found = re.search(r"MCP URL\s+(http://\S+:(\d+)\S+)", out)
        assert found, (out, self.errors)
        self.url = found[1]
        self.port = int(found[2])

    @property
    def errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read()

    @property
    def token(self) -> str:
        """The token as it was printed, or its mask."""
        found = re.search(r"Token\s+(\S+)", self.out)
        assert found, self.out
        return found[1]

    def pasted(self, client: str) -> str:
        """What is to be pasted for a client."""
        lines = self.out.splitlines()
        return lines[next(n for n, line in enumerate(lines) if line.startswith(client)) + 1]

    def connect(self, request: str = "") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)
        connection.sendall(request.encode())
        return connection

    def is_gone(self) -> bool:
        """Wait until nobody listens on the port any more."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            try:
                self.connect().close()
            except ConnectionRefusedError:
                return True
            time.sleep(0.02)
        return False

    def end(self, number: signal.Signals, *, group: bool = False) -> int:
        """Send a signal, to the whole group as a terminal does; return the exit code."""
        if group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        return self.process.wait(SECONDS)


@contextmanager
def serving(
    *arguments: str | Path, database: str | None = None, afresh: bool = False, **variables: str
) -> Generator[Serving]:
    """Serve on a free port until the block ends, at the latest.

    `afresh` as the installed program, which takes a second for its imports; else forked.
    """
    words = [PROGRAM, "serve", "--port", "0", *arguments]
    with tempfile.TemporaryFile("w+") as errors:
        heard, told = os.pipe()
        with open(heard) as printed:  # noqa: PTH123 - a pipe has no path
            try:
                process = (_started if afresh else _forked)(
                    words, environment(database, **variables), told, errors.fileno()
                )
            finally:
                os.close(told)
            too_late = threading.Timer(SECONDS, process.kill)
            too_late.start()
            out = ""
            for line in printed:
                out += line
                if "Ctrl-C" in line:
                    break
            too_late.cancel()
            try:
                yield Serving(process, out, errors)
            finally:
                process.terminate()
                process.wait(SECONDS)


def _forked(
    words: Sequence[str | Path], variables: Mapping[str, str], out: int, errors: int
) -> Forked:
    order = Order([os.fsencode(word) for word in words], variables, str(Path.cwd()), session=True)
    with Path(os.devnull).open() as nothing:
        return start(order, nothing.fileno(), out, errors)


def _started(
    words: Sequence[str | Path], variables: Mapping[str, str], out: int, errors: int
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(words, env=variables, stdout=out, stderr=errors, start_new_session=True)
