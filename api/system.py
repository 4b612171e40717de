"""How the whole system stands: what its page and the REST API tell, and the port to read it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct


class DatabaseState(Struct, frozen=True, kw_only=True):
    """PostgreSQL, and how much of it the account takes."""

    place: Annotated[str, Meta(description="Where it is, without any password.")]
    version: Annotated[str, Meta(description="PostgreSQL's version.")]
    log_bytes: Annotated[int, Meta(description="What the log takes on disk.")]
    views_bytes: Annotated[int, Meta(description="What the views take, which can be built anew.")]
    migrations: Annotated[int, Meta(description="Migrations applied.")]
    migrations_known: Annotated[int, Meta(description="Migrations that this code knows.")]


class ViewState(Struct, frozen=True):
    """A view: `version` is that in the database, null where it is missing."""

    name: str
    version: int | None
    wanted: Annotated[int, Meta(description="The version that this code reads and writes.")]


class ViewsState(Struct, frozen=True, kw_only=True):
    """How far the views are, all of which move in one transaction."""

    position: Annotated[int | None, Meta(description="The last position shown; null: no views.")]
    waiting: Annotated[int, Meta(description="Facts to come; counting stops at 10,000.")]
    waiting_since: Annotated[
        datetime | None, Meta(description="When the first of them was recorded, if it can be read.")
    ]
    failure: Annotated[str | None, Meta(description="Why the views come no further.")]
    rebuilding: Annotated[bool, Meta(description="Whether they are being built anew.")]
    views: list[ViewState]


class ServerProcess(Struct, frozen=True, kw_only=True):
    """A process that serves, as PostgreSQL sees its sessions."""

    pid: int
    address: Annotated[str | None, Meta(description="Its machine; null: the database's own.")]
    connected_at: Annotated[datetime, Meta(description="Since when its oldest session stands.")]
    heard_at: Annotated[
        datetime | None,
        Meta(description="When its projector last asked for something; null: it has no session."),
    ]
    projects: Annotated[bool, Meta(description="Whether it moves the views; the others stand by.")]
    answers: Annotated[bool, Meta(description="Whether it gave this answer.")]


class HousekeepingRound(Struct, frozen=True):
    """The last round of what each process does once a minute."""

    at: datetime
    failed: Annotated[list[str], Meta(description="Errands that have to wait: the log says why.")]


class SettingInForce(Struct, frozen=True):
    """A setting as the process that answers was given it."""

    name: Annotated[str, Meta(description="Its environment variable.")]
    value: str
    default: Annotated[bool, Meta(description="Whether it is what it is without being set.")]
    meaning: str


class System(Struct, frozen=True, kw_only=True):
    """How the system stands; `at` is the database's clock."""

    at: datetime
    version: Annotated[str, Meta(description="Deskledger's version.")]
    url: Annotated[str, Meta(description="Where clients reach it.")]
    started_at: Annotated[datetime, Meta(description="When the process that answers began.")]
    position: Annotated[int, Meta(description="The last position of the log.")]
    database: DatabaseState
    views: ViewsState
    processes: Annotated[list[ServerProcess], Meta(description="Those that serve, by pid.")]
    projected_elsewhere: Annotated[
        bool, Meta(description="Whether a command moves the views, and no process that serves.")
    ]
    housekeeping: HousekeepingRound | None
    settings: list[SettingInForce]


ReadSystem = Callable[[], Awaitable[System]]
"""Reads how the system stands. Raises `Unavailable`."""
