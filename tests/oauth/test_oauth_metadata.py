"""Discovery: what clients learn before they know anything but the MCP endpoint's URL."""

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from mcp.shared.auth import OAuthMetadata, ProtectedResourceMetadata

from tests.mcp.serving import Served, served
from tests.oauth.oauth_wire import Wire

RESOURCE = "/.well-known/oauth-protected-resource"
SUFFIXED = f"{RESOURCE}/public/api/mcp"
SERVER = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"
ALL = (SUFFIXED, RESOURCE, SERVER, OPENID)


@pytest.mark.parametrize("path", [SUFFIXED, RESOURCE])
def test_the_resource_is_named_byte_by_byte_as_people_paste_it(
    product: Served, wire: Wire, path: str
) -> None:
    answer = wire.get(path)
    assert answer.status == 200
    assert answer.body["resource"] == product.url
    assert answer.body == {
        "resource": f"{wire.issuer}/public/api/mcp",
        "authorization_servers": [wire.issuer],
        "scopes_supported": ["tickets:read", "tickets:write"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Deskledger",
    }


def test_the_server_says_all_that_clients_look_for(wire: Wire) -> None:
    told = wire.get(SERVER).body
    assert told["issuer"] == wire.issuer
    for name, path in {
        "authorization_endpoint": "/oauth/authorize",
        "token_endpoint": "/oauth/token",
        "revocation_endpoint": "/oauth/revoke",
        "registration_endpoint": "/oauth/register",
    }.items():
        assert told[name] == f"{wire.issuer}{path}"
    methods = ["none", "client_secret_basic", "client_secret_post"]
    assert told["token_endpoint_auth_methods_supported"] == methods
    assert told["revocation_endpoint_auth_methods_supported"] == methods
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert told["response_types_supported"] == ["code"]
    assert told["response_modes_supported"] == ["query"]
    assert told["scopes_supported"] == ["tickets:read", "tickets:write"]
    assert told["client_id_metadata_document_supported"] is True
    assert told["authorization_response_iss_parameter_supported"] is True
    # Optional, and nothing that is served here tells of OAuth (RFC 8414 §2).
    assert "service_documentation" not in told


def test_openid_clients_find_the_same_metadata(wire: Wire) -> None:
    assert wire.get(OPENID).raw == wire.get(SERVER).raw


def test_other_peoples_readers_take_the_metadata(wire: Wire) -> None:
    OAuthMetadata.model_validate_json(wire.get(SERVER).raw)
    ProtectedResourceMetadata.model_validate_json(wire.get(SUFFIXED).raw)


@pytest.mark.parametrize("path", ALL)
def test_metadata_may_be_kept_for_a_few_minutes_and_depends_on_nobody(
    wire: Wire, path: str
) -> None:
    kept = wire.get(path).headers["cache-control"]
    public, _, seconds = kept.partition(", max-age=")
    assert public == "public"
    assert 0 < int(seconds) <= 300


@pytest.mark.parametrize("path", ALL)
def test_metadata_may_be_probed_without_being_read(wire: Wire, path: str) -> None:
    head = wire.send("HEAD", path, None)
    assert (head.status, head.raw) == (200, b"")
    assert int(head.headers["content-length"]) == len(wire.get(path).raw)
    options = wire.send("OPTIONS", path, None)
    assert (options.status, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    other = wire.send("POST", path, b"{}")
    other.refused(405, "invalid_request")


@pytest.mark.parametrize("path", [f"{SERVER}/public/api/mcp", f"{OPENID}/public/api/mcp"])
def test_a_server_below_a_path_is_said_to_be_none_so_that_clients_look_on(
    wire: Wire, path: str
) -> None:
    answer = wire.get(path, Accept="text/html")
    answer.refused(404, "invalid_request")
    assert wire.get(f"{RESOURCE}/somewhere/else").status == 404


@pytest.mark.parametrize("path", ALL)
def test_a_foreign_host_is_told_nothing(wire: Wire, path: str) -> None:
    wire.get(path, Host="evil.example").refused(421, "invalid_request")


@pytest.mark.parametrize("path", ALL)
def test_another_host_of_ours_is_told_the_configured_address(wire: Wire, path: str) -> None:
    answer = wire.get(path, Host=f"localhost:{wire.port}")
    assert answer.raw == wire.get(path, X_Forwarded_Host="evil.example").raw
    assert b"localhost" not in answer.raw


def test_behind_a_proxy_everything_is_at_the_public_url(desk_database: str) -> None:
    public = "https://desk.example"
    with served(desk_database, public_url=public) as product:
        wire = Wire(product.port)
        inside, outside = (
            [wire.get(path, Host=host) for path in ALL]
            for host in (f"127.0.0.1:{product.port}", "desk.example")
        )
    assert [answer.raw for answer in inside] == [answer.raw for answer in outside]
    resource, server = outside[0].body, outside[2].body
    assert resource["resource"] == f"{public}/public/api/mcp"
    assert resource["authorization_servers"] == [server["issuer"]] == [public]
    addresses = [value for name, value in server.items() if name.endswith("_endpoint")]
    assert len(addresses) == 4
    assert all(address.startswith(f"{public}/oauth/") for address in addresses)
    AuthorizationServerMetadata(server).validate()
