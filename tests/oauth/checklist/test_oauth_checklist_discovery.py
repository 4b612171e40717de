"""What the standards ask, point by point: discovery, and where nobody is sent.

As a stranger tries it, over HTTP only; the numbers go on in the files beside.
"""

import pytest

from api.mcp import PATH
from tests.mcp.serving import Served
from tests.oauth.clients.person import Person
from tests.oauth.oauth_stranger import BOTH, CALLBACK, HOME, SCHEME, Stranger, challenge_of, path_of
from tests.oauth.oauth_visiting import is_page
from tests.oauth.oauth_wire import Wire
from tests.sign_in.browser import Browser

WELL_KNOWN = "/.well-known"
RESOURCE = f"{WELL_KNOWN}/oauth-protected-resource"
# What nobody may be sent to, each of which has led some server into a stack trace or astray.
TRAPS = (
    "https://evil.example/",
    "javascript:alert(1)",
    "javascript://stranger.example/%0aalert(1)",
    "data:text/html,x",
    "http://[x",
    'https://stranger.example/callback"><script>',
    "https://stranger.example/callbäck",
    "https://stranger.example\\@evil.example/",
    "\u2028",
)


def test_whoever_comes_without_a_token_is_told_where_to_get_one(wire: Wire) -> None:
    """1. MCP 2026-07-28, authorization; RFC 9728 §5.1, RFC 6750 §3."""
    for answer in (wire.json(PATH, {}), wire.get(PATH), wire.send("DELETE", PATH, None)):
        assert answer.status == 401
        known = f"{wire.issuer}{RESOURCE}{PATH}"
        assert challenge_of(answer) == {"resource_metadata": known, "scope": BOTH}
    junk = wire.json(PATH, {}, Authorization="Bearer junk")
    assert junk.status == 401
    assert challenge_of(junk).items() > {"error": "invalid_token", "scope": BOTH}.items()


@pytest.mark.parametrize("path", [f"{RESOURCE}{PATH}", RESOURCE])
def test_the_resource_is_named_as_people_paste_it(product: Served, wire: Wire, path: str) -> None:
    """2. RFC 9728 §3.1, §3.3: identical, no slash at its end; offline_access is no scope of it."""
    told = wire.get(path).body
    assert told["resource"] == product.url
    assert told["scopes_supported"] == BOTH.split()


@pytest.mark.parametrize("place", ["oauth-authorization-server", "openid-configuration"])
def test_the_issuer_is_told_wherever_clients_look(wire: Wire, place: str) -> None:
    """3. RFC 8414 §3, §3.3 and OpenID Connect Discovery §4: the same for an issuer without path."""
    told = wire.get(f"{WELL_KNOWN}/{place}").body
    assert [told["issuer"]] == wire.get(RESOURCE).body["authorization_servers"]
    assert told["issuer"] == wire.issuer
    endpoints = [value for name, value in told.items() if name.endswith("_endpoint")]
    assert len(endpoints) == 4
    assert all(address.startswith(f"{told['issuer']}/") for address in endpoints)


def test_all_that_is_there_is_advertised(client: Stranger) -> None:
    """4. RFC 8414 §2, RFC 7636, RFC 7009, RFC 9207 §3, Client ID Metadata Documents §5."""
    told = client.server
    assert told["code_challenge_methods_supported"] == ["S256"]
    for endpoint in ("token", "revocation"):
        methods = set(told[f"{endpoint}_endpoint_auth_methods_supported"])
        assert methods == {"none", "client_secret_basic", "client_secret_post"}
    assert told["client_id_metadata_document_supported"] is True
    assert told["authorization_response_iss_parameter_supported"] is True
    assert {"revocation_endpoint", "registration_endpoint"} <= set(told)


def test_no_header_changes_where_anything_is(wire: Wire) -> None:
    """5. RFC 8414 §6.2: from configuration; whoever could change it, would get the codes."""
    forged = {
        "X_Forwarded_Host": "evil.example",
        "X_Forwarded_Proto": "https",
        "Forwarded": "host=evil.example;proto=https",
    }
    for path in (RESOURCE, f"{WELL_KNOWN}/oauth-authorization-server"):
        told = wire.get(path)
        assert wire.get(path, **forged).raw == told.raw
        assert wire.get(path, Host=f"localhost:{wire.port}").raw == told.raw
        assert wire.get(path, Host="evil.example").status == 421
    for host in ("evil.example", f"localhost:{wire.port}"):
        told = challenge_of(wire.json(PATH, {}, Host=host, **forged))
        assert told["resource_metadata"] == f"{wire.issuer}{RESOURCE}{PATH}"


