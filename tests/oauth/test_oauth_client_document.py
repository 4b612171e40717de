"""Client ID Metadata Documents: what becomes of what they say, the quirks of known hosts included."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.oauth.client_document import (
    LONGEST_NAME,
    DocumentRefused,
    read_document,
    shown_name,
)
from domain.oauth_client import OAuthClient
from domain.permissions import TOOL_SCOPES, Scope

ID = "https://app.example/client.json"
GOOD = {"client_id": ID, "redirect_uris": ["https://app.example/callback"]}


def read(**members: object) -> OAuthClient:
    return read_document(ID, json.dumps({**GOOD, **members}).encode())


def test_a_document_becomes_a_public_client() -> None:
    client = read(
        client_name="Probe",
        client_uri="https://app.example/about",
        grant_types=["authorization_code"],
        response_types=["code"],
        token_endpoint_auth_method="none",  # noqa: S106 - of the standard
        scope="tickets:read openid",
        logo_uri="https://app.example/logo.png",
        jwks={"keys": []},
    )
    assert client == OAuthClient(
        id=ID,
        source="document",
        name="Probe",
        redirect_uris=("https://app.example/callback",),
        grant_types=("authorization_code",),
        scopes=(Scope.TICKETS_READ,),
        uri="https://app.example/about",
    )


def test_what_a_document_leaves_out_or_empty_is_as_usual() -> None:
    plain = read()
    assert plain.name == "app.example"
    assert plain.grant_types == ("authorization_code", "refresh_token")
    assert plain.scopes == tuple(sorted(TOOL_SCOPES))
    assert plain.uri is None
    members = ["client_name", "client_uri", "grant_types", "response_types", "scope"]
    members += ["client_secret", "token_endpoint_auth_method"]
    assert read(**dict.fromkeys(members)) == plain


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "truncated"),
        (b"{}", "client_id"),
        (b"[]", "array"),
        (b"null", "null"),
        (b"\xef\xbb\xbf{}", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"client_id": "\xff"}', "cannot be used"),
        (b"[" * 5_000, "cannot be used"),
        (b'{"x": ' + b"[" * 5_000, "nested too deep"),
        (b"<!doctype html>", "malformed"),
    ],
)
def test_what_is_no_document_is_refused_in_one_sentence(body: bytes, why: str) -> None:
    with pytest.raises(DocumentRefused, match=why) as refused:
        read_document(ID, body)
    assert len(str(refused.value)) < 300
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"client_id": f"{ID}?"}, "not the URL"),
        ({"client_id": "https://APP.example/client.json"}, "not the URL"),
        ({"client_id": "https://app.example:443/client.json"}, "not the URL"),
        ({"client_id": 1}, "client_id"),
        ({"redirect_uris": []}, "1 to 10"),
        ({"redirect_uris": [f"https://app.example/{n}" for n in range(11)]}, "1 to 10"),
        ({"redirect_uris": "https://app.example/callback"}, "redirect_uris"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "scheme of its own"),
        ({"redirect_uris": ["http://app.example/", "http://b.example/"]}, "is http"),
        ({"client_secret": "s"}, "client_secret"),
        ({"client_secret_expires_at": 0}, "client_secret"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "must be none"),
        ({"token_endpoint_auth_method": "client_secret_post"}, "must be none"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "must be none"),
        ({"token_endpoint_auth_method": "tls_client_auth"}, "must be none"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "private_key_jwt"),
        (
            {
                "token_endpoint_auth_method": "private_key_jwt",
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            },
            "private_key_jwt",
        ),
        ({"grant_types": ["client_credentials"]}, "authorization_code"),
        ({"grant_types": []}, "authorization_code"),
        ({"response_types": ["token"]}, "code"),
    ],
)
def test_a_client_that_cannot_work_here_is_told_why(members: dict[str, object], why: str) -> None:
    with pytest.raises(DocumentRefused, match=why):
        read(**members)


def test_one_bad_redirect_takes_nothing_from_the_others() -> None:
    # Hosts publish what works with other servers, too: wildcards for ports, schemes without a dot.
    client = read(
        redirect_uris=[
            "http://localhost:*/callback",
            "vscodium://callback",
            "http://127.0.0.1/callback",
            "http://127.0.0.1/callback",
            "cursor://anysphere.cursor-mcp/oauth/callback",
        ]
    )
    assert client.redirect_uris == (
        "http://127.0.0.1/callback",
        "cursor://anysphere.cursor-mcp/oauth/callback",
    )


def test_claude_code_names_loopback_without_a_port() -> None:
    # https://github.com/anthropics/claude-code/issues/44378
    client = read(redirect_uris=["http://localhost/callback", "http://127.0.0.1/callback"])
    assert client.may_land("http://localhost:52163/callback")
    assert client.may_land("http://127.0.0.1:52163/callback")
    assert not client.may_land("http://127.0.0.1:52163/other")


@pytest.mark.parametrize(
    "other",
    [
        # https://github.com/stacklok/toolhive/issues/6290
        "urn:ietf:params:oauth:grant-type:device_code",
        # https://github.com/Altinity/altinity-mcp/pull/147
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
    ],
)
def test_vs_code_and_claude_name_grants_that_others_have(other: str) -> None:
    client = read(grant_types=["authorization_code", "refresh_token", other])
    assert client.grant_types == ("authorization_code", "refresh_token")


def test_chatgpt_prefers_a_key_but_takes_none() -> None:
    # https://github.com/operately/operately/issues/5164
    client = read(
        token_endpoint_auth_method="private_key_jwt",  # noqa: S106 - of the standard
        token_endpoint_auth_methods_supported=["none", "private_key_jwt"],
        jwks_uri="https://app.example/jwks.json",
    )
    assert client.auth_method == "none"


@pytest.mark.parametrize(
    ("uri", "kept"),
    [
        ("https://app.example", True),
        ("https://app.example/", True),
        ("https://app.example:443/about?x=1", True),
        ("https://APP.example/about", True),
        ("http://app.example/", False),
        ("https://other.example/", False),
        ("https://app.example.other.example/", False),
        ("https://app.example:8443/", False),
        ("https://me@app.example/", False),
        ("https://app.example\\@other.example/", False),
        ("javascript:alert(1)//app.example/", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_a_page_is_shown_only_of_the_origin_that_speaks_for_the_client(
    uri: str, kept: bool
) -> None:
    assert read(client_uri=uri).uri == (uri if kept else None)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("  Visual\tStudio \n Code ", "Visual Studio Code"),
        ("Claude\u202eedualC", "ClaudeedualC"),
        ("Cla\u200bude\u2066\ufeff\u00ad", "Claude"),
        ("\x1b[31mred\x07", "[31mred"),
        ("Büro 東京 🎫", "Büro 東京 🎫"),
        ("\ue000\U000e0041", "app.example"),
        ("\u3164\u2800\u115f", "app.example"),
        (" \u3000\u2028", "app.example"),
        ("", "app.example"),
        ("a" * 1_000, "a" * (LONGEST_NAME - 1) + "…"),
    ],
)
def test_a_name_is_one_short_line_that_shows_what_it_is(name: str, shown: str) -> None:
    assert shown_name(name, ID) == shown


@given(st.text(max_size=400))
def test_a_name_is_never_empty_nor_long_nor_broken(name: str) -> None:
    shown = shown_name(name, ID)
    assert 0 < len(shown) <= LONGEST_NAME
    assert shown == " ".join(shown.split())
    assert shown_name(shown, ID) == shown


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["code", "none", ID]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
MEMBERS = st.sampled_from(
    [
        *("client_name", "client_uri", "client_secret", "grant_types", "response_types", "scope"),
        *("redirect_uris", "token_endpoint_auth_method", "logo_uri", "jwks"),
    ]
)


@given(st.dictionaries(MEMBERS, JSON))
def test_a_document_makes_a_client_that_may_be_or_is_refused(members: dict[str, object]) -> None:
    try:
        client = read(**members)
    except DocumentRefused as refused:
        sentence = str(refused)
    else:
        sentence = ""
        assert client.source == "document"
        assert client.auth_method == "none"
        assert client.secret_digest is None
        assert 1 <= len(client.redirect_uris) <= 10
    assert len(sentence) < 300


@given(st.binary())
def test_nothing_but_a_refusal_comes_of_bytes(body: bytes) -> None:
    with pytest.raises(DocumentRefused):
        read_document(ID, body)
