"""Where a client's browser is sent, and queries of any letters."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.oauth.core import (
    AuthorizationRefused,
    authorization_pairs,
    client_id_of,
    error_location,
    read_authorization,
    success_location,
)
from api.oauth.errors import ErrorCode
from domain.oauth_client import OAuthClient
from tests.oauth.oauth_asking import AT, CLIENT, HOME, ISSUER, PLAIN, ask


@pytest.mark.parametrize(
    "raw",
    [
        b"client_id=c1&state=%ff",
        b"client_id=c1&state=%00",
        b"client_id=c1&state=%zz",
        b"client_id=c1&state=\xc3\xa4",
        b"client_id=c1&state=a b",
        b"a=1&" * 65,
        b"state=" + b"x" * 20_000,
    ],
)
def test_what_is_not_encoded_as_it_should_be_is_never_redirected(raw: bytes) -> None:
    with pytest.raises(AuthorizationRefused) as caught:
        authorization_pairs(raw)
    assert (caught.value.error, caught.value.redirect_uri) == (ErrorCode.INVALID_REQUEST, None)


def test_who_asks_is_known_only_if_it_is_said_once() -> None:
    assert client_id_of(authorization_pairs(b"client_id=https%3A%2F%2Fa%2Fb&client_id=")) == (
        "https://a/b"
    )
    assert client_id_of(authorization_pairs(b"client_id=a&client_id=a")) is None
    assert client_id_of(()) is None


STATE = 'ä &=+%20"\n\\#😀'


def test_a_code_goes_back_with_the_state_as_it_came_and_our_name() -> None:
    location = success_location(ask(state=STATE), "dl_ac_x", AT)
    assert location.startswith(f"{HOME}?code=dl_ac_x&state=")
    assert location.isascii()
    sent = parse_qs(urlsplit(location).query, strict_parsing=True)
    assert sent == {"code": ["dl_ac_x"], "state": [STATE], "iss": [ISSUER]}


def test_a_refusal_goes_back_with_the_state_as_it_came_and_our_name() -> None:
    location = error_location(HOME, "access_denied", 'He said "no"', STATE, AT)
    sent = parse_qs(urlsplit(location).query, strict_parsing=True)
    assert sent == {
        "error": ["access_denied"],
        "error_description": ["He said 'no'"],
        "state": [STATE],
        "iss": [ISSUER],
    }


@pytest.mark.parametrize(
    ("uri", "start"),
    [
        (f"{HOME}?a=%2f&b", f"{HOME}?a=%2f&b&code="),
        (f"{HOME}?", f"{HOME}?code="),
        ("com.example.app:/cb", "com.example.app:/cb?code="),
        ("http://[::1]:3000/cb", "http://[::1]:3000/cb?code="),
    ],
)
def test_no_letter_of_the_address_changes(uri: str, start: str) -> None:
    client = OAuthClient(id="c1", source="dynamic", name="App", redirect_uris=(uri,))
    asked = ask(client=client, redirect_uri=uri, without="state")
    location = success_location(asked, "x", AT)
    assert location.startswith(start)
    assert "state" not in location


@given(raw=st.binary(max_size=300))
def test_any_query_is_understood_or_refused(raw: bytes) -> None:
    with pytest.raises(AuthorizationRefused):
        read_authorization(authorization_pairs(raw), CLIENT, AT)


@given(
    fields=st.dictionaries(
        st.sampled_from([*PLAIN, "scope", "resource", "prompt"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
        max_size=4,
    )
)
def test_any_text_in_a_parameter_is_understood_or_refused(fields: dict[str, str]) -> None:
    try:
        asked = ask(but=fields)
    except AuthorizationRefused as problem:
        assert problem.redirect_uri in {None, HOME}  # noqa: PT017 - it may be understood, too
    else:
        assert asked.redirect_uri == HOME
