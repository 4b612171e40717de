"""Registrations as known clients send them, each with where that is told."""

import pytest

from tests.oauth.oauth_wire import Wire

REGISTER = "/oauth/register"
BOTH = ["authorization_code", "refresh_token"]

KNOWN = {
    # accounted#2225: three at once, of which the first failed the registration elsewhere.
    "Cursor": {
        "redirect_uris": [
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback",
            "http://localhost:8787/callback",
        ],
        "token_endpoint_auth_method": "none",
        "grant_types": BOTH,
        "response_types": ["code"],
    },
    # better-auth#10946: one of its own scheme, as a client of the web, which it is not.
    "Cursor alone": {
        "application_type": "web",
        "redirect_uris": ["cursor://anysphere.cursor-mcp/oauth/callback"],
        "token_endpoint_auth_method": "none",
    },
    # vscode#278512: sites, and the machine with and without the port that it prefers.
    "Visual Studio Code": {
        "redirect_uris": [
            "https://insiders.vscode.dev/redirect",
            "https://vscode.dev/redirect",
            "http://127.0.0.1/",
            "http://127.0.0.1:33418/",
        ],
        "grant_types": [*BOTH, "urn:ietf:params:oauth:grant-type:device_code"],
        "token_endpoint_auth_method": "none",
    },
    # elmo#684: a port of localhost, where RFC 8252 §8.3 would rather have the address.
    "Claude Code": {
        "application_type": "native",
        "redirect_uris": ["http://localhost:3118/callback"],
        "token_endpoint_auth_method": "none",
    },
    # sentry-mcp#1190: no port at all, as in its document; it names one later (RFC 8252 §7.3).
    "Claude Code without a port": {
        "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
        "token_endpoint_auth_method": "none",
    },
    # claude-code#5826: a secret, which it sends in the body.
    "claude.ai": {
        "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
        "token_endpoint_auth_method": "client_secret_post",
    },
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_clients_register_as_they_do_elsewhere(wire: Wire, name: str) -> None:
    asked = KNOWN[name]
    answer = wire.json(REGISTER, {"client_name": name, **asked})
    assert answer.status == 201
    assert answer.body["redirect_uris"] == asked["redirect_uris"]
    assert answer.body["token_endpoint_auth_method"] == asked["token_endpoint_auth_method"]
