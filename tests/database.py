"""The PostgreSQL server the tests run on, and the databases they get on it."""

import contextlib
import fcntl
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, TypeVar
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

from infra.migrations import migrate
from infra.postgres.embedded import EmbeddedPostgres

DOCKER_SOCKET = Path("/var/run/docker.sock")
IMAGE = "postgres:18-alpine"
# What a crash may lose is of no worth here.
UNSAFE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
MEMORY = Path("/dev/shm")  # noqa: S108 - only a folder of our own in it is used
FOLDER_PREFIX = "deskledger-tests-"
LIVE = "live.lock"  # held by the test run that a folder belongs to
ENOUGH_BYTES = 1 << 30
T = TypeVar("T")


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server that can be opened: the context yields its URL."""

    name: str
    opened: AbstractContextManager[str]


def choose_server(environment: Mapping[str, str]) -> Server:
    """TEST_DATABASE_URL, else a container where a Docker engine answers, else the embedded server.

    TEST_PG=docker insists on the container, TEST_PG=embedded on the embedded server.
    """
    wanted = environment.get("TEST_PG", "")
    if wanted not in {"", "docker", "embedded"}:
        raise ValueError(f"TEST_PG is docker or embedded, not {wanted!r}.")
    if not wanted and (url := environment.get("TEST_DATABASE_URL")):
        return Server("the server of TEST_DATABASE_URL", contextlib.nullcontext(url))
    if wanted != "embedded":
        missing = _docker_fault(environment)
        if not missing:
            return Server(f"a container of {IMAGE}", _container())
        if wanted == "docker":
            raise ValueError(f"TEST_PG=docker, but no Docker engine answers: {missing}")
    return Server("embedded", _embedded())


def _docker_fault(environment: Mapping[str, str]) -> str:
    """Why no Docker engine can be used, or nothing."""
    if not environment.get("DOCKER_HOST") and not DOCKER_SOCKET.exists():
        return f"there is no {DOCKER_SOCKET} and DOCKER_HOST is not set"
    # In a process of its own: a refused client leaves open sockets behind, which are warned of.
    ping = "import docker; docker.from_env(timeout=2).ping()"
    answer = subprocess.run(
        [sys.executable, "-c", ping], capture_output=True, text=True, check=False
    )
    return answer.stderr.strip().rpartition("\n")[2] if answer.returncode else ""


@contextmanager
def _container() -> Generator[str]:
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - slow to import

    container = PostgresContainer(IMAGE, driver=None)
    container.with_command(UNSAFE).with_tmpfs_mount("/var/lib/postgresql")
    container.with_env(
        "POSTGRES_INITDB_ARGS", "--locale=C --locale-provider=builtin --builtin-locale=C.UTF-8"
    )
    with container:
        yield container.get_connection_url()


@contextmanager
def _embedded() -> Generator[str]:
    with temporary_folder() as folder, EmbeddedPostgres(folder, durable=False) as server:
        yield server.url()


@contextmanager
def temporary_folder() -> Generator[Path]:
    """A folder for a server, in memory where there is room, with a path short enough for sockets."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES
    parent = MEMORY if roomy else Path(tempfile.gettempdir())
    for lock in parent.glob(f"{FOLDER_PREFIX}*/{LIVE}"):
        _remove_unless_live(lock)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=parent))
    folder.chmod(0o711)  # started by root, the server runs as another user, who must get in
    try:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            Path(lock.name).rename(folder / LIVE)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_unless_live(lock: Path) -> None:
    """Removes what a killed test run left behind: a folder whose lock nobody holds."""
    with contextlib.suppress(OSError), lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(lock.parent)


class Databases:
    """Makes and drops databases on one server; belongs to one test process."""

    def __init__(self, url: str, template: str) -> None:
        self._url = url
        self.template = template
        self._connection = psycopg.connect(url, autocommit=True)
        self._finished: list[str] = []
        self._filled: dict[Callable[[str], Any], tuple[str, Any]] = {}

    def close(self) -> None:
        self._finished += [name for name, _ in self._filled.values()]
        self._drop_finished()
        self._connection.close()

    def make_template(self) -> None:
        """Makes the migrated database that ``copy`` copies."""
        self._execute("CREATE DATABASE {}", self.template)
        migrate(self._address(self.template))

    def drop_template(self) -> None:
        self._drop(self.template)

    @contextmanager
    def copy(self) -> Generator[str]:
        """The URL of a fresh copy of the template; dropped later, whoever is connected."""
        with self._made("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", self.template) as url:
            yield url

    @contextmanager
    def copy_filled(self, fill: Callable[[str], T]) -> Generator[tuple[str, T]]:
        """The URL of a fresh copy that ``fill`` has filled, and what it returned: it runs once."""
        if fill not in self._filled:
            name = f"filled_{uuid.uuid4().hex}"
            self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, self.template)
            self._filled[fill] = name, fill(self._address(name))
        name, made = self._filled[fill]
        with self._made("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name) as url:
            yield url, made

    @contextmanager
    def empty(self) -> Generator[str]:
        """The URL of a fresh database with nothing in it; dropped later."""
        with self._made("CREATE DATABASE {} STRATEGY file_copy") as url:
            yield url

    @contextmanager
    def _made(self, statement: LiteralString, *names: str) -> Generator[str]:
        name = f"test_{uuid.uuid4().hex}"
        self._execute(statement, name, *names)
        self._drop_finished()
        try:
            yield self._address(name)
        finally:
            self._finished.append(name)

    def _drop_finished(self) -> None:
        # Only when the next database is wanted: where a connection closed a moment ago, its process
        # is still ending, and DROP DATABASE waits 100 ms for it.
        while self._finished:
            self._drop(self._finished.pop())

    def _drop(self, name: str) -> None:
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _execute(self, statement: LiteralString, *names: str) -> None:
        self._connection.execute(SQL(statement).format(*map(Identifier, names)))

    def _address(self, name: str) -> str:
        return urlsplit(self._url)._replace(path=f"/{name}").geturl()
