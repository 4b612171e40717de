"""What goes wrong: one line on stderr, an exit code of its own, and never a stack trace."""

import socket
from pathlib import Path

import psycopg
import pytest

from tests.cli.terminal import run

REFUSED, USAGE, DATABASE, SCHEMA, PORT = 1, 2, 3, 4, 5


def test_a_port_that_is_taken(database: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = run("serve", "--port", str(port), database=database)
    assert ended.code == PORT
    assert f"port {port} on 127.0.0.1 is taken" in ended.fault


def test_an_address_that_is_not_ours(database: str) -> None:
    ended = run("serve", "--host", "192.0.2.1", database=database)
    assert ended.code == PORT
    assert "192.0.2.1:8080" in ended.fault


def test_a_database_that_nobody_serves() -> None:
    ended = run("agents", "list", database="postgresql://desk:secret@127.0.0.1:1/desk")
    assert ended.code == DATABASE
    assert "Connection refused" in ended.fault
    assert "secret" not in ended.err


def test_a_database_url_that_cannot_be_read() -> None:
    ended = run("serve", "--port", "0", database="postgres//desk:secret@db/desk")
    assert ended.code == DATABASE
    assert "postgresql://user:password@host" in ended.fault
    assert "secret" not in ended.err


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = run("agents", "list", "--data", tmp_path / "file" / "data")
    assert ended.code == DATABASE
    assert str(tmp_path) in ended.fault


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("migrate",), ("tokens", "list")])
def test_a_schema_newer_than_the_program(database: str, command: tuple[str, ...]) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO acct_main.migrations VALUES (9999, 'later', '')")
    ended = run(*command, database=database)
    assert ended.code == SCHEMA
    assert "newer" in ended.fault


def test_a_status_of_nothing_makes_nothing(tmp_path: Path) -> None:
    ended = run("status", "--data", tmp_path / "data")
    assert ended.code == DATABASE
    assert f"deskledger serve --data {tmp_path / 'data'} makes one" in ended.fault
    assert not (tmp_path / "data").exists()


def test_an_agent_whom_nobody_knows(database: str) -> None:
    ended = run("tokens", "create", "--agent", "nobody@example.com", database=database)
    assert ended.code == REFUSED
    assert "nobody@example.com" in ended.fault


def test_an_address_that_is_none(database: str) -> None:
    ended = run("agents", "add", "Ana", "--email", "ana", database=database)
    assert ended.code == USAGE
    assert "no e-mail address" in ended.fault
