"""Migrations: each file once, whoever comes first, and nothing on a schema that is not understood."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from infra.migrations import MigrationError, migrate, migrations
from tests.event_store.log import Log, opened, store, tagged

FILES = len(migrations())


def test_migrating_applies_every_file_once(empty_database: str) -> None:
    assert [migrate(empty_database), migrate(empty_database)] == [FILES, 0]


def test_of_many_who_migrate_at_once_one_works(empty_database: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        accounts = ["main", "other"] * 3
        applied = list(pool.map(migrate, [empty_database] * 6, accounts))

    assert sorted(applied) == [0, 0, 0, 0, FILES, FILES]


def test_two_accounts_of_a_database_share_nothing(database: str, log: Log) -> None:
    migrate(database, "other")
    log.append(store(tagged()))

    assert log.positions == [1]
    assert log.fetch("SELECT count(*) FROM acct_other.events") == [(0,)]


def test_a_schema_newer_than_the_program_is_refused(database: str, log: Log) -> None:
    log.run("INSERT INTO {log}.migrations (number, name, digest) VALUES (9000, 'later', '')")

    with pytest.raises(MigrationError, match=r"9000, newer than this program.* run a newer"):
        migrate(database)


def test_a_file_changed_after_it_was_applied_is_refused(database: str, log: Log) -> None:
    log.run("UPDATE {log}.migrations SET digest = 'another' WHERE number = 1")

    with pytest.raises(MigrationError, match="0001_log was changed after"):
        migrate(database)


def test_a_file_that_fails_leaves_no_trace(empty_database: str) -> None:
    with opened(empty_database) as log:
        log.run("CREATE SCHEMA {log}")
        log.run("CREATE TABLE {log}.credentials ()")

        with pytest.raises(psycopg.errors.DuplicateTable):
            migrate(empty_database)
        assert log.fetch("SELECT to_regclass('{log}.events')") == [(None,)]

        log.run("DROP TABLE {log}.credentials")
        assert migrate(empty_database) == FILES


def test_an_account_has_a_plain_name(empty_database: str) -> None:
    with pytest.raises(ValueError, match="is no account name"):
        migrate(empty_database, 'x"; DROP SCHEMA public')
