"""How an account stands, read from its database without changing anything."""

from datetime import datetime
from typing import LiteralString

import psycopg
from msgspec import Struct
from psycopg import sql

from api.system import ServerProcess
from domain.account import Account
from infra.event_store.batch import budget_line
from infra.event_store.budget import budget_statement
from infra.migrations import migrations
from infra.presence import present
from infra.projector.tracking import Tracking
from infra.settings import Settings
from infra.system import described
from projections.view import Connection

_MIGRATIONS: LiteralString = "SELECT count(*) FROM {log}.migrations"
_POSITION: LiteralString = "SELECT coalesce(max(notification_id), 0) FROM {log}.events"


class Budget(Struct, frozen=True):
    """Tool calls of this month."""

    limit: int
    used: int
    resets_at: datetime


class Standing(Struct, frozen=True, kw_only=True):
    """`lag` is in positions, None where there are no views; `failure` says why they stand still."""

    database: str
    version: str
    migrations: int
    migrations_known: int
    position: int = 0
    lag: int | None = None
    failure: str | None = None
    processes: list[ServerProcess] = []
    budget: Budget | None = None


async def read_standing(settings: Settings, where: str = "") -> Standing:
    """Read how the account stands; `where` names the database better than its address can."""
    account = Account.named(settings.account)
    async with await psycopg.AsyncConnection.connect(
        settings.database_url, autocommit=True
    ) as connection:
        version = connection.info.parameter_status("server_version") or "?"
        standing = Standing(
            database=where or described(settings.database_url),
            version=version.partition(" ")[0],
            migrations=await _migrations(connection, account),
            migrations_known=len(migrations()),
        )
        if standing.migrations == 0:
            return standing
        (position,) = await anext(await connection.execute(_filled(_POSITION, account)))
        line = await anext(await connection.execute(budget_statement(account)))
        place = await Tracking(account).place(connection)
        presence = await present(connection, account, 0)
    return Standing(
        database=standing.database,
        version=standing.version,
        migrations=standing.migrations,
        migrations_known=standing.migrations_known,
        position=position,
        lag=place.head - place.position if place else None,
        failure=place.failure if place else None,
        processes=presence.processes,
        budget=Budget(*budget_line(*line)),
    )


async def _migrations(connection: Connection, account: Account) -> int:
    try:
        cursor = await connection.execute(_filled(_MIGRATIONS, account))
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return 0
    (count,) = await anext(cursor)
    return count


def _filled(text: LiteralString, account: Account) -> sql.Composed:
    return sql.SQL(text).format(log=sql.Identifier(account.log))
