"""OAuth clients by command line: registered, removed, and the policy for those that come themselves."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from domain.secret import CLIENT_SECRET, digest_of, is_well_formed
from tests.cli.terminal import done, run
from tests.database import Databases

REFUSED, USAGE = 1, 2
PORTAL = "https://portal.example.com/cb"


@pytest.fixture(scope="module")
def account(databases: Databases) -> Iterator[str]:
    with databases.copy() as database:
        yield database


def listed(database: str) -> dict[str, Any]:
    lines = json.loads(done("clients", "list", "--json", database=database))
    return {line["client_id"]: line for line in lines}


def policy(database: str, *options: str) -> dict[str, Any]:
    return json.loads(done("clients", "policy", "--json", *options, database=database))


def test_a_confidential_clients_secret_is_printed_once(account: str) -> None:
    ended = run(
        "clients",
        "add",
        "Help Portal",
        "--redirect-uri",
        PORTAL,
        "--confidential",
        database=account,
    )
    assert ended.code == 0, ended
    assert "not shown again" in ended.fault
    (_, key), (_, secret) = (line.split() for line in ended.out.splitlines())
    assert key == "help-portal"
    assert is_well_formed(CLIENT_SECRET, secret)
    assert listed(account)[key] == {
        "client_id": key,
        "name": "Help Portal",
        "redirect_uris": [PORTAL],
        "auth_method": "client_secret_basic",
    }
    for told in (
        done("clients", "list", "--json", database=account),
        done("clients", "list", database=account),
    ):
        assert secret not in told
        assert digest_of(secret).hex() not in told


def test_programs_read_the_secret_as_json(account: str) -> None:
    asked = ("clients", "add", "Script", "--redirect-uri", PORTAL, "--confidential", "--json")
    told = json.loads(done(*asked, database=account))
    assert told.keys() == {"client_id", "client_secret"}
    assert is_well_formed(CLIENT_SECRET, told["client_secret"])


def test_a_public_client_is_registered_and_removed(account: str) -> None:
    uris = ("--redirect-uri", "http://127.0.0.1/cb", "--redirect-uri", "com.example.app:/cb")
    told = done("clients", "add", "Desk", "--id", "desk.app", *uris, database=account)
    assert told.split() == ["client_id", "desk.app"]
    table = done("clients", "list", database=account)
    assert "http://127.0.0.1/cb, com.example.app:/cb" in table
    assert done("clients", "remove", "desk.app", database=account) == "Removed desk.app.\n"
    assert "desk.app" not in listed(account)
    again = run("clients", "remove", "desk.app", database=account)
    assert (again.code, again.out) == (REFUSED, "")
    assert "no registered client desk.app" in again.fault


def test_the_policy_is_shown_and_set_in_parts(account: str) -> None:
    told = done("clients", "policy", database=account)
    assert told == "Registration  on\nHosts         any\nAlways ask    off\n"
    closed = policy(account, "--registration", "off", "--allow-host", "Claude.AI")
    assert closed == {
        "dynamic_registration": False,
        "allowed_hosts": ["claude.ai"],
        "always_ask": False,
    }
    both = policy(account, "--allow-host", "claude.ai", "--allow-host", "cursor:")
    assert both["allowed_hosts"] == ["claude.ai", "cursor:"]
    asking = policy(account, "--always-ask", "on", "--any-host", "--registration", "on")
    assert asking == {"dynamic_registration": True, "allowed_hosts": None, "always_ask": True}
    assert policy(account) == asking
    assert policy(account, "--always-ask", "off")["always_ask"] is False


def test_nobody_but_clients_registered_here_may_come(account: str) -> None:
    told = done("clients", "policy", "--no-host", database=account)
    assert "Hosts         none\n" in told
    assert policy(account)["allowed_hosts"] == []
    assert policy(account, "--any-host")["allowed_hosts"] is None


@pytest.mark.parametrize(
    ("command", "code", "fault"),
    [
        (("add", "X"), USAGE, "Missing option '--redirect-uri'"),
        (("add", "X", "--redirect-uri", "http://x.example/"), REFUSED, "take https"),
        (("add", "X", "--redirect-uri", PORTAL, "--id", "dcr_x"), USAGE, "dcr_x cannot be an id: "),
        (("add", "X" * 101, "--redirect-uri", PORTAL), USAGE, "length <= 100"),
        (("policy", "--allow-host", "https://claude.ai"), USAGE, "is no host"),
        (("policy", "--allow-host", "clau de"), USAGE, "is no host"),
        (("policy", "--allow-host", "claude.ai", "--any-host"), USAGE, "exclude each other"),
        (("policy", "--allow-host", "claude.ai", "--no-host"), USAGE, "exclude each other"),
        (("policy", "--any-host", "--no-host"), USAGE, "exclude each other"),
        (("policy", "--registration", "maybe"), USAGE, "'maybe' is not one of"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    account: str, command: tuple[str, ...], code: int, fault: str
) -> None:
    before = policy(account)
    ended = run("clients", *command, database=account)
    assert (ended.code, ended.out) == (code, "")
    assert fault in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err
    assert policy(account) == before
    assert "x" not in listed(account)
