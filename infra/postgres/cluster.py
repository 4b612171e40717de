"""The files and the processes of one PostgreSQL server: made, looked at, started and stopped."""

import os
import shlex
import shutil
import socket
import subprocess
import tempfile
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from infra.postgres.binaries import Binaries, find_binaries
from infra.postgres.errors import EmbeddedPostgresError
from infra.postgres.placement import ServerUser, make_socket_folder, reachable

START_SECONDS = 120  # redo after a crash under load takes a while
BUILTIN_LOCALE_SINCE = 17
PID_FILE_LINES = 8
SOCKET = ".s.PGSQL.5432"
OPTIONS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "log_checkpoints": "off",
    "jit": "off",  # our queries are short: compiling them costs more than it gains
    "timezone": "UTC",
    "log_timezone": "UTC",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

STOP = ("pg_ctl", "stop", "--silent", "--mode=fast", "--wait", "--timeout=3600")


class Listening(NamedTuple):
    """A server that accepts connections to its socket, if not yet ones to its databases."""

    sockets: Path
    ready: bool


class Cluster:
    """A database cluster in a folder of its own, with its log and its socket beside it."""

    def __init__(self, folder: Path, user: ServerUser, *, durable: bool) -> None:
        self.folder = folder
        self.user = user
        self._durable = durable
        self._data = folder / "data"
        self._pid_file = self._data / "postmaster.pid"

    @property
    def environment(self) -> dict[str, str]:
        # The path goes by environment, not by -D, which pg_ctl would hand to a shell.
        return {**os.environ, "PGDATA": str(self._data), "LC_ALL": "C"}

    @property
    def stop_command(self) -> list[str]:
        return [str(self._binaries.folder / STOP[0]), *STOP[1:]]

    def listening(self) -> Listening | None:
        """The server of this cluster, if one listens."""
        lines = self._pid_lines()
        if len(lines) < PID_FILE_LINES:
            return None
        _, data, _, _, sockets, _, _, state = lines[:PID_FILE_LINES]
        # Asked of the socket, not of the process id, which may be another program's by now; and not
        # of another cluster's socket, which the copy of a folder would name.
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                if not self._data.samefile(data):
                    return None
                probe.connect(os.fsencode(Path(sockets) / SOCKET))
            except OSError:
                return None
        return Listening(Path(sockets), state == "ready")

    def ensure_made(self) -> None:
        """Makes the cluster if there is none; raises EmbeddedPostgresError or OSError."""
        if (self._data / "PG_VERSION").exists():
            return
        for leftover in self.folder.glob("new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        # Built under another name: half an initdb is never taken for a cluster.
        new = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder))
        self.user.own(new)
        locale = (
            ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            if self._binaries.major >= BUILTIN_LOCALE_SINCE
            else ["--locale=C", "--lc-ctype=C.UTF-8"]
        )
        done = self._run(
            "initdb",
            f"--pgdata={new}",
            "--username=postgres",
            "--auth=trust",  # the socket's folder is closed to everyone else
            "--encoding=UTF8",
            "--data-checksums",
            *locale,
            *([] if self._durable else ["--no-sync"]),
        )
        if done.returncode:
            shutil.rmtree(new, ignore_errors=True)
            raise EmbeddedPostgresError(f"initdb failed in {self.folder}: {_reason(done.stderr)}")
        new.rename(self._data)
        if self._durable:
            _sync(self.folder)

    def launch(self, lock: int) -> Path:
        """Starts the server and returns the folder of its socket once it is ready.

        The server and all its processes keep the lock, an open file: whoever holds it when he calls
        knows that none of them is left. Raises EmbeddedPostgresError or OSError.
        """
        sockets = make_socket_folder(self.folder, self.user)
        self._disown_leftovers(sockets)
        log = self.folder / "server.log"
        if log.exists():
            log.replace(self.folder / "server.log.old")
        quoted = str(sockets).replace('"', '""')
        options = OPTIONS | {"unix_socket_directories": f'"{quoted}"'}
        if not self._durable:
            options |= NOT_DURABLE
        done = self._run(
            *("pg_ctl", "start", "--silent", "--wait", f"--timeout={START_SECONDS}"),
            "--log=server.log",
            "--options=" + " ".join(f"-c {k}={shlex.quote(v)}" for k, v in options.items()),
            keep=lock,
        )
        if done.returncode:
            text = log.read_text(errors="replace") if log.exists() else done.stderr
            raise EmbeddedPostgresError(
                f"PostgreSQL did not start in {self.folder}: {_reason(text)}"
            )
        return sockets

    def stop(self) -> None:
        """Stops the server, if one runs, and returns after it has ended."""
        running = self.listening()
        self._run(*STOP)
        if running and running.sockets != self.folder:
            running.sockets.rmdir()

    @cached_property
    def _binaries(self) -> Binaries:
        version = self._data / "PG_VERSION"
        major = int(version.read_text()) if version.exists() else None
        return reachable(find_binaries(os.environ, major), self.user)

    def _run(
        self, program: str, *arguments: str, keep: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        as_root = os.geteuid() == 0
        return subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            [self._binaries.folder / program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd=self.folder,
            env=self.environment,
            pass_fds=() if keep is None else (keep,),
            user=self.user.uid if as_root else None,
            group=self.user.gid if as_root else None,
            extra_groups=[] if as_root else None,
        )

    def _pid_lines(self) -> list[str]:
        """What postmaster.pid says: process id, data, time, port, socket folder, …, …, state."""
        try:
            content = self._pid_file.read_bytes()
        except FileNotFoundError:
            return []
        return [line.strip() for line in os.fsdecode(content).splitlines()]

    def _disown_leftovers(self, sockets: Path) -> None:
        """Makes a dead server's lock files harmless.

        PostgreSQL trusts the process ids in them, which after a reboot, and in a container always,
        may be those of other programs; only its ancestors' it knows to be stale. The rest of
        postmaster.pid names the shared memory, in which PostgreSQL looks for survivors once more.
        """
        if lines := self._pid_lines():
            content = "\n".join([str(os.getpid()), *lines[1:], ""])
            with self.user.opened(self._pid_file) as file:
                os.ftruncate(file, 0)
                os.write(file, os.fsencode(content))
        for name in (SOCKET, f"{SOCKET}.lock"):
            (sockets / name).unlink(missing_ok=True)


def _reason(text: str) -> str:
    """The line of a log or of an error output that says what went wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "error" in line]
    return (fatal or lines or ["no reason given"])[-1]


def _sync(folder: Path) -> None:
    """Makes the names in a folder durable."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
