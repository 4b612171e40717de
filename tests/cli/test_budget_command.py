"""The budget by command line: how it stands, its limit, who used it, and the proof of its counter."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.cli.terminal import done, run
from tests.database import Databases
from tests.event_store.log import Log, call


@pytest.fixture(scope="module")
def seated(databases: Databases) -> Iterator[str]:
    """The URL of an account with two seats and three calls of this month."""
    with databases.copy() as database:
        done("departments", "add", "Support", database=database)
        for name in ("ana", "ben"):
            email = f"{name}@example.com"
            done("agents", "add", name, "--email", email, database=database)
        with psycopg.connect(database, autocommit=True) as connection:
            Log(connection).append(call(), call(), call())
        yield database


def standing(database: str) -> dict[str, Any]:
    return json.loads(done("budget", "show", "--json", database=database))


def test_the_budget_is_shown_with_what_it_comes_from(seated: str) -> None:
    shown = standing(seated)
    del shown["resets_at"]
    assert shown == {
        "limit": 2_000,
        "used": 3,
        "remaining": 1_997,
        "monthly_limit": 2_000,
        "seats": 2,
        "calls_per_seat": 1_000,
        "fixed": False,
        "version": 3,
    }
    told = done("budget", "show", database=seated)
    assert "3 of 2000 tool calls, 1997 remain" in told
    assert "2000 a month: 2 seats of 1000 calls" in told


def test_a_limit_is_fixed_and_given_back(seated: str) -> None:
    assert done("budget", "limit", "2", database=seated).startswith("2 tool calls a month: fixed")
    fixed = standing(seated)
    assert (fixed["monthly_limit"], fixed["limit"], fixed["used"]) == (2, 3, 3)
    assert "100 % of 3" in done("budget", "show", database=seated)
    # It is the seats' worth that changes, not the limit that is fixed.
    assert done("budget", "calls-per-seat", "50", database=seated).startswith("2 tool calls")
    assert done("budget", "limit", "--by-seats", database=seated).startswith("100 tool calls")
    done("budget", "calls-per-seat", "1000", database=seated)
    assert standing(seated)["limit"] == 2_000


@pytest.mark.parametrize(
    "arguments",
    [("limit",), ("limit", "5", "--by-seats"), ("limit", "many"), ("calls-per-seat", str(10**10))],
    ids=" ".join,
)
def test_a_limit_that_says_nothing_is_wrong_usage(seated: str, arguments: tuple[str, ...]) -> None:
    ended = run("budget", *arguments, database=seated)
    assert ended.code == 2
    assert "Traceback" not in ended.err


def test_use_is_shown_by_what_is_asked_for(seated: str) -> None:
    told = done("budget", "usage", "--from", "2026-03-01", "--to", "2026-03-01", database=seated)
    assert "2026-03-01" in told
    assert "3 calls, 3 units." in told
    days = ("--from", "2026-03-01", "--to", "2026-03-31", "--by", "agent", "--by", "tool")
    usage = json.loads(done("budget", "usage", *days, "--json", database=seated))
    assert usage == {
        "rows": [{"calls": 3, "units": 3, "agent": None, "tool": "add_tags"}],
        "calls": 3,
        "units": 3,
        "more": False,
    }
    assert "add_tags" in done("budget", "usage", *days, database=seated)
    nobodys = ("--agent", "ana@example.com")
    assert "No calls" in done("budget", "usage", *days, *nobodys, database=seated)


def test_the_check_proves_the_counter_and_finds_a_wrong_one(seated: str) -> None:
    assert done("budget", "check", database=seated) == (
        "The counter and the recorded charges agree: 3 units.\n"
    )
    with psycopg.connect(seated, autocommit=True) as connection:
        Log(connection).set(used=5)
        ended = run("budget", "check", database=seated)
        Log(connection).set(used=3)
    assert (ended.code, ended.out) == (1, "")
    assert ended.fault == (
        "Error: the counter says 5 units, but the charges recorded in its month come to 3"
    )
