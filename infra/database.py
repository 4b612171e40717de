"""Which database is used, that of DATABASE_URL or the embedded server's, and its way up to date."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import psycopg
from msgspec.structs import replace

from domain.account import Account
from domain.application import Wish
from domain.budget import OpenBudget
from infra.desk import Desk, projection_of
from infra.migrations import migrate
from infra.postgres.embedded import EmbeddedPostgres
from infra.projector.rebuild import OnProgress, prepare_views
from infra.settings import Settings

SUPPORTED = range(15, 19)
_ANSWER_SECONDS = 10


class DatabaseError(Exception):
    """The database cannot be used; the text says why, in one line and without any password."""


@contextlib.contextmanager
def held(settings: Settings, data: Path) -> Generator[Settings]:
    """Yield the settings with a database that answers; the embedded one is kept up meanwhile.

    The embedded server in `data` stands in where no database is set. Raises `DatabaseError`, and
    `EmbeddedPostgresError` where that server cannot run.
    """
    if settings.database_url:
        _check(settings.database_url)
        yield settings
    else:
        with EmbeddedPostgres(data) as server:
            yield replace(settings, database_url=server.url(), database_direct_url="")


def _check(url: str) -> None:
    try:
        with psycopg.connect(url, connect_timeout=_ANSWER_SECONDS) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.ProgrammingError:
        # Its text may quote what stands where a password was meant to stand.
        raise DatabaseError(
            "DATABASE_URL cannot be read: write postgresql://user:password@host:5432/database"
        ) from None
    except psycopg.OperationalError as error:
        raise DatabaseError(
            f"the database of DATABASE_URL does not answer: {reason(error)}"
        ) from error
    if version not in SUPPORTED:
        raise DatabaseError(
            f"the database of DATABASE_URL is PostgreSQL {version}; supported are "
            f"{SUPPORTED[0]} to {SUPPORTED[-1]}"
        )


def reason(error: psycopg.Error) -> str:
    """Return the one line of an error of PostgreSQL's that says what went wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    several = len(lines) > 1 and lines[0].startswith("Multiple connection attempts failed")
    return lines[several] if lines else type(error).__name__


async def bring_up_to_date(settings: Settings, on_progress: OnProgress | None = None) -> int:
    """Migrate the log and build the views where they are not this code's; return migrations done.

    Raises `MigrationError`, and `Poisoned` for a fact that the views cannot take.
    """
    done = await asyncio.to_thread(migrate, settings.direct_url, settings.account)
    projection = projection_of(Account.named(settings.account))
    await prepare_views(settings.direct_url, projection, on_progress)
    return done


@contextlib.asynccontextmanager
async def opened(settings: Settings, *, follow: bool = True) -> AsyncGenerator[Desk]:
    """Open the account, brought up to date, with its budget; `follow` as in `Desk.open`."""
    await bring_up_to_date(settings)
    desk = Desk(settings)
    async with desk.open(follow=follow):
        opening = OpenBudget(calls_per_seat=settings.calls_per_seat)
        await desk.execute(Wish(opening), via="system")
        yield desk
