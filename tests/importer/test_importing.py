"""Importing: whole or not at all, each thing once, and on from where it was broken off."""

import signal
import subprocess
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from domain.ticket.words import Status
from infra.importer import ticket_id
from infra.importer.identity import agent_id, department_id
from tests.cli.terminal import PROGRAM, done, environment, run
from tests.importer.made_up import Write, comment, issue, moment

FILE_FAULT = 6


def rows(database: str, query: LiteralString) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()


def log(database: str) -> int:
    ((count,),) = rows(database, "SELECT count(*) FROM acct_main.events")
    return count


def sessions(database: str) -> int:
    """Count the database's other sessions."""
    ((count,),) = rows(
        database,
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND backend_type = 'client backend' "
        "AND pid <> pg_backend_pid()",
    )
    return count


def bring_in(database: str, file: Path, *options: str) -> str:
    return done("import", "github-issues", file, *options, database=database)


def many(count: int) -> list[dict[str, Any]]:
    return [
        issue(number, comments=[comment("finch", hours) for hours in range(1, 6)])
        for number in range(1, count + 1)
    ]


def test_what_was_imported_is_shown_and_a_second_run_adds_nothing(
    database: str, write: Write
) -> None:
    file = write(
        issue(1, labels=["A-kettles"], assignees=["robin"], comments=[comment("robin", 1)]),
        issue(2, state="closed", closed_at=moment(3), comments=[comment("finch", 4)]),
        issue(2, subject="Another of this number"),
    )
    assert "3 tickets with 5 messages" in bring_in(database, file)
    tickets = rows(
        database,
        "SELECT id, status, department, agent, messages FROM acct_main_views.tickets ORDER BY code",
    )
    general = department_id("General")
    assert {row[0]: row[1:] for row in tickets} == {
        ticket_id(1): (Status.OPEN, department_id("A-kettles"), agent_id("robin"), 2),
        ticket_id(2): (Status.RESOLVED, general, None, 2),
        ticket_id(2, 2): (Status.OPEN, general, None, 1),
    }
    before = log(database)
    assert "Nothing to import: 3 tickets" in bring_in(database, file)
    assert log(database) == before


def test_assignees_are_agents_without_seat_or_address(database: str, write: Write) -> None:
    bring_in(database, write(issue(1, assignees=["robin"])))
    agents = rows(database, "SELECT name, email, seat FROM acct_main_views.agents")
    assert agents == [("robin", None, False)]


def test_a_later_file_goes_on_with_departments_and_agents_that_are_there(
    database: str, write: Write
) -> None:
    done("departments", "add", "a-kettles", database=database)
    bring_in(database, write(issue(1, assignees=["robin"])))
    bring_in(database, write(issue(2, labels=["A-kettles"], assignees=["robin"])))
    names = rows(database, "SELECT name FROM acct_main_views.departments ORDER BY name")
    assert names == [("General",), ("a-kettles",)]
    assigned = rows(database, "SELECT DISTINCT agent FROM acct_main_views.tickets")
    assert assigned == [(agent_id("robin"),)]


def test_a_limit_imports_the_beginning_and_the_rest_follows(database: str, write: Write) -> None:
    file = write(*many(5))
    assert "Imported 2 tickets" in bring_in(database, file, "--limit", "2")
    assert "Imported 3 tickets" in bring_in(database, file)


def test_a_line_that_is_no_issue_leaves_nothing_behind(database: str, write: Write) -> None:
    ended = run("import", "github-issues", write(issue(1), "{"), database=database)
    assert ended.code == FILE_FAULT
    assert "line 2" in ended.fault
    assert rows(database, "SELECT topic FROM acct_main.events") == [("budget.opened",)]


def test_an_import_that_was_killed_is_completed_by_the_next(database: str, write: Write) -> None:
    count = 1_500
    file = write(*many(count))
    with subprocess.Popen(
        [PROGRAM, "import", "github-issues", file], env=environment(database)
    ) as process:
        while log(database) < 1_000:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    stored = rows(
        database,
        "SELECT count(*) FROM acct_main.events WHERE topic LIKE 'ticket.%' GROUP BY originator_id",
    )
    assert 0 < len(stored) < count
    assert set(stored) == {(7,)}
    assert f"{len(stored):,} tickets were there already" in bring_in(database, file)
    totals = rows(database, "SELECT count(*), sum(messages) FROM acct_main_views.tickets")
    assert totals == [(count, count * 6)]
