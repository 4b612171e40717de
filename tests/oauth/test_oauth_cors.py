"""Pages of other sites: the machine endpoints are open to them, nothing else is."""

import pytest

from tests.oauth.oauth_wire import Wire

ORIGIN = "https://inspector.example"
METADATA = (
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/public/api/mcp",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
)
POSTED = ("/oauth/register", "/oauth/token", "/oauth/revoke")
ALLOW_ORIGIN = "access-control-allow-origin"


def preflight(wire: Wire, path: str, method: str = "POST") -> dict[str, str]:
    """Ask as a browser would, and return the answer's CORS headers."""
    answer = wire.send(
        "OPTIONS",
        path,
        None,
        {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type,mcp-protocol-version",
        },
    )
    found = {name: value for name, value in answer.headers.items() if name.startswith("access-c")}
    assert not found or (answer.status, answer.raw) == (204, b"")
    return found


@pytest.mark.parametrize("path", METADATA)
def test_metadata_is_open_to_pages_of_any_origin(wire: Wire, path: str) -> None:
    answer = wire.get(path, Origin=ORIGIN)
    assert answer.status == 200
    assert answer.headers[ALLOW_ORIGIN] == "*"
    assert preflight(wire, path, "GET")[ALLOW_ORIGIN] == "*"


@pytest.mark.parametrize("path", POSTED)
def test_a_page_may_send_what_clients_send(wire: Wire, path: str) -> None:
    told = preflight(wire, path)
    assert told[ALLOW_ORIGIN] == "*"
    assert "POST" in told["access-control-allow-methods"].split(", ")
    assert told["access-control-allow-headers"].lower().split(", ") == [
        "authorization",
        "content-type",
        "mcp-protocol-version",
    ]
    assert int(told["access-control-max-age"]) > 0


@pytest.mark.parametrize("path", POSTED)
def test_a_page_may_read_why_it_was_refused(wire: Wire, path: str) -> None:
    answer = wire.send("POST", path, b"nonsense", {"Origin": ORIGIN})
    assert answer.status in {400, 401}
    assert answer.headers[ALLOW_ORIGIN] == "*"
    exposed = answer.headers["access-control-expose-headers"]
    assert exposed == "WWW-Authenticate, Retry-After"
    assert wire.get(path, Origin=ORIGIN).headers[ALLOW_ORIGIN] == "*"


@pytest.mark.parametrize("path", [f"{METADATA[2]}/public/api/mcp", f"{METADATA[0]}/elsewhere"])
def test_a_page_that_looks_in_the_wrong_place_may_read_that_it_is_wrong(
    wire: Wire, path: str
) -> None:
    answer = wire.get(path, Origin=ORIGIN)
    assert (answer.status, answer.headers[ALLOW_ORIGIN]) == (404, "*")
    assert preflight(wire, path, "GET")[ALLOW_ORIGIN] == "*"


@pytest.mark.parametrize("path", [*METADATA, *POSTED])
def test_no_cookie_of_a_persons_goes_with_a_pages_request(wire: Wire, path: str) -> None:
    answer = wire.send("POST", path, b"", {"Origin": ORIGIN})
    assert "access-control-allow-credentials" not in {**answer.headers, **preflight(wire, path)}


@pytest.mark.parametrize(
    "path",
    [
        "/oauth/authorize",
        "/oauth/authorize/",
        "/oauth",
        "/login",
        "/account",
        "/api/v1/session",
        "/public/api/mcp",
        "/.well-known/oauth-authorization-serverx",
        "/oauth/token/x",
    ],
)
def test_nothing_else_is_open(wire: Wire, path: str) -> None:
    assert preflight(wire, path) == {}
    for method in ("GET", "POST"):
        assert ALLOW_ORIGIN not in wire.send(method, path, None, {"Origin": ORIGIN}).headers


@pytest.mark.parametrize("path", [*METADATA, *POSTED])
def test_a_slash_behind_changes_nothing(wire: Wire, path: str) -> None:
    assert preflight(wire, f"{path}/")[ALLOW_ORIGIN] == "*"
