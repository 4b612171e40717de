"""A PostgreSQL server that every process on a data folder shares, and that ends with the last one."""

import os
import weakref
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from infra.postgres.errors import EmbeddedPostgresError
from infra.postgres.placement import make_server_folder
from infra.postgres.server import Server


class EmbeddedPostgres:
    """One use of the PostgreSQL server that lives in a data folder.

    The first user starts the server, and it stops once the last has let go or died. A forked child
    is no user. ``durable=False`` gives up the safety of commits for speed, if this use starts it.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._folder = folder.absolute()
        self._durable = durable
        self._server: Server | None = None
        self._share: int | None = None

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

        Raises EmbeddedPostgresError when the server cannot run.
        """
        try:
            if self._server is None:
                self._server = Server(*make_server_folder(self._folder), durable=self._durable)
            if self._share is None:
                self._share = self._server.use()
                self._forget_in_forked_children()
            self._server.ensure_running()
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
        if self._server is None or self._share is None:
            raise EmbeddedPostgresError("The embedded PostgreSQL server was not started.")
        host = quote(str(self._server.socket_folder()), safe="")
        return f"postgresql://postgres@/{quote(database, safe='')}?host={host}&port=5432"

    def stop(self) -> None:
        """Lets go; where nobody else uses the server, returns after it has stopped."""
        if self._server is not None and self._share is not None:
            self._forget()
            self._server.stop_when_unused()

    def _forget(self) -> None:
        if self._share is not None:
            os.close(self._share)
            self._share = None

    def _forget_in_forked_children(self) -> None:
        # A share is an open file: a child that has it too would keep the server up for ever when
        # its parent is killed.
        forget = weakref.WeakMethod(self._forget)

        def in_child() -> None:
            if method := forget():
                method()

        os.register_at_fork(after_in_child=in_child)
