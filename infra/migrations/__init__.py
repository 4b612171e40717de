"""Migrations: numbered SQL files, applied once each and checked by digest ever after."""

import hashlib
import re
import time
from datetime import timedelta
from importlib import resources
from typing import LiteralString, NamedTuple, cast

import psycopg
from psycopg import sql

from domain.account import EXTENSIONS, Account

_FILE = re.compile(r"(\d{4})_(\w+)\.sql")
_WAIT = timedelta(seconds=60)


class MigrationError(Exception):
    """The database cannot be brought to this code's schema; the text says why, in one line."""


class Migration(NamedTuple):
    """One SQL file; `{log}` and the like in it stand for the account's names."""

    number: int
    name: str
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Return the files that come with this code, in order."""
    found = [
        Migration(int(match[1]), match[2], file.read_text(encoding="utf-8"))
        for file in resources.files(__name__).iterdir()
        if (match := _FILE.fullmatch(file.name))
    ]
    return sorted(found)


def migrate(url: str, account: str = "main") -> int:
    """Bring an account's schema up to date and return how many files were applied.

    Many may call at once: one works, the others wait. Raises `MigrationError` for a schema that is
    newer than the code, a file that was changed after it was applied, or a lock never given.
    """
    names = Account.named(account)
    with psycopg.connect(url, autocommit=True) as connection:
        _lock(connection, names)
        _create_schemas(connection, names)
        applied = _applied(connection, names)
        known = migrations()
        _check(applied, known)
        todo = known[len(applied) :]
        for migration in todo:
            _apply(connection, names, migration)
        return len(todo)


def _lock(connection: psycopg.Connection, account: Account) -> None:
    # The waiting form of this lock deadlocks with CREATE INDEX CONCURRENTLY, so it is polled.
    give_up = time.monotonic() + _WAIT.total_seconds()
    query = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
    while not _one(connection.execute(query, (f"{account.log} migrations",))):
        if time.monotonic() > give_up:
            raise MigrationError("another process has been migrating this account for a minute")
        time.sleep(0.05)


def _one(cursor: psycopg.Cursor[tuple[object, ...]]) -> object:
    row = cursor.fetchone()
    return row[0] if row else None


def _create_schemas(connection: psycopg.Connection, account: Account) -> None:
    with connection.transaction():
        # Accounts share the extensions: their creation waits for each other's.
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (EXTENSIONS,))
        for statement in (
            "CREATE SCHEMA IF NOT EXISTS {ext}",
            "CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA {ext}",
            "CREATE SCHEMA IF NOT EXISTS {log}",
            """CREATE TABLE IF NOT EXISTS {log}.migrations (
                number integer PRIMARY KEY, name text NOT NULL, digest text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now())""",
        ):
            connection.execute(_filled(statement, account))


def _applied(connection: psycopg.Connection, account: Account) -> list[tuple[int, str, str]]:
    query = _filled("SELECT number, name, digest FROM {log}.migrations ORDER BY number", account)
    return cast("list[tuple[int, str, str]]", connection.execute(query).fetchall())


def _check(applied: list[tuple[int, str, str]], known: list[Migration]) -> None:
    if len(applied) > len(known):
        raise MigrationError(
            f"the database's schema is at {applied[-1][0]:04}, newer than this program's "
            f"{known[-1].number:04}: run a newer version of Deskledger"
        )
    for (number, name, digest), migration in zip(applied, known, strict=False):
        if digest != migration.digest:
            raise MigrationError(
                f"migration {number:04}_{name} was changed after it had been applied"
            )


def _apply(connection: psycopg.Connection, account: Account, migration: Migration) -> None:
    with connection.transaction():
        connection.execute(_filled(cast("LiteralString", migration.text), account))
        connection.execute(
            _filled(
                "INSERT INTO {log}.migrations (number, name, digest) VALUES (%s, %s, %s)", account
            ),
            (migration.number, migration.name, migration.digest),
        )


def _filled(text: LiteralString, account: Account) -> sql.Composed:
    return sql.SQL(text).format(
        log=sql.Identifier(account.log),
        ext=sql.Identifier(EXTENSIONS),
        log_channel=sql.Literal(account.log_channel),
        append_lock=sql.Literal(account.append_lock),
    )
