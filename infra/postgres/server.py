"""One PostgreSQL server in one folder: its files, its state, and how it is started and stopped."""

import contextlib
import fcntl
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from functools import cached_property
from pathlib import Path

from infra.postgres import watchdog
from infra.postgres.binaries import Binaries, find_binaries
from infra.postgres.errors import EmbeddedPostgresError
from infra.postgres.placement import ServerUser, make_socket_folder, reachable

START_SECONDS = 120  # redo after a crash under load takes a while
ORPHAN_SECONDS = 10  # how long backends may outlive a killed postmaster
BUILTIN_LOCALE_SINCE = 17
SOCKET = ".s.PGSQL.5432"
OPTIONS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "log_checkpoints": "off",
    "jit": "off",  # our queries are short: compiling them costs more than it gains
    "timezone": "UTC",
    "log_timezone": "UTC",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
STOP = ("stop", "--silent", "--mode=fast", "--wait", "--timeout=3600")


class Server:
    """The server in a folder, whoever started it.

    Three flocks in the folder keep its users apart; the kernel drops them when their holder dies:
    ``users.lock`` is shared by everyone who uses the server, and who gets it alone may stop it;
    ``start.lock`` is held while somebody looks whether it runs and starts it; ``watchdog.lock`` is
    held by the one watchdog, as long as it waits for ``users.lock``.
    """

    def __init__(self, folder: Path, user: ServerUser, *, durable: bool) -> None:
        self._folder = folder
        self._user = user
        self._durable = durable
        self._data = folder / "data"

    def use(self) -> int:
        """Takes a share in the server and returns it: an open file, to be closed to let go.

        Waits while the server is being stopped.
        """
        users = self._open("users.lock")
        fcntl.flock(users, fcntl.LOCK_SH)
        return users

    def ensure_running(self) -> None:
        """Returns once the server accepts connections; the caller has a share in it.

        Raises EmbeddedPostgresError or OSError.
        """
        with self._opened("start.lock") as start:
            fcntl.flock(start, fcntl.LOCK_EX)
            self._ensure_watchdog()
            deadline = time.monotonic() + START_SECONDS
            while self._listens():
                if self._state()[7:8] == ["ready"]:
                    return
                if time.monotonic() > deadline:
                    raise EmbeddedPostgresError(f"PostgreSQL in {self._folder} is not ready.")
                time.sleep(0.02)
            self._ensure_cluster()
            self._launch()

    def stop_when_unused(self) -> None:
        """Stops the server unless somebody has a share in it; waits while another stops it.

        Never raises OSError: whatever this cannot do is left to the watchdog or the next start.
        """
        with contextlib.suppress(OSError), self._opened("users.lock") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                fcntl.flock(users, fcntl.LOCK_SH)
            else:
                sockets = self._state()[4:5]
                self._run("pg_ctl", *STOP)
                if sockets and Path(sockets[0]) != self._folder:
                    Path(sockets[0]).rmdir()

    def socket_folder(self) -> Path:
        """Where the running server listens, in its own words."""
        return Path(self._state()[4])

    @cached_property
    def _binaries(self) -> Binaries:
        version = self._data / "PG_VERSION"
        major = int(version.read_text()) if version.exists() else None
        return reachable(find_binaries(os.environ, major), self._user)

    @property
    def _environment(self) -> dict[str, str]:
        # By environment, not by -D: pg_ctl would hand the path to a shell.
        return {**os.environ, "PGDATA": str(self._data), "LC_ALL": "C"}

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        as_root = os.geteuid() == 0
        return subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            [self._binaries.folder / program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=self._folder,
            env=self._environment,
            user=self._user.uid if as_root else None,
            group=self._user.gid if as_root else None,
            extra_groups=[] if as_root else None,
        )

    def _open(self, name: str) -> int:
        path = self._folder / name
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._user.own(path)
        return file

    @contextlib.contextmanager
    def _opened(self, name: str) -> Generator[int]:
        file = self._open(name)
        try:
            yield file
        finally:
            os.close(file)

    def _ensure_watchdog(self) -> None:
        with self._opened("watchdog.lock") as guard:
            try:
                fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            subprocess.run(  # noqa: S603 - our own script
                [
                    *(sys.executable, "-I", "-S", watchdog.__file__),
                    *(str(guard), self._folder / "users.lock"),
                    *(str(self._user.uid), str(self._user.gid)),
                    *(self._binaries.folder / "pg_ctl", *STOP),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=True,
                cwd="/",
                env=self._environment,
                pass_fds=(guard,),
            )

    def _state(self) -> list[str]:
        """The lines of postmaster.pid: process, data folder, time, port, socket folder, …, state."""
        try:
            return [
                line.strip() for line in (self._data / "postmaster.pid").read_text().splitlines()
            ]
        except FileNotFoundError:
            return []

    def _listens(self) -> bool:
        # Asked of the socket, not of the process id, which may be another program's by now.
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket_folder() / SOCKET))
            except (OSError, IndexError):
                return False
        return True

    def _ensure_cluster(self) -> None:
        if (self._data / "PG_VERSION").exists():
            return
        for leftover in self._folder.glob("new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        # Built under another name: half an initdb is never taken for a cluster.
        new = Path(tempfile.mkdtemp(prefix="new-", dir=self._folder))
        self._user.own(new)
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
            raise EmbeddedPostgresError(f"initdb failed in {self._folder}: {_reason(done.stderr)}")
        new.rename(self._data)
        if self._durable:
            _sync(self._folder)

    def _launch(self) -> None:
        sockets = make_socket_folder(self._folder, self._user)
        quoted = str(sockets).replace('"', '""')
        options = OPTIONS | {"unix_socket_directories": f'"{quoted}"'}
        if not self._durable:
            options |= NOT_DURABLE
        log = self._folder / "server.log"
        deadline = time.monotonic() + ORPHAN_SECONDS
        while True:
            self._disown_leftovers(sockets)
            if log.exists():
                log.replace(log.with_suffix(".log.old"))
            done = self._run(
                "pg_ctl",
                "start",
                "--silent",
                "--wait",
                f"--timeout={START_SECONDS}",
                "--log=server.log",
                "--options=" + " ".join(f"-c {k}={shlex.quote(v)}" for k, v in options.items()),
            )
            if done.returncode == 0:
                return
            text = log.read_text(errors="replace") if log.exists() else done.stderr
            if "shared memory block" not in text or time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"PostgreSQL did not start in {self._folder}: {_reason(text)}"
                )
            time.sleep(0.1)

    def _disown_leftovers(self, sockets: Path) -> None:
        """Makes a dead server's lock files harmless; the caller knows that nobody listens.

        PostgreSQL trusts the process ids in them, which after a reboot, and in a container always,
        may be those of other programs. An id of its own ancestors it knows to be stale; the rest of
        postmaster.pid must stay, because it names the shared memory that orphans may still use.
        """
        if state := self._state():
            with (self._data / "postmaster.pid").open("r+") as file:
                file.write("\n".join([str(os.getpid()), *state[1:], ""]))
                file.truncate()
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
