"""Agents, departments and tokens by command line, beside everything else on the same database."""

import json
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from domain.account import Account
from infra.presence import mark
from tests.cli.terminal import done, run
from tests.database import Databases


@pytest.fixture(scope="module")
def staffed(databases: Databases) -> Iterator[str]:
    """The URL of an account with a department and Ana in it."""
    with databases.copy() as database:
        done("departments", "add", "Support", database=database)
        add = ("agents", "add", "Ana Ruiz", "--email", "ana@example.com")
        done(*add, "--department", "support", database=database)
        yield database


def listed(database: str, *command: str) -> list[dict[str, Any]]:
    return json.loads(done(*command, "--json", database=database))


def test_who_was_added_is_listed_with_the_department(staffed: str) -> None:
    (ana,) = listed(staffed, "agents", "list")
    assert (ana["name"], ana["email"], ana["role"]) == ("Ana Ruiz", "ana@example.com", "agent")
    assert [department["name"] for department in ana["departments"]] == ["Support"]
    (support,) = listed(staffed, "departments", "list")
    assert (support["name"], support["agents"]) == ("Support", 1)
    # A table for people is not cut to a screen where nobody looks.
    assert support["id"] in done("departments", "list", database=staffed)


def test_a_token_is_printed_once_then_masked_and_revoked_once(staffed: str) -> None:
    create = ("tokens", "create", "--agent", "ana@example.com", "--label", "laptop", "--quiet")
    ended = run(*create, database=staffed)
    token = ended.out.strip()
    assert token.startswith("dl_pat_")
    assert ended == (0, f"{token}\n", "")
    shown = done("tokens", "list", "--json", database=staffed)
    assert token not in shown
    (line,) = json.loads(shown)
    assert (line["label"], line["agent"]["name"]) == ("laptop", "Ana Ruiz")
    assert line["mask"].endswith(token[-4:])
    with psycopg.connect(staffed) as connection:
        states = connection.execute("SELECT state FROM acct_main.events").fetchall()
    assert not any(token.encode() in state for (state,) in states)

    assert "Revoked" in done("tokens", "revoke", line["mask"], database=staffed)
    (line,) = listed(staffed, "tokens", "list")
    assert line["revoked_at"]
    assert "already" in done("tokens", "revoke", line["id"], database=staffed)


def test_the_status_tells_how_everything_stands(staffed: str) -> None:
    status = json.loads(done("status", "--json", database=staffed))
    assert status["migrations"] == status["migrations_known"]
    assert (status["lag"], status["failure"]) == (0, None)
    assert (status["budget"]["limit"], status["budget"]["used"]) == (1000, 0)
    assert status["position"] > 0
    assert status["processes"] == []
    with psycopg.connect(
        staffed, application_name=f"deskledger projector {mark(Account.named('main'), 77)}"
    ):
        assert re.search(r"^Processes +77", done("status", database=staffed), re.MULTILINE)


def test_views_that_are_built_anew_show_the_same(staffed: str) -> None:
    before = listed(staffed, "agents", "list")
    done("views", "rebuild", database=staffed)
    assert listed(staffed, "agents", "list") == before


# Every table of agents made from now on has no room for a row.
FULL = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full', DETAIL = 'Ana Ruiz'; END $$;
CREATE FUNCTION fill() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE made text;
BEGIN
    FOR made IN SELECT object_identity FROM pg_event_trigger_ddl_commands()
        WHERE object_identity LIKE '%.agents' AND object_type = 'table'
    LOOP
        EXECUTE format('CREATE TRIGGER full_disk BEFORE INSERT ON %s EXECUTE FUNCTION public.refuse()', made);
    END LOOP;
END $$;
CREATE EVENT TRIGGER filling ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION fill()
"""


def test_a_database_without_room_ends_a_rebuild_in_a_line_and_the_views_stay(staffed: str) -> None:
    before = listed(staffed, "agents", "list")
    with psycopg.connect(staffed) as connection:
        connection.execute(FULL)
    ended = run("views", "rebuild", database=staffed)
    with psycopg.connect(staffed) as connection:
        connection.execute("DROP EVENT TRIGGER filling; DROP FUNCTION fill, refuse")
    said = "the view directory could not take a page: DiskFull: could not extend file"
    assert (ended.code, ended.err) == (3, f"Error: {said}\n")
    assert listed(staffed, "agents", "list") == before


def test_who_was_deactivated_is_listed_no_more(staffed: str) -> None:
    done("agents", "add", "Ben", "--email", "ben@example.com", database=staffed)
    done("agents", "deactivate", "ben@example.com", database=staffed)
    assert [agent["name"] for agent in listed(staffed, "agents", "list")] == ["Ana Ruiz"]
    _, ben = listed(staffed, "agents", "list", "--all")
    assert ben["active"] is False


def test_an_empty_database_is_migrated_once(empty_database: str) -> None:
    assert "run: deskledger migrate" in done("status", database=empty_database)
    assert "Applied" in done("migrate", database=empty_database)
    assert "up to date" in done("migrate", database=empty_database)
