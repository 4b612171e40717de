"""A PostgreSQL server that all processes on a data folder share, and that ends with the last one."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from infra.postgres import watchdog
from infra.postgres.cluster import START_SECONDS, Cluster
from infra.postgres.errors import EmbeddedPostgresError
from infra.postgres.placement import make_server_folder


class EmbeddedPostgres:
    """One use of the PostgreSQL server that lives in a data folder.

    The first user starts the server, and it stops once the last has let go or died. A forked child
    is no user. ``durable=False`` gives up the safety of commits for speed, if this use starts it.

    Four flocks keep the processes apart; the kernel drops them with their last holder:

    - ``users.lock`` is shared by all users, and whoever has it alone may stop the server;
    - ``watchdog.lock`` is held by the watchdog that waits for that;
    - ``start.lock`` is held by a user that makes sure that watchdog and server run;
    - ``server.lock`` is held by the server and each of its processes.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._folder = folder.absolute()
        self._durable = durable
        self._cluster: Cluster | None = None
        self._share: int | None = None
        self._sockets: Path | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> str:
        """Returns ``url()`` of a server that runs; called again after a crash, it revives it.

        Waits while the server is being stopped. Raises EmbeddedPostgresError when it cannot run.
        """
        try:
            self._start()
        except OSError as error:
            self.stop()
            reason = error.strerror or str(error)
            where = error.filename or self._folder
            raise EmbeddedPostgresError(f"No database can run in {where}: {reason}.") from error
        except BaseException:
            self.stop()
            raise
        return self.url()

    def url(self, database: str = "postgres") -> str:
        """The libpq address of a database of the started server.

        Raises EmbeddedPostgresError when it was not started.
        """
        if self._sockets is None:
            raise EmbeddedPostgresError("The embedded PostgreSQL server was not started.")
        host = quote(os.fsencode(self._sockets), safe="")
        return f"postgresql://postgres@/{quote(database, safe='')}?host={host}&port=5432"

    def stop(self) -> None:
        """Lets go; where nobody else uses the server, returns after it has stopped.

        Never raises OSError: whatever cannot be done is left to the watchdog or the next start.
        """
        share, self._share = self._share, None
        if self._cluster is None or share is None:
            return
        with contextlib.suppress(OSError):
            if _taken(share):
                self._cluster.stop()
            else:
                # Others go on using it, or the watchdog was quicker: then this waits for it.
                fcntl.flock(share, fcntl.LOCK_SH)
        os.close(share)

    def _start(self) -> None:
        if self._cluster is None:
            folder, user = make_server_folder(self._folder)
            self._cluster = Cluster(folder, user, durable=self._durable)
        cluster = self._cluster
        if self._share is None:
            self._share = cluster.user.open(cluster.folder / "users.lock")
            self._forget_in_forked_children()
            fcntl.flock(self._share, fcntl.LOCK_SH)
        with cluster.user.opened(cluster.folder / "start.lock") as start:
            fcntl.flock(start, fcntl.LOCK_EX)
            _ensure_watchdog(cluster)
            self._sockets = _ensure_running(cluster)

    def _forget_in_forked_children(self) -> None:
        # A share is an open file: a child that has it too would keep the server up for ever when
        # its parent is killed.
        forget = weakref.WeakMethod(self._forget)

        def in_child() -> None:
            if method := forget():
                method()

        os.register_at_fork(after_in_child=in_child)

    def _forget(self) -> None:
        if self._share is not None:
            os.close(self._share)
            self._share = None


def _taken(lock: int) -> bool:
    """Whether the caller now has the lock alone."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _ensure_running(cluster: Cluster) -> Path:
    """Starts the server unless it runs, and returns the folder of its socket once it is ready."""
    deadline = time.monotonic() + START_SECONDS
    with cluster.user.opened(cluster.folder / "server.lock") as server:
        while True:
            running = cluster.listening()
            if running and running.ready:
                return running.sockets
            # Taken only when even the orphans of a killed server are gone.
            if not running and _taken(server):
                cluster.ensure_made()
                return cluster.launch(server)
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"PostgreSQL in {cluster.folder} does not get ready.")
            time.sleep(0.02)


def _ensure_watchdog(cluster: Cluster) -> None:
    """Starts the process that stops the server after its last user, unless there is one."""
    with cluster.user.opened(cluster.folder / "watchdog.lock") as guard:
        if not _taken(guard):
            return
        subprocess.run(  # noqa: S603 - our own script
            [
                *(sys.executable, "-I", "-S", watchdog.__file__),
                *(str(guard), cluster.folder / "users.lock"),
                *(str(cluster.user.uid), str(cluster.user.gid)),
                *cluster.stop_command,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            cwd="/",
            env=cluster.environment,
            pass_fds=(guard,),
        )
