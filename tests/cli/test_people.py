"""Roles, agents and departments changed by command line."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from domain.agent import AddAgent
from domain.application import Wish
from domain.permissions import Permission, Role
from infra.desk import Desk, new_id
from infra.settings import Settings
from tests.cli.terminal import done, run
from tests.database import Databases

REFUSED, USAGE = 1, 2
ANA = "ana@example.com"


@pytest.fixture(scope="module")
def staffed(databases: Databases) -> Iterator[str]:
    """The URL of an account with an owner and Ana, who works in Support."""
    with databases.copy() as database:
        done("departments", "add", "Support", database=database)
        done(
            "agents",
            "add",
            "Olga",
            "--email",
            "o@example.com",
            "--role",
            "owner",
            database=database,
        )
        done("agents", "add", "Ana", "--email", ANA, "--department", "Support", database=database)
        yield database


def listed(database: str, *command: str) -> list[dict[str, Any]]:
    return json.loads(done(*command, "--json", database=database))


def ana_in(database: str) -> dict[str, Any]:
    return next(it for it in listed(database, "agents", "list", "--all") if it["name"] == "Ana")


def test_a_role_is_made_given_cut_renamed_and_removed(staffed: str) -> None:
    add = ("roles", "add", "Team  lead", "--permission", "tickets:read")
    done(*add, "--permission", "tickets:all_departments", database=staffed)
    done("agents", "change", ANA, "--role", "team lead", database=staffed)
    *built_in, lead = listed(staffed, "roles", "list")
    assert [it["name"] for it in built_in] == [role.value for role in Role]
    assert (lead["name"], lead["built_in"], lead["holders"]) == ("Team lead", False, 1)
    assert lead["permissions"] == ["tickets:read", "tickets:all_departments"]
    assert ana_in(staffed)["role"] == "Team lead"

    cut = ("roles", "set-permissions", "Team lead", "--permission", "tickets:read")
    done(*cut, database=staffed)
    assert "already" in done(*cut, database=staffed)
    done("roles", "rename", lead["id"], "Leads", database=staffed)
    *_, lead = listed(staffed, "roles", "list")
    assert (lead["name"], lead["permissions"]) == ("Leads", ["tickets:read"])

    held = run("roles", "remove", "Leads", database=staffed)
    assert (held.code, held.fault) == (
        REFUSED,
        "Error: Agents still have the role Leads: 1. Give them another one first.",
    )
    done("agents", "change", ANA, "--role", "agent", database=staffed)
    done("roles", "remove", "leads", database=staffed)
    assert len(listed(staffed, "roles", "list")) == len(Role)


def test_an_agent_joins_in_a_role_that_was_made(staffed: str) -> None:
    done("roles", "add", "Readers", "--permission", "tickets:read", database=staffed)
    add = ("agents", "add", "Rita", "--email", "rita@example.com", "--role", "Readers")
    done(*add, database=staffed)
    (rita,) = (it for it in listed(staffed, "agents", "list") if it["name"] == "Rita")
    assert rita["role"] == "Readers"


def test_all_that_is_given_of_an_agent_changes_or_nothing(staffed: str) -> None:
    done("departments", "add", "Billing", database=staffed)
    change = (
        "agents",
        "change",
        ANA,
        "--name",
        "Ana",
        "--role",
        "admin",
        "--department",
        "billing",
    )
    done(*change, database=staffed)
    ana = ana_in(staffed)
    assert (ana["role"], [it["name"] for it in ana["departments"]]) == ("admin", ["Billing"])
    taken = run(
        "agents", "change", ANA, "--role", "agent", "--email", "o@example.com", database=staffed
    )
    assert taken.code == REFUSED
    assert ana_in(staffed)["role"] == "admin"
    back = ("agents", "change", ANA, "--role", "agent", "--no-department")
    done(*back, database=staffed)
    assert "already" in done(*back, database=staffed)
    ana = ana_in(staffed)
    assert (ana["role"], ana["departments"]) == ("agent", [])


def test_who_left_comes_back(staffed: str) -> None:
    done("agents", "deactivate", ANA, database=staffed)
    assert ana_in(staffed)["active"] is False
    assert "is back" in done("agents", "reactivate", ANA, database=staffed)
    assert "had not left" in done("agents", "reactivate", ANA, database=staffed)
    assert ana_in(staffed).get("active", True)


def test_somebody_known_from_an_import_gets_a_seat(staffed: str) -> None:
    imported = AddAgent(agent=new_id(), name="Ivo", role=Role.AGENT, seat=False)

    async def add() -> None:
        async with Desk(Settings(database_url=staffed)).open(follow=False) as desk:
            await desk.execute(Wish(imported))

    asyncio.run(add())
    assert str(imported.agent) in done("agents", "list", database=staffed)
    give = ("agents", "give-seat", str(imported.agent), "--email", "ivo@example.com")
    assert "ivo@example.com has a seat" in done(*give, database=staffed)
    assert "has a seat already" in done(*give, database=staffed)
    create = ("tokens", "create", "--agent", "ivo@example.com", "--quiet")
    assert done(*create, database=staffed).startswith("dl_pat_")


def test_the_last_owner_stays(staffed: str) -> None:
    for command in (
        ("agents", "change", "o@example.com", "--role", "admin"),
        ("agents", "deactivate", "o@example.com"),
    ):
        ended = run(*command, database=staffed)
        assert ended.code == REFUSED
        assert "last owner" in ended.fault


def test_a_department_gets_another_name(staffed: str) -> None:
    done("departments", "add", "Workshp", database=staffed)
    done("departments", "rename", "workshp", "Workshop", database=staffed)
    assert "Workshop" in {it["name"] for it in listed(staffed, "departments", "list")}
    taken = run("departments", "rename", "Workshop", "support", database=staffed)
    assert taken.code == REFUSED
    assert "exists already" in taken.fault


def test_all_permissions_are_listed_with_what_they_allow() -> None:
    lines = json.loads(done("roles", "permissions", "--json"))
    assert [it["name"] for it in lines] == [p.value for p in Permission]
    assert all(it["sentence"] and it["scope"] for it in lines)


@pytest.mark.parametrize(
    ("command", "code", "fault"),
    [
        (("agents", "change", ANA), USAGE, "say what is to change"),
        (("agents", "change", ANA, "--role", "King"), REFUSED, "Nobody made a role named King."),
        (("agents", "change", ANA, "--role", str(UUID(int=9))), REFUSED, "There is no such role"),
        (("agents", "change", ANA, "--name", ""), USAGE, "the name cannot be ''"),
        (("agents", "change", ANA, "--email", "ana"), USAGE, "'ana' is no e-mail address"),
        (("agents", "add", "X", "--email", "x@y.z", "--role", "King"), REFUSED, "King"),
        (("agents", "give-seat", ANA, "--email", "x"), USAGE, "'x' is no e-mail address"),
        (("roles", "add", "King"), USAGE, "--permission"),
        (("roles", "add", "King", "--permission", "admins:manage"), USAGE, "admins:manage"),
        (("roles", "add", "Owner", "--permission", "tickets:read"), REFUSED, "is a built-in role"),
        (("roles", "add", "x" * 61, "--permission", "tickets:read"), USAGE, "length <= 60"),
        (("roles", "rename", "owner", "King"), REFUSED, "Nobody made a role named owner."),
        (("roles", "remove", "Nobodys"), REFUSED, "`deskledger roles list` shows all"),
        (("departments", "rename", "Nowhere", "X"), REFUSED, "no department named Nowhere"),
        (("departments", "rename", "Support", "x" * 101), USAGE, "length <= 100"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    staffed: str, command: tuple[str, ...], code: int, fault: str
) -> None:
    ended = run(*command, database=staffed)
    assert (ended.code, ended.out) == (code, "")
    assert fault in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err
