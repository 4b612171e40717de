"""Authorized apps by command line: listed for people and programs, and revoked."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from infra.desk import Desk
from infra.directory import agent_of
from infra.settings import Settings
from tests.cli.terminal import done, run
from tests.database import Databases
from tests.oauth.oauth_grants import CLAUDE, CURSOR, connect_app

REFUSED, USAGE = 1, 2


class Staffed(NamedTuple):
    """An account in which Ana let Claude and Cursor in, and Ben Claude."""

    database: str
    anas: tuple[UUID, UUID]
    bens: UUID


async def let_in(database: str) -> Staffed:
    desk = Desk(Settings(database_url=database))
    async with desk.open(follow=False):
        ana, ben = [await agent_of(desk, f"{name}@example.com") for name in ("ana", "ben")]
        claude, cursor = [await connect_app(desk, ana, client) for client in (CLAUDE, CURSOR)]
        bens = await connect_app(desk, ben)
        await desk.ledger.note_used({claude.consent: desk.helpdesk.now()})
    return Staffed(database, (claude.consent, cursor.consent), bens.consent)


@pytest.fixture(scope="module")
def staffed(databases: Databases) -> Iterator[Staffed]:
    with databases.copy() as database:
        for name in ("Ana", "Ben"):
            email = f"{name.lower()}@example.com"
            done("agents", "add", name, "--email", email, database=database)
        yield asyncio.run(let_in(database))


def listed(database: str, *options: str) -> list[dict[str, Any]]:
    return json.loads(done("apps", "list", "--json", *options, database=database))


def test_apps_are_listed_of_one_agent_or_of_all(staffed: Staffed) -> None:
    claude, cursor = staffed.anas
    everybodys = {line["id"] for line in listed(staffed.database)}
    assert {str(staffed.bens), str(cursor)} <= everybodys
    anas = listed(staffed.database, "--agent", "ana@example.com", "--revoked")
    assert [line["id"] for line in anas] == [str(cursor), str(claude)]
    assert (anas[1]["client"], anas[1]["hosts"]) == ("Claude", ["claude.example"])
    assert ["last_used_at" in line for line in anas] == [False, True]


def test_the_table_tells_where_an_app_leads_and_how_it_stands(staffed: Staffed) -> None:
    table = done("apps", "list", "--agent", "ana@example.com", database=staffed.database)
    (row,) = (line for line in table.splitlines() if str(staffed.anas[1]) in line)
    cells = [cell.strip() for cell in row.split("  ") if cell.strip()]
    assert cells[:5] == ["Cursor", "Ana", "127.0.0.1", "tickets:read, tickets:write", "active"]
    assert cells[6] == "never"


def test_an_app_is_revoked_once(staffed: Staffed) -> None:
    key = str(staffed.bens)
    told = done("apps", "revoke", key, database=staffed.database)
    assert told == "Revoked Claude of Ben.\n"
    again = done("apps", "revoke", key, database=staffed.database)
    assert again == "Claude of Ben was revoked already.\n"
    assert key not in {line["id"] for line in listed(staffed.database)}
    (line,) = listed(staffed.database, "--agent", "ben@example.com", "--revoked")
    assert (line["why"], line["revoked_via"]) == ("revoked", "cli")
    told = done("apps", "list", "--agent", "ben@example.com", database=staffed.database)
    assert told.startswith("None connected: ")
    assert "deskledger apps list --revoked" in told


@pytest.mark.parametrize(
    ("command", "code", "fault"),
    [
        (("revoke", str(UUID(int=9))), REFUSED, "There is no app 00000000-"),
        (("revoke", "Claude"), USAGE, "'Claude' is not a valid UUID"),
        (("list", "--agent", "eve@example.com"), REFUSED, "no agent with the address"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(
    staffed: Staffed, command: tuple[str, ...], code: int, fault: str
) -> None:
    ended = run("apps", *command, database=staffed.database)
    assert (ended.code, ended.out) == (code, "")
    assert fault in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err
