"""How people get their first password: by command, or by a link that a command prints."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.cli.terminal import done, run, serving
from tests.database import Databases
from tests.sign_in.browser import Browser

PASSWORD = "correct horse battery"  # noqa: S105 - of people who do not exist
ANA = ("--name", "Ana Ruiz", "--email", "ana@example.com", "--password-stdin")
NEW = {"password": PASSWORD, "again": PASSWORD}
ADD_OLGA = ("agents", "add", "Olga", "--email", "olga@example.com", "--role", "owner")


@pytest.fixture(scope="module")
def owned(databases: Databases) -> Iterator[str]:
    """The URL of an account whose owner is Ana."""
    with databases.copy() as database:
        ended = run("setup", *ANA, database=database, stdin=f"{PASSWORD}\n")
        assert ended.code == 0, ended
        assert "Ana Ruiz owns the account" in ended.out
        yield database


def link_in(printed: str) -> str:
    """Return the path of the link that was printed."""
    found = re.search(r"http://\S+\?\S+", printed)
    assert found, printed
    parts = urlsplit(found[0])
    return f"{parts.path}?{parts.query}"


def test_the_account_is_set_up_once(owned: str) -> None:
    ended = run("setup", *ANA, database=owned, stdin=f"{PASSWORD}\n")
    assert (ended.code, ended.fault) == (
        1,
        "Error: The account has an owner already. Sign in instead.",
    )


@pytest.mark.parametrize(
    ("stdin", "code", "fault"),
    [
        ("", 1, "at least 10"),
        ("short\n", 1, "at least 10"),
        ("ana@example.com\n", 1, "address or your name"),
        ("\udcff" * 12, 2, "not UTF-8"),
    ],
)
def test_a_password_that_is_not_taken_is_refused_in_one_line(
    owned: str, stdin: str, code: int, fault: str
) -> None:
    ended = run("setup", *ANA, database=owned, stdin=stdin)
    assert ended.code == code
    assert fault in ended.fault


def test_a_password_is_printed_nowhere_and_stored_as_a_hash(owned: str) -> None:
    with psycopg.connect(owned) as connection:
        hashes = connection.execute("SELECT hash FROM acct_main.passwords").fetchall()
        states = connection.execute("SELECT state FROM acct_main.events").fetchall()
    assert [made.startswith("$argon2id$") for (made,) in hashes] == [True]
    assert not any(PASSWORD.encode() in state for (state,) in states)


def test_whoever_is_set_up_signs_in_and_resets_by_a_link(owned: str) -> None:
    with serving(database=owned) as server:
        browser = Browser(server.port)
        assert browser.sign_in("ana@example.com", PASSWORD).status == 303
        assert f"http://127.0.0.1:{server.port}/login" in server.out
        assert "/setup" not in server.out
        assert "dl_pat_" not in server.out
        assert "reset-password" not in server.out
        printed = done("agents", "reset-password", "ana@example.com", database=owned)
        another = {"password": "another password", "again": "another password"}
        assert browser.submit(link_in(printed), **another).status == 303
        assert not browser.is_signed_in()
        assert browser.sign_in("ana@example.com", "another password").status == 303


def test_a_link_names_the_address_that_was_asked_for(owned: str) -> None:
    url = ("--url", "https://desk.example/")
    asked = run("agents", "reset-password", "ana@example.com", *url, database=owned)
    assert asked.out.startswith("https://desk.example/password?agent=")
    assert "--url" not in asked.err
    guessed = run("agents", "reset-password", "ana@example.com", database=owned)
    assert "elsewhere than http://127.0.0.1:8080? Say so by --url." in guessed.err


def test_nobody_gets_a_link_who_is_not_there(owned: str) -> None:
    ended = run("agents", "reset-password", "nobody@example.com", database=owned)
    assert ended.code == 1
    assert "no agent with the address" in ended.fault


def test_an_account_without_owner_prints_a_link_that_makes_one(database: str) -> None:
    with serving("--workers", "2", database=database) as server:
        browser = Browser(server.port)
        olga = {"name": "Olga", "email": "olga@example.com", **NEW}
        assert browser.submit(link_in(server.out), **olga).location == "/account/mcp"
        assert "Olga" in browser.get("/account").text
    with serving(database=database) as server:
        assert "/setup" not in server.out
        assert "dl_pat_" not in server.out
        assert "tokens create --agent olga@example.com" in server.out


def test_an_owner_whom_a_command_added_gets_a_token_once(database: str) -> None:
    done(*ADD_OLGA, database=database)
    with serving(database=database) as server:
        token = server.token
        assert token.startswith("dl_pat_")
    with serving(database=database) as server:
        assert token not in server.out


def test_the_demo_opens_its_panel_by_a_link_until_there_is_a_password(database: str) -> None:
    with serving("--demo", database=database) as server:
        browser = Browser(server.port)
        assert browser.submit(link_in(server.out), **NEW).status == 303
        assert browser.sign_in("owner@demo.example", PASSWORD).status == 303
    with serving("--demo", database=database) as server:
        assert "/password" not in server.out
        assert f"http://127.0.0.1:{server.port}/login" in server.out


def test_an_owner_without_a_password_is_told_which_command_makes_a_link(database: str) -> None:
    done(*ADD_OLGA, database=database)
    with serving(database=database) as server:
        command = re.search(r"agents reset-password olga@example\.com --url \S+", server.out)
        assert command
        printed = done(*command[0].split(), database=database)
        assert printed.startswith(f"http://127.0.0.1:{server.port}/password?")
        browser = Browser(server.port)
        assert browser.submit(link_in(printed), **NEW).status == 303
        assert browser.sign_in("olga@example.com", PASSWORD).status == 303
    with serving(database=database) as server:
        assert "reset-password" not in server.out


def test_where_links_lead_of_themselves_is_not_said(database: str) -> None:
    done(*ADD_OLGA, database=database)
    with serving(database=database, PUBLIC_URL="http://desk.example:8123") as server:
        assert "agents reset-password olga@example.com" in server.out
        assert "--url" not in server.out
