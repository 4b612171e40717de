"""Clients that register themselves: what is taken, what is refused, and what they are told."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from domain.secret import CLIENT_SECRET, is_well_formed
from tests.mcp.serving import Served
from tests.oauth.oauth_wire import JSON, Answer, Wire

REGISTER = "/oauth/register"
LOOPBACK = "http://localhost:3118/callback"
SITE = "https://claude.ai/api/mcp/auth_callback"
BOTH = ["authorization_code", "refresh_token"]


@pytest.fixture(autouse=True)
def nobody_yet(desk_database: str) -> None:
    """Of one network there are only so many an hour, which these tests are not about."""
    with psycopg.connect(desk_database) as connection:
        connection.execute("DELETE FROM acct_main.oauth_clients")


def register(wire: Wire, *redirect_uris: str, **metadata: Any) -> Answer:
    """Register a client of a name that no other test has."""
    said = {"client_name": f"Client {redirect_uris}", "redirect_uris": redirect_uris, **metadata}
    return wire.json(REGISTER, said)


def test_a_public_client_gets_an_id_and_no_secret(product: Served, wire: Wire) -> None:
    before = int(datetime.now(UTC).timestamp())
    answer = register(
        wire,
        LOOPBACK,
        client_name="Claude Code (deskledger)",
        token_endpoint_auth_method="none",  # noqa: S106 - a method
        grant_types=BOTH,
        response_types=["code"],
        scope="tickets:read",
        application_type="native",
        software_id="x",
        logo_uri="https://evil.example/logo.png",
        contacts=[],
    )
    assert answer.status == 201
    assert answer.headers["cache-control"] == "no-store"
    told = answer.body
    assert told.pop("client_id").startswith("dcr_")
    assert before <= told.pop("client_id_issued_at") <= before + 60
    assert told == {
        "client_name": "Claude Code (deskledger)",
        "redirect_uris": [LOOPBACK],
        "token_endpoint_auth_method": "none",
        "grant_types": BOTH,
        "response_types": ["code"],
        "scope": "tickets:read",
    }
    client = product.run(product.desk.clients.find(answer.body["client_id"]))
    assert client is not None
    assert (client.source, client.name, client.redirect_uris, client.secret_digest) == (
        "dynamic",
        "Claude Code (deskledger)",
        (LOOPBACK,),
        None,
    )


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_confidential_client_sees_its_secret_once_and_we_keep_a_digest(
    product: Served, wire: Wire, method: str
) -> None:
    told = register(wire, SITE, token_endpoint_auth_method=method).body
    assert told["token_endpoint_auth_method"] == method
    assert is_well_formed(CLIENT_SECRET, told["client_secret"])
    assert told["client_secret_expires_at"] == 0
    client = product.run(product.desk.clients.find(told["client_id"]))
    assert client is not None
    assert client.secret_digest == hashlib.sha256(told["client_secret"].encode()).hexdigest()
    again = register(wire, SITE, token_endpoint_auth_method=method).body
    assert again["client_id"] != told["client_id"]
    assert again["client_secret"] != told["client_secret"]


@pytest.mark.parametrize(
    ("redirect_uris", "method"),
    [
        ((SITE,), "client_secret_basic"),
        ((SITE, LOOPBACK), "client_secret_basic"),
        ((LOOPBACK,), "none"),
        (("http://[::1]/cb", "com.example.app:/cb"), "none"),
    ],
)
def test_who_does_not_say_gets_a_secret_where_it_can_be_kept(
    wire: Wire, redirect_uris: tuple[str, ...], method: str
) -> None:
    for unsaid in ({}, {"token_endpoint_auth_method": None}, {"token_endpoint_auth_method": ""}):
        told = register(wire, *redirect_uris, **unsaid).body
        assert told["token_endpoint_auth_method"] == method
        assert ("client_secret" in told) == (method != "none")


def test_what_is_not_said_is_what_most_want(wire: Wire) -> None:
    told = wire.json(REGISTER, {"redirect_uris": [LOOPBACK]}).body
    assert told["grant_types"] == BOTH
    assert told["response_types"] == ["code"]
    assert told["scope"] == "tickets:read tickets:write"
    assert told["client_name"] == "localhost"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("tickets:write", "tickets:write"),
        ("openid offline_access tickets:read admin", "tickets:read"),
        ("openid", "tickets:read tickets:write"),
        ("", "tickets:read tickets:write"),
    ],
)
def test_of_the_scopes_those_of_tools_are_kept(wire: Wire, asked: str, given: str) -> None:
    assert register(wire, LOOPBACK, scope=asked).body["scope"] == given


def test_grant_types_that_are_not_here_are_left_out(wire: Wire) -> None:
    vscode = [*BOTH, "urn:ietf:params:oauth:grant-type:device_code"]
    assert register(wire, LOOPBACK, grant_types=vscode).body["grant_types"] == BOTH
    alone = register(wire, LOOPBACK, grant_types=["authorization_code", "password"])
    assert alone.body["grant_types"] == ["authorization_code"]


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "javascript://x/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "http://evil.example/cb",
        "http://localhost.evil.example/cb",
        "https://site.example/cb#fragment",
        "https://user@site.example/cb",
        "https://site.example/*",
        "vscode://anything",
        "cursor://anysphere.cursor-mcp/oauth/callback?x",
        "//site.example/cb",
        "http://[x",
        'https://site.example/"',
        "https://site.example/é",
        "https://",
        "",
        "https://site.example/" + "x" * 2_000,
    ],
)
def test_a_redirect_uri_that_no_client_may_have_fails_the_registration(
    wire: Wire, uri: str
) -> None:
    register(wire, uri).refused(400, "invalid_redirect_uri")
    register(wire, LOOPBACK, uri).refused(400, "invalid_redirect_uri")


@pytest.mark.parametrize(
    "uris", [None, [], [f"https://site.example/{number}" for number in range(11)]]
)
def test_a_client_has_one_to_ten_redirect_uris(wire: Wire, uris: list[str] | None) -> None:
    wire.json(REGISTER, {"redirect_uris": uris}).refused(400, "invalid_redirect_uri")
    ten = [f"https://site.example/{number}" for number in range(10)]
    assert register(wire, *ten, ten[0]).body["redirect_uris"] == ten


@pytest.mark.parametrize(
    "metadata",
    [
        {"redirect_uris": "https://site.example/cb"},
        {"redirect_uris": [1]},
        {"client_name": 5},
        {"scope": ["tickets:read"]},
        {"grant_types": "authorization_code"},
        {"grant_types": ["refresh_token"]},
        {"grant_types": ["client_credentials"]},
        {"response_types": ["token"]},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": {}},
    ],
)
def test_metadata_that_does_not_fit_is_refused(wire: Wire, metadata: dict[str, Any]) -> None:
    said = {"redirect_uris": [LOOPBACK], **metadata}
    wire.json(REGISTER, said).refused(400, "invalid_client_metadata")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b'{"redirect_uris": ["\xff"]}'])
def test_what_is_no_json_object_is_refused(wire: Wire, body: bytes) -> None:
    answer = wire.send("POST", REGISTER, body, {"Content-Type": JSON})
    answer.refused(400, "invalid_client_metadata")


def test_nothing_but_json_is_read(wire: Wire) -> None:
    wire.form(REGISTER, {"redirect_uris": LOOPBACK}).refused(400, "invalid_client_metadata")
    wire.send("POST", REGISTER, b"{}").refused(400, "invalid_client_metadata")
    body = b'{"redirect_uris": ["http://localhost/cb"]}'
    named = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert wire.send("POST", REGISTER, body, named).status == 201


def test_a_body_over_64_kib_is_refused(wire: Wire) -> None:
    said = {"redirect_uris": [LOOPBACK], "logo_uri": "x" * (1 << 16)}
    wire.json(REGISTER, said).refused(413, "invalid_request")


def test_registering_takes_a_post(wire: Wire) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = wire.send(method, REGISTER, None)
        answer.refused(405, "invalid_request")
        assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("  Two \n words\t", "Two words"),
        ("Cl\u200bau\u202ede\0", "Claude"),
        ("x" * 500, "x" * 99 + "…"),
        ("\u2028 \u3164", "localhost"),
        ("Ünï 日本 🙂", "Ünï 日本 🙂"),
    ],
)
def test_a_name_is_one_short_line_without_what_hides_or_misleads(
    wire: Wire, name: str, shown: str
) -> None:
    assert register(wire, LOOPBACK, client_name=name).body["client_name"] == shown


def test_a_program_that_registers_with_each_start_keeps_its_id(wire: Wire) -> None:
    said = {"client_name": "Starts often", "token_endpoint_auth_method": "none"}
    first = register(wire, "http://127.0.0.1:4001/cb", SITE, **said).body
    second = register(wire, SITE, "http://127.0.0.1:4002/cb", **said).body
    assert second["client_id"] == first["client_id"]
    assert second["redirect_uris"] == [SITE, "http://127.0.0.1:4002/cb"]


@pytest.mark.parametrize(
    "differing",
    [
        {"client_name": "Another"},
        {"scope": "tickets:read"},
        {"grant_types": ["authorization_code"]},
        {"redirect_uris": ["http://localhost:4001/cb"]},
        {"redirect_uris": ["http://127.0.0.1:4001/cb", SITE]},
        {"token_endpoint_auth_method": "client_secret_basic"},
    ],
)
def test_a_client_that_says_something_else_is_another(
    wire: Wire, differing: dict[str, Any]
) -> None:
    said = {
        "client_name": "The same",
        "redirect_uris": ["http://127.0.0.1:4001/cb"],
        "token_endpoint_auth_method": "none",
    }
    same = wire.json(REGISTER, said).body["client_id"]
    assert wire.json(REGISTER, said).body["client_id"] == same
    assert wire.json(REGISTER, {**said, **differing}).body["client_id"] != same