def test_nobody_is_sent_where_no_client_vouches_for(client: Stranger, nobody: Browser) -> None:
    """6. OAuth 2.1 §4.1.2.1: a page says so, whether somebody is signed in or not."""
    wrong = [client.address(redirect_uri=uri) for uri in TRAPS]
    wrong += [client.address(client_id=name) for name in ("nobody", None, '"ä\u2028')]
    wrong += [client.address(redirect_uri=None), client.address(("redirect_uri", CALLBACK))]
    wrong += [client.address(("client_id", client.id)), f"{client.address()}&x=%ff"]
    for address in map(path_of, wrong):
        for browser in (nobody, client.person.browser):
            answer = browser.get(address)
            assert (answer.status, answer.location) == (400, ""), address
            assert "evil" not in answer.text
            assert "<script" not in answer.text


def test_a_redirect_uri_is_the_same_letter_by_letter(client: Stranger) -> None:
    """7. OAuth 2.1 §8.4.2, RFC 8252 §7.3, RFC 9700 §4.1.3: but for the port of this machine."""
    for uri in (
        CALLBACK,
        SCHEME,
        *(f"http://{h}:4711/callback" for h in ("127.0.0.1", "localhost")),
    ):
        assert is_page(client.ask(redirect_uri=uri, prompt="consent")), uri
    for uri in (
        CALLBACK.upper(),
        CALLBACK.replace("https", "HTTPS"),
        CALLBACK.replace("stranger", "STRANGER"),
        CALLBACK.replace(".example/", ".example:443/"),
        CALLBACK.replace("%2F", "%2f"),
        CALLBACK.replace("%2F", "/"),
        CALLBACK.removesuffix("?a=b"),
        f"{CALLBACK}&c=d",
        f"{CALLBACK}#",
        "https://stranger.example/x/../Call%2Fback?a=b",
        f"{SCHEME}/",
        f"{SCHEME}?x",
        "http://127.0.0.1:4711/callback/",
        "http://127.0.0.1:4711/Callback",
        "http://127.0.0.1:4711/callback?x",
        "http://127.0.0.2:4711/callback",
        "http://LOCALHOST:4711/callback",
        "http://[::1]:4711/callback",
        "http://2130706433:4711/callback",
        "http://127.0.0.1:4711@evil.example/callback",
        "http://x@127.0.0.1:4711/callback",
        "https://127.0.0.1:4711/callback",
    ):
        assert client.ask(redirect_uri=uri).status == 400, uri


@pytest.mark.parametrize("names", [("127.0.0.1", "localhost"), ("localhost", "127.0.0.1")])
def test_names_of_this_machine_are_not_the_same(
    wire: Wire, pia: Person, names: tuple[str, str]
) -> None:
    """7. RFC 8252 §8.3: they may be two interfaces, with a program at each."""
    registered, other = (f"http://{name}/callback" for name in names)
    alone = Stranger(wire, pia, redirect_uris=[registered])
    assert is_page(alone.ask(redirect_uri=registered.replace("/callback", ":4711/callback")))
    assert alone.ask(redirect_uri=other).status == 400


@pytest.mark.parametrize(
    "uri",
    [
        "https://stranger.example/#fragment",
        "https://user:password@stranger.example/",
        "https://*.stranger.example/",
        "https://stranger.example/*",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "http://stranger.example/callback",
        "http://10.0.0.1/callback",
        "myapp://callback",
        "cursor://elsewhere/oauth/callback",
        "/callback",
    ],
)
def test_some_redirect_uris_no_client_may_have(client: Stranger, uri: str) -> None:
    """8. OAuth 2.1 §2.3.1, RFC 8252 §7.1, §8.3 and RFC 9700 §4.1.3."""
    path = path_of(client.server["registration_endpoint"])
    answer = client.wire.json(path, {"redirect_uris": [HOME, uri]})
    answer.refused(400, "invalid_redirect_uri")
