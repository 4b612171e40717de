"""Access tokens by command line: narrowed, replaced, and listed with how they stand."""

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import UNSET

from domain.application import Insider, Wish
from domain.caller import on_behalf
from domain.fact import Attribution
from domain.issuing import new_token
from domain.secret import ACCESS_TOKEN, is_well_formed
from infra.desk import Desk, new_id
from infra.settings import Settings
from projections.metadata import Named
from projections.token_queries import TokenLine
from tests.cli.terminal import done, run
from tests.database import Databases

REFUSED, USAGE = 1, 2
CREATE = ("tokens", "create", "--agent", "ana@example.com", "--quiet")


@pytest.fixture(scope="module")
def staffed(databases: Databases) -> Iterator[str]:
    """The URL of an account in which Ana works."""
    with databases.copy() as database:
        done("agents", "add", "Ana", "--email", "ana@example.com", database=database)
        yield database


def listed(database: str, token: str) -> dict[str, Any]:
    """Return the line of a token, by its last digits."""
    lines = json.loads(done("tokens", "list", "--json", database=database))
    (line,) = (line for line in lines if line["mask"].endswith(token[-4:]))
    return line


@pytest.mark.parametrize(
    ("options", "scopes"),
    [
        ((), ["tickets:read", "tickets:write"]),
        (("--read-only",), ["tickets:read"]),
        (("--scope", "admin"), ["admin"]),
        (("--scope", "admin", "--scope", "tickets:read"), ["tickets:read", "admin"]),
    ],
)
def test_a_token_is_good_for_every_tool_unless_it_is_narrowed(
    staffed: str, options: tuple[str, ...], scopes: list[str]
) -> None:
    token = done(*CREATE, *options, database=staffed).strip()
    assert listed(staffed, token)["scopes"] == scopes


def test_a_lost_token_is_revoked_and_its_successor_printed_once(staffed: str) -> None:
    lost = done(*CREATE, "--label", "laptop", "--read-only", database=staffed).strip()
    ended = run("tokens", "replace", listed(staffed, lost)["mask"], database=staffed)
    assert ended.code == 0
    assert "not shown again" in ended.err
    new = ended.out.strip()
    assert new != lost
    assert is_well_formed(ACCESS_TOKEN, new)
    assert listed(staffed, lost)["revoked_at"]
    line = listed(staffed, new)
    assert (line["label"], line["scopes"], "revoked_at" in line) == (
        "laptop",
        ["tickets:read"],
        False,
    )
    again = run("tokens", "replace", listed(staffed, lost)["id"], database=staffed)
    assert (again.code, again.out) == (REFUSED, "")
    assert "was revoked already" in again.fault


def test_the_table_tells_how_tokens_stand(staffed: str) -> None:
    token = done(*CREATE, "--label", "[bold]table", "--read-only", database=staffed).strip()
    (row,) = (
        line for line in done("tokens", "list", database=staffed).splitlines() if token[-4:] in line
    )
    until = listed(staffed, token)["expires_at"].replace("T", " ")[:16]
    cells = [cell.strip() for cell in row.split("  ") if cell.strip()]
    assert cells[1:5] == ["Ana", "[bold]table", "tickets:read", "active"]
    assert cells[5:8] == ["cli", f"{until} UTC", "never"]


def test_what_a_revoked_token_generated_is_told(staffed: str) -> None:
    token = done(*CREATE, "--label", "parent", "--scope", "admin", database=staffed).strip()
    line = listed(staffed, token)
    child = asyncio.run(generated_with(staffed, line))
    rows = done("tokens", "list", database=staffed).splitlines()
    (row,) = (row for row in rows if child[-4:] in row)
    assert line["mask"] in row
    for command in ("replace", "revoke"):
        ended = run("tokens", command, line["id"], database=staffed)
        assert ended.code == 0
        assert f"A token generated with it can still be used: {child[-5:]}." in ended.err


async def generated_with(database: str, parent: dict[str, Any]) -> str:
    """Generate a token as somebody does who has another one; return its mask."""
    agent, credential = UUID(parent["agent"]["id"]), UUID(parent["id"])
    new = new_token(agent, new_id(), os.urandom(32))
    caller = on_behalf(Attribution(via="rest", agent=agent, credential=credential))
    async with Desk(Settings(database_url=database)).open() as desk:
        await desk.helpdesk.execute(Insider(caller), Wish(new.command))
    return new.command.mask


@pytest.mark.parametrize(
    ("command", "code", "fault"),
    [
        ((*CREATE, "--read-only", "--scope", "admin"), USAGE, "give one of both"),
        ((*CREATE, "--scope", "everything"), USAGE, "'everything' is not one of"),
        ((*CREATE, "--label", "x" * 101), USAGE, "length <= 100"),
        ((*CREATE, "--label", b"\xff".decode(errors="surrogateescape")), USAGE, "UTF-8"),
        (("tokens", "replace", "dl_pat_…none"), REFUSED, "There is no token dl_pat_…none."),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    staffed: str, command: tuple[str, ...], code: int, fault: str
) -> None:
    ended = run(*command, database=staffed)
    assert (ended.code, ended.out) == (code, "")
    assert fault in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("left", "revoked", "state"),
    [
        (timedelta(days=61), False, "active"),
        (timedelta(days=60), False, "expiring"),
        (timedelta(seconds=1), False, "expiring"),
        (timedelta(), False, "expired"),
        (timedelta(days=-1), True, "revoked"),
        (timedelta(days=61), True, "revoked"),
    ],
)
def test_a_token_is_active_until_its_end_comes_near(
    left: timedelta, revoked: bool, state: str
) -> None:
    now = datetime(2028, 2, 29, tzinfo=UTC)
    line = TokenLine(
        id=UUID(int=1),
        mask="…",
        label="",
        agent=Named(UUID(int=2), "Ana"),
        scopes=[],
        generated_at=now,
        generated_via="cli",
        expires_at=now + left,
        revoked_at=now if revoked else UNSET,
    )
    assert line.state(now) == state
