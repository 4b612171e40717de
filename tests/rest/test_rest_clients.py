"""OAuth clients over HTTP: registered with a secret that is shown once, removed, and let in or not."""

from collections.abc import Iterator

import pytest

from domain.oauth_client import OAuthClient
from domain.secret import CLIENT_SECRET, digest_of, is_well_formed
from tests.mcp.records import Log
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.oauth.oauth_grants import connect_app
from tests.rest.client import Client
from tests.rest.conftest import Hire

SITE = ["https://portal.example/callback"]
OPEN = {"dynamic_registration": True, "allowed_hosts": None, "always_ask": False}


@pytest.fixture
def policy(olga: Client) -> Iterator[str]:
    """The policy's path; it is as in the beginning before and after."""
    yield "/clients/policy"
    assert olga.patch("/clients/policy", OPEN).status == 200


def test_a_confidential_clients_secret_is_shown_once(olga: Client, log: Log) -> None:
    wanted = {"name": "Müller & Co", "redirect_uris": SITE, "confidential": True}
    with log.watched() as watched:
        made = olga.post("/clients", wanted)
    assert (made.status, made.headers["cache-control"]) == (201, "no-store")
    secret = made.body.pop("client_secret")
    assert is_well_formed(CLIENT_SECRET, secret)
    assert made.body == {
        "client_id": "m-ller-co",
        "name": "Müller & Co",
        "redirect_uris": SITE,
        "auth_method": "client_secret_basic",
    }
    assert watched.call.fact.arguments == wanted
    (fact,) = watched.facts
    assert fact.topic == "clients.registered"
    digest = digest_of(secret).hex()
    for path in ("/clients", "/calls", "/clients/policy"):
        answer = olga.get(path)
        assert answer.status == 200
        assert secret[len(CLIENT_SECRET) : -6].encode() not in answer.raw
        assert digest.encode() not in answer.raw
    assert made.body in olga.get("/clients").body["clients"]


def test_a_public_client_has_no_secret(adam: Client) -> None:
    made = adam.post("/clients", {"name": "Desk", "redirect_uris": ["http://127.0.0.1/cb"]})
    assert (made.status, made.body["auth_method"]) == (201, "none")
    assert "client_secret" not in made.body


def test_a_client_is_known_by_what_the_administrator_says_or_by_its_name(olga: Client) -> None:
    named = {"name": "Help Portal 2", "redirect_uris": SITE}
    assert olga.post("/clients", named).body["client_id"] == "help-portal-2"
    assert "help-portal-2" in olga.post("/clients", named).refused(409, "already_exists")
    own = olga.post("/clients", {**named, "client_id": "Own.Id_1"})
    assert own.body["client_id"] == "Own.Id_1"
    nameless = olga.post("/clients", {**named, "name": "帮助"}).body
    assert len(nameless["client_id"]) == 36


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("redirect_uris", ["https://portal.example/#top"], "fragment"),
        ("redirect_uris", ["http://portal.example/"], "take https"),
        ("redirect_uris", ["javascript:alert(1)"], "scheme"),
        ("redirect_uris", ["https://*.example/"], "character"),
        ("redirect_uris", [], "'$.redirect_uris'"),
        ("client_id", "https://portal.example/client", "'$.client_id'"),
        ("client_id", "dcr_mine", "'$.client_id'"),
        ("name", " ", "needs a name"),
        ("client_secret", "mine", "'client_secret'"),
    ],
)
def test_what_no_client_can_be_is_refused(
    olga: Client, field: str, value: object, told: str
) -> None:
    body = {"name": "Odd", "redirect_uris": SITE, field: value}
    assert told in olga.post("/clients", body).refused(400, "invalid_arguments")
    assert "Odd" not in {client["name"] for client in olga.get("/clients").body["clients"]}


@pytest.mark.parametrize(
    ("header", "told"), [("If_Match", "no version yet"), ("Idempotency_Key", "is not kept")]
)
def test_a_secret_is_not_shown_twice(olga: Client, header: str, told: str) -> None:
    body = {"name": "Twice", "redirect_uris": SITE, "confidential": True}
    refused = olga.post("/clients", body, **{header: '"v1"'})
    assert told in refused.refused(400, "invalid_arguments")


def test_a_client_that_is_removed_opens_nothing_any_more(
    product: Served, olga: Client, hire: Hire
) -> None:
    hired = hire()
    stale = olga.get("/clients").etag
    made = olga.post("/clients", {"name": "Leaving", "redirect_uris": SITE}).body
    client = OAuthClient(
        id=made["client_id"], source="registered", name=made["name"], redirect_uris=tuple(SITE)
    )
    app = product.run(connect_app(product.desk, hired.member.id, client))
    asked = call(app.access_token, "list_departments")
    assert asked.send(product.port).status == 200

    path = "/clients/leaving/remove"
    olga.post(path, If_Match=stale).refused(412, "precondition_failed")
    assert asked.send(product.port).status == 200
    removed = olga.post(path, If_Match=olga.get("/clients").etag)
    assert (removed.status, removed.body) == (200, {"client_id": "leaving"})
    assert asked.send(product.port).status == 401
    (shown,) = hired.client.get("/apps?include_revoked=true").body["apps"]
    assert (shown["id"], shown["why"]) == (str(app.consent), "client_removed")
    assert hired.client.get("/apps").body["apps"] == []
    olga.post(path).refused(404, "not_found")


def test_the_policy_is_changed_in_parts(olga: Client, policy: str) -> None:
    assert olga.get(policy).body == OPEN
    first = olga.patch(policy, {"dynamic_registration": False})
    assert first.body == {**OPEN, "dynamic_registration": False}
    hosts = olga.patch(policy, {"allowed_hosts": ["cursor:", "claude.ai"]})
    assert hosts.body["allowed_hosts"] == ["claude.ai", "cursor:"]
    asking = olga.patch(policy, {"always_ask": True, "allowed_hosts": None})
    assert asking.body == {
        "dynamic_registration": False,
        "allowed_hosts": None,
        "always_ask": True,
    }
    listed = olga.get("/clients")
    assert listed.body["policy"] == olga.get(policy).body == asking.body
    assert listed.etag == olga.get(policy).etag == asking.etag
    olga.patch(policy, OPEN, If_Match=first.etag).refused(412, "precondition_failed")


def test_a_policy_that_stays_as_it_is_is_no_fact(olga: Client, policy: str, log: Log) -> None:
    assert olga.patch(policy, OPEN).status == 200
    with log.watched() as watched:
        assert olga.patch(policy, OPEN).body == OPEN
    assert watched.facts == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "names nothing"),
        ({"allowed_hosts": ["https://claude.ai"]}, "'$.allowed_hosts[0]'"),
        ({"allowed_hosts": ["Claude.ai"]}, "'$.allowed_hosts[0]'"),
        ({"always_ask": "yes"}, "'$.always_ask'"),
    ],
)
def test_a_policy_that_says_nothing_is_refused(
    olga: Client, policy: str, body: object, told: str
) -> None:
    assert told in olga.patch(policy, body).refused(400, "invalid_arguments")
