"""How the whole system stands, read over one connection without changing anything."""

import os
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from importlib import metadata
from typing import LiteralString, NamedTuple

import msgspec
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from api.system import (
    DatabaseState,
    HousekeepingRound,
    SettingInForce,
    System,
    ViewsState,
    ViewState,
)
from domain.account import Account
from infra.migrations import migrations
from infra.presence import present
from infra.projector.progress import Progress
from infra.projector.tracking import Tracking
from infra.settings import Settings
from projections.reading import Pool, reading
from projections.view import Connection

MOST_WAITING = 10_000

_ACCOUNT: LiteralString = """
SELECT clock_timestamp(), (SELECT count(*) FROM {log}.migrations),
    (SELECT coalesce(max(notification_id), 0) FROM {log}.events)
"""
_SIZES: LiteralString = """
SELECT coalesce(sum(pg_total_relation_size(c.oid)) FILTER (WHERE n.nspname = %s), 0)::int8,
    coalesce(sum(pg_total_relation_size(c.oid)) FILTER (WHERE n.nspname = %s), 0)::int8
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname IN (%s, %s)
"""
_WAITING: LiteralString = """
SELECT count(*), (SELECT e.state FROM {log}.events e WHERE e.notification_id = min(w.id))
FROM (
    SELECT notification_id AS id FROM {log}.events WHERE notification_id > %s
    ORDER BY notification_id LIMIT %s
) w
"""


class _Envelope(msgspec.Struct):
    recorded_at: datetime


class _Stored(msgspec.Struct):
    """What can be read of any event, also of one that this code does not know."""

    envelope: _Envelope


class Process(NamedTuple):
    """What the process knows of itself."""

    started_at: datetime
    settings: Settings
    progress: Progress
    housekeeping: Callable[[], HousekeepingRound | None]


class SystemReader:
    """Reads for the account; `versions` are those of the views that the code has."""

    def __init__(
        self, pool: Pool, account: Account, versions: dict[str, int], process: Process
    ) -> None:
        self._pool = pool
        self._account = account
        self._tracking = Tracking(account)
        self._versions = versions
        self._process = process
        self._account_now = self._filled(_ACCOUNT)
        self._waiting = self._filled(_WAITING)

    @cached_property
    def _never_changing(self) -> tuple[str, int, list[SettingInForce]]:
        """Deskledger's version, migrations there are, and settings: read from files, so only once."""
        settings = settings_in_force(self._process.settings)
        return metadata.version("deskledger"), len(migrations()), settings

    async def __call__(self) -> System:
        """Read how the system stands now. Raises `Unavailable`."""
        process, account = self._process, self._account
        async with reading(self._pool) as connection:
            row = await anext(await connection.execute(self._account_now))
            at, applied, position = row
            presence = await present(connection, account, os.getpid())
            views = await self._views(connection, rebuilding=presence.rebuilding)
            schemas = (account.log, account.views)
            sizes = await anext(await connection.execute(_SIZES, schemas * 2))
            postgres = connection.info.parameter_status("server_version") or "?"
        version, known, settings = self._never_changing
        return System(
            at=at,
            version=version,
            url=process.settings.base_url,
            started_at=process.started_at,
            position=position,
            database=DatabaseState(
                place=described(process.settings.database_url),
                version=postgres.partition(" ")[0],
                log_bytes=sizes[0],
                views_bytes=sizes[1],
                migrations=applied,
                migrations_known=known,
            ),
            views=views,
            processes=presence.processes,
            projected_elsewhere=presence.projected_elsewhere,
            housekeeping=process.housekeeping(),
            settings=settings,
        )

    async def _views(self, connection: Connection, *, rebuilding: bool) -> ViewsState:
        place = await self._tracking.place(connection)
        found = await self._tracking.versions(connection)
        waiting, first = 0, None
        if place:
            cursor = await connection.execute(self._waiting, (place.position, MOST_WAITING))
            waiting, first = await anext(cursor)
        names = sorted({*found, *self._versions})
        return ViewsState(
            position=place.position if place else None,
            waiting=waiting,
            waiting_since=_recorded_at(first),
            failure=(place.failure if place else None) or self._process.progress.failure,
            rebuilding=rebuilding,
            views=[ViewState(name, found.get(name), self._versions.get(name, 0)) for name in names],
        )

    def _filled(self, text: LiteralString) -> bytes:
        return sql.SQL(text).format(log=sql.Identifier(self._account.log)).as_bytes(None)


def described(url: str) -> str:
    """Say where a database is, without its password."""
    parts = conninfo_to_dict(url)
    return f"{parts.get('host') or 'localhost'}:{parts.get('port') or 5432}/{parts.get('dbname')}"


def settings_in_force(settings: Settings) -> list[SettingInForce]:
    """Return all settings in the order of their declaration; addresses of databases but as places."""
    _, parts = msgspec.json.schema_components([Settings])
    values = settings.environment | {
        "DATABASE_URL": described(settings.database_url),
        "DATABASE_DIRECT_URL": described(settings.direct_url),
    }
    plain = Settings().environment
    return [
        SettingInForce(
            name=name,
            value=values[name],
            default=settings.environment[name] == plain[name],
            meaning=field["description"],
        )
        for name, field in parts["Settings"]["properties"].items()
    ]


def _recorded_at(state: bytes | None) -> datetime | None:
    if state is None:
        return None
    try:
        return msgspec.json.decode(state, type=_Stored).envelope.recorded_at
    except msgspec.DecodeError:
        return None
