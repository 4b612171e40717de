"""Whatever is sent to the machine endpoints, they stand, and say in their form what was wrong."""

import logging
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.mcp.serving import Served
from tests.mcp.wire import exchange
from tests.oauth.oauth_wire import FORM, JSON, Answer, Wire

FEW = settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
PATHS = ("/oauth/register", "/oauth/token", "/oauth/revoke")
ERRORS = {"invalid_client_metadata", "invalid_redirect_uri", "temporarily_unavailable"}
# No line breaks, which would end a header.
header_bytes = st.binary(max_size=60).map(lambda raw: raw.translate(None, b"\r\n\0"))
# What no UTF-8 is, among others.
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=8,
)
uris = st.one_of(
    text,
    st.sampled_from(["http://127.0.0.1/cb", "https://site.example/cb", "com.example:/cb"]),
    st.builds(
        "{}://{}/{}".format, st.sampled_from(["http", "https", "x.y", "javascript"]), text, text
    ),
)
metadata = st.fixed_dictionaries(
    {"redirect_uris": st.lists(uris, max_size=12) | values},
    optional={
        "client_name": text | values,
        "scope": text | values,
        "grant_types": st.lists(st.sampled_from(["authorization_code", "x"])) | values,
        "response_types": st.just(["code"]) | values,
        "token_endpoint_auth_method": st.sampled_from(["none", "client_secret_post"]) | values,
    },
)


@pytest.fixture(autouse=True)
def nothing_amiss(
    caplog: pytest.LogCaptureFixture, wire: Wire, desk_database: str
) -> Iterator[None]:
    """Afterwards nothing was logged as an error, and clients register as ever."""
    caplog.set_level(logging.ERROR)
    yield
    assert caplog.get_records("call") == []
    with psycopg.connect(desk_database) as connection:
        connection.execute("DELETE FROM acct_main.oauth_clients")
    assert wire.json(PATHS[0], {"redirect_uris": ["http://127.0.0.1/cb"]}).status == 201


def require_an_answer(answer: Answer) -> None:
    if answer.status == 201:
        assert answer.body["client_id"]
        return
    assert answer.body["error"] in ERRORS
    answer.refused(
        429 if answer.body["error"] == "temporarily_unavailable" else 400, answer.body["error"]
    )


@FEW
@given(body=st.binary(max_size=200))
def test_any_bytes_may_be_registered(wire: Wire, body: bytes) -> None:
    require_an_answer(wire.send("POST", PATHS[0], body, {"Content-Type": JSON}))


@FEW
@given(said=metadata)
def test_anything_may_be_said_in_a_registration(wire: Wire, said: dict[str, Any]) -> None:
    require_an_answer(wire.json(PATHS[0], said))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 20_000,
        b'{"x": ' * 5_000,
        b'{"redirect_uris": ["http://127.0.0.1/\\u0000"]}',
        b'{"redirect_uris": ["http://127.0.0.1/cb"], "client_name": "\\ud800"}',
        b'{"client_name": "\xed\xa0\x80", "redirect_uris": ["http://127.0.0.1/cb"]}',
        b'{"redirect_uris": ["http://127.0.0.1:99999/cb"]}',
        b'{"redirect_uris": ["http://[::1/cb"]}',
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_breaks_readers_is_refused(wire: Wire, body: bytes) -> None:
    answer = wire.send("POST", PATHS[0], body, {"Content-Type": JSON})
    assert answer.status == 400
    require_an_answer(answer)


def test_a_member_that_comes_twice_does_no_harm(wire: Wire) -> None:
    body = b'{"redirect_uris": ["javascript:x"], "redirect_uris": ["http://127.0.0.1/cb"]}'
    answer = wire.send("POST", PATHS[0], body, {"Content-Type": JSON})
    assert answer.body["redirect_uris"] == ["http://127.0.0.1/cb"]


@FEW
@given(
    path=st.sampled_from(PATHS),
    headers=st.fixed_dictionaries(
        {
            "Content-Type": st.sampled_from([FORM.encode(), JSON.encode()]) | header_bytes,
            "Authorization": header_bytes | header_bytes.map(b"Basic ".__add__),
        }
    ),
    query=header_bytes,
    body=st.binary(max_size=200),
)
def test_any_bytes_may_be_sent_to_any_endpoint(
    product: Served, path: str, headers: dict[str, bytes], query: bytes, body: bytes
) -> None:
    request = b"".join(
        (
            b"POST " + path.encode() + b"?" + query.replace(b" ", b"+") + b" HTTP/1.1\r\n",
            f"Host: 127.0.0.1:{product.port}\r\n".encode(),
            *(name.encode() + b": " + value + b"\r\n" for name, value in headers.items()),
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode(),
            body,
        )
    )
    answer = exchange(product.port, request)
    assert answer is None or answer.status < 500
    if answer is not None and answer.headers.get("content-type") == JSON:
        msgspec.json.decode(answer.body)
