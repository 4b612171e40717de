"""Requests that no client of good will sends: refused in words, and nothing happens."""

import logging
import socket

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mcp.company import Company
from tests.mcp.records import Log
from tests.mcp.serving import SECONDS, Served, until
from tests.mcp.wire import Answer, Request
from tests.rest.client import PATH, Client
from tests.rest.tickets import opened

LIMIT = 1 << 20


def sent(
    product: Served, token: str, path: str, body: bytes, method: str = "POST", **headers: str | None
) -> Answer:
    """Send bytes as they are."""
    request = Request(token, body, {"accept": "*/*"}, method, f"{PATH}{path}").but(**headers)
    return request.send(product.port)


def refused(answer: Answer, status: int, code: str) -> str:
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"/api/v1/docs#{code}"
    return problem["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"tags": ["x"]} {"tags": ["y"]}',
        b'{"tags": ["\xff\xfe"]}',
        b'{"tags": ["\xed\xa0\x80"]}',
        b'{"tags": ["\\ud800"]}',
        b'{"tags": ["\\u0000"]}',
        b'{"tags": [NaN]}',
        b'{"tags": ["x"], "tags": 5}',
        b"[" * 200_000,
        b'{"tags":' * 5_000,
        b"\x00",
        b"\xef\xbb\xbf{}",
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    ana: Client, product: Served, company: Company, body: bytes
) -> None:
    path = opened(ana, company)
    refused(sent(product, ana.token, f"{path}/tags", body), 400, "invalid_arguments")
    assert ana.get(path).body["tags"] == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "x", "", None])
def test_a_body_that_is_not_said_to_be_json_is_refused(
    ana: Client, product: Served, company: Company, kind: str | None
) -> None:
    path = opened(ana, company)
    answer = sent(product, ana.token, f"{path}/tags", b'{"tags": ["x"]}', content_type=kind)
    refused(answer, 415, "unsupported_media_type")
    assert ana.get(path).body["tags"] == []


def test_a_body_over_a_mebibyte_is_refused_whether_it_says_so_or_not(
    ana: Client, product: Served, company: Company
) -> None:
    path = opened(ana, company)
    body = msgspec.json.encode({"body": "x" * LIMIT})
    refused(sent(product, ana.token, f"{path}/messages", body), 413, "too_large")
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    chunked = sent(
        product,
        ana.token,
        f"{path}/messages",
        chunk,
        content_length=None,
        transfer_encoding="chunked",
    )
    refused(chunked, 413, "too_large")
    assert ana.get(path).body["message_count"] == 1


@pytest.mark.parametrize("text", ["\x00", "a\x00b"])
def test_texts_that_cannot_be_stored_are_refused_and_recorded(
    ana: Client, company: Company, log: Log, text: str
) -> None:
    path = opened(ana, company)
    for below in ("/messages", "/replies"):
        with log.watched() as watched:
            answer = ana.post(f"{path}{below}", {"body": text})
        answer.refused(400, "invalid_arguments")
        assert watched.facts == []
        assert watched.call.fact.outcome == "invalid_arguments"


@pytest.mark.parametrize(
    "path",
    [
        "/tickets/%00",
        "/tickets/%00/messages",
        "/tickets/x?a=%00",
        "/tickets?query=%00",
        "/tickets?tags=%00",
        "/tickets?created_from=%00",
    ],
)
def test_addresses_hold_no_nul(ana: Client, path: str) -> None:
    ana.get(path).refused(400, "invalid_arguments")


@pytest.mark.parametrize(
    "path",
    [
        "/tickets/%FF",
        "/tickets/%C3%28",
        "/tickets/%F0%9F%9B%B6",
        "/tickets/%2E%2E%2Fsession",
        "/tickets/x/messages/01890a5d-ac96-774b-bcce-b302099a8057",
        "/nothing",
        "/tickets/x/nothing",
        "/tickets/x/messages/no-uuid",
        "/agents/no-uuid",
        "/docs/nothing",
    ],
)
def test_what_is_nowhere_is_not_found(ana: Client, path: str) -> None:
    ana.get(path).refused(404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/tickets/x"), ("DELETE", "/tickets/x"), ("GET", "/tickets/x/resolve")],
)
def test_a_method_that_a_path_lacks_is_named_with_those_it_has(
    ana: Client, method: str, path: str
) -> None:
    answer = ana.send(method, path, None, {})
    assert answer.refused(405, "method_not_allowed") == "Use a method that the Allow header names."
    assert method not in answer.headers["allow"]


def test_a_path_tells_its_methods_without_a_credential(nobody: Client) -> None:
    for path, methods in (
        ("/tickets", "GET, OPTIONS, POST"),
        ("/tickets/x", "GET, OPTIONS, PATCH"),
        ("/tickets/x/resolve", "OPTIONS, POST"),
    ):
        answer = nobody.send("OPTIONS", path, None, {})
        assert (answer.status, answer.headers["allow"]) == (204, methods)


@given(body=st.binary(max_size=200), below=st.sampled_from(["", "/tags", "/messages", "/resolve"]))
def test_any_bytes_as_a_body_are_answered(
    ana: Client, product: Served, company: Company, body: bytes, below: str
) -> None:
    path = f"/tickets/{company.tickets['new'].code}"
    answer = sent(product, ana.token, f"{path}{below}", body, "PATCH" if not below else "POST")
    assert answer.status in {200, 201, 400, 409}, answer.body


@given(query=st.text(max_size=60))
def test_any_words_can_be_searched_for(product: Served, ana: Client, query: str) -> None:
    escaped = "".join(f"%{byte:02X}" for byte in query.encode(errors="replace"))
    answer = sent(product, ana.token, f"/tickets?query={escaped}", b"", "GET")
    assert answer.status == (400 if "\x00" in query else 200), answer.body


def test_without_a_credential_nothing_is_told(nobody: Client) -> None:
    for method, path in (
        ("GET", "/tickets"),
        ("GET", "/tickets/x?nonsense=1"),
        ("POST", "/tickets"),
        ("PATCH", "/tickets/x"),
        ("POST", "/tickets/x/resolve"),
        ("GET", "/session"),
    ):
        answer = nobody.send(method, path, None, {"If_Match": "nonsense"})
        answer.refused(401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_another_host_is_refused(ana: Client) -> None:
    ana.get("/session", Host="evil.example").refused(421, "misdirected")


def test_half_a_request_is_not_carried_out_and_no_fault(
    ana: Client, product: Served, company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    path = opened(ana, company)
    body = b'{"tags": ["half"]}'
    whole = Request(ana.token, body, {}, "POST", f"{PATH}{path}/tags").raw(product.port)
    with socket.create_connection(("127.0.0.1", product.port), SECONDS) as connection:
        connection.sendall(whole[:-1])
    with socket.create_connection(("127.0.0.1", product.port), SECONDS) as connection:
        connection.sendall(whole)
    until(lambda: ana.get(path).body["tags"] == ["half"])
    assert ana.get(path).etag == '"v3"'
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
