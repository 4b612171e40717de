"""The gate: who is let through to the tools, and how everybody else is turned away."""

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from domain import secret
from domain.access_tokens import RevokeToken
from domain.application import Wish
from tests.mcp.company import Company, generate_token
from tests.mcp.records import Log
from tests.mcp.serving import Served
from tests.mcp.wire import Answer, Request, call, exchange, legacy, modern

Send = Callable[[Request], Answer]
MEBIBYTE = 1 << 20


@pytest.fixture
def challenge(product: Served) -> str:
    """What a client is told that comes without a token (RFC 9728 §5.1)."""
    known = f"http://127.0.0.1:{product.port}/.well-known/oauth-protected-resource/public/api/mcp"
    return f'Bearer scope="tickets:read tickets:write", resource_metadata="{known}"'


@pytest.fixture
def invalid(challenge: str) -> str:
    """The same where the token is no good (RFC 6750 §3.1)."""
    said = "The access token is unknown, revoked or past its time."
    error = f'Bearer error="invalid_token", error_description="{said}", '
    return challenge.replace("Bearer ", error)


@pytest.fixture
def send(product: Served) -> Send:
    return lambda request: request.send(product.port)


@pytest.fixture
def good(company: Company) -> Request:
    return call(company.token("Ana"), "list_departments")


def fresh_token(product: Served, company: Company, at: datetime | None = None) -> str:
    made = generate_token(product.desk, company.members["Ana"].id, at)
    return product.run(made)[0]


def unknown_token() -> str:
    return secret.encode_secret(secret.ACCESS_TOKEN, os.urandom(32))


def test_without_a_token_the_answer_tells_how_to_authenticate(
    send: Send, good: Request, challenge: str
) -> None:
    answer = send(good.but(authorization=None))
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == challenge
    assert answer.json()["error"] == "missing_token"


@pytest.mark.parametrize("credentials", ["Basic YTpi", "Digest x", "dl_pat_x"])
def test_other_ways_to_authenticate_count_as_no_token(
    send: Send, good: Request, credentials: str, challenge: str
) -> None:
    answer = send(good.but(authorization=credentials))
    assert (answer.status, answer.headers["www-authenticate"]) == (401, challenge)


def test_what_is_no_live_token_is_called_invalid_whatever_is_wrong_with_it(
    product: Served, company: Company, send: Send, good: Request, invalid: str
) -> None:
    alive = company.token("Ana")
    last = "A" if alive[-1] != "A" else "B"
    long_ago = datetime.now(UTC) - timedelta(days=800)
    presented = {
        "nothing": "",
        "junk": "junk",
        "a wrong checksum": alive[:-1] + last,
        "one cut off": alive[:-4],
        "one too long": alive + "A",
        "another prefix": "dl_at_" + alive[7:],
        "no ASCII": alive[:-1] + "\u00e9",
        "two tokens": f"{alive} {alive}",
        "an unknown one": unknown_token(),
        "one past its time": fresh_token(product, company, long_ago),
    }
    answers = {
        what: send(good.but(authorization=f"Bearer {text}")) for what, text in presented.items()
    }
    for what, answer in answers.items():
        assert (what, answer.status) == (what, 401)
        assert answer.headers["www-authenticate"] == invalid
        assert answer.headers["cache-control"] == "no-store"
        assert answer.body == answers["junk"].body


def test_a_revoked_token_is_invalid_from_the_next_request_on(
    product: Served, company: Company, send: Send, log: Log, invalid: str
) -> None:
    text, credential = product.run(generate_token(product.desk, company.members["Ana"].id))
    request = call(text, "list_departments")
    assert send(request).status == 200
    revoke = RevokeToken(agent=company.members["Ana"].id, token=credential)
    product.run(product.desk.execute(Wish(revoke)))
    with log.watched() as watched:
        for dead in (request, modern(text, "tools/list"), legacy(text, "tools/list")):
            answer = send(dead)
            assert (answer.status, answer.headers["www-authenticate"]) == (401, invalid)
    assert watched.recorded == []


def test_a_token_dies_when_its_time_is_over_though_it_was_good_before(
    product: Served, company: Company, log: Log, invalid: str
) -> None:
    text, credential = product.run(generate_token(product.desk, company.members["Ana"].id))
    log.execute(
        "UPDATE acct_main.credentials SET expires_at = clock_timestamp() + '0.3 s' "
        f"WHERE credential = '{credential}'"
    )
    dies_at = log.value(
        f"SELECT expires_at FROM acct_main.credentials WHERE credential = '{credential}'"
    )
    request = call(text, "list_departments")
    with log.watched() as watched:
        deadline = datetime.now(UTC) + timedelta(seconds=10)
        while (answer := request.send(product.port)).status == 200:
            assert datetime.now(UTC) < deadline
    assert (answer.status, answer.headers["www-authenticate"]) == (401, invalid)
    assert all(made.envelope.recorded_at < dies_at for made in watched.calls)


def test_a_token_in_the_query_is_no_token(send: Send, good: Request) -> None:
    for name in ("access_token", "token", "authorization"):
        path = f"{good.path}?{name}={good.token}"
        assert send(good.but(authorization=None)._replace(path=path)).status == 401


@pytest.mark.parametrize("scheme", ["bearer ", "BEARER ", "Bearer   "])
def test_the_scheme_is_known_however_spelled(send: Send, good: Request, scheme: str) -> None:
    assert send(good.but(authorization=scheme + good.token)).status == 200


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_refused_but_only_to_those_who_may_come_in(
    send: Send, good: Request, method: str
) -> None:
    asked = good._replace(method=method)
    assert send(asked.but(authorization=None)).status == 401
    answer = send(asked)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_a_body_of_more_than_a_mebibyte_is_refused(send: Send, good: Request, log: Log) -> None:
    padding = b" " * (MEBIBYTE - len(good.body))
    assert send(good._replace(body=good.body + padding)).status == 200
    with log.watched() as watched:
        answer = send(good._replace(body=good.body + padding + b" "))
    assert answer.status == 413
    assert watched.recorded == []


def test_a_chunked_body_of_more_than_a_mebibyte_is_refused(product: Served, good: Request) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    head = good.but(transfer_encoding="chunked", content_length=None)._replace(body=b"")
    whole = head.raw(product.port) + b"%x\r\n%s\r\n" % (len(good.body), good.body)
    fits = exchange(product.port, whole + b"0\r\n\r\n")
    assert fits
    assert fits.status == 200
    too_large = exchange(product.port, whole + chunk * 17 + b"0\r\n\r\n")
    assert too_large
    assert too_large.status == 413


def test_half_a_request_is_never_carried_out(product: Served, company: Company, log: Log) -> None:
    """Its client may have been cut off in the middle of what it wanted to say."""
    ticket = company.tickets["new"].code
    whole = call(company.token("Ana"), "add_tags", ticket_id=ticket, tags=["half"])
    longer = str(len(whole.body) + 10)
    with log.watched() as watched:
        assert (
            exchange(product.port, whole.but(content_length=longer).raw(product.port), end=True)
            is None
        )
        assert (
            whole._replace(body=call(whole.token, "get_tags", ticket_id=ticket).body)
            .but(mcp_name="get_tags")
            .send(product.port)
            .status
            == 200
        )
    assert watched.call.fact.tool == "get_tags"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", ""]
)
def test_a_foreign_host_is_refused(send: Send, good: Request, log: Log, host: str) -> None:
    with log.watched() as watched:
        assert send(good.but(host=host)).status == 421
    assert watched.recorded == []


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1"])
def test_a_foreign_origin_is_refused(send: Send, good: Request, log: Log, origin: str) -> None:
    with log.watched() as watched:
        assert send(good.but(origin=origin)).status == 403
    assert watched.recorded == []


def test_our_own_hosts_and_origins_are_welcome(product: Served, send: Send, good: Request) -> None:
    for name in ("127.0.0.1", "localhost"):
        own = f"{name}:{product.port}"
        assert send(good.but(host=own, origin=f"http://{own}")).status == 200


def test_space_around_header_values_is_no_part_of_them(send: Send, good: Request) -> None:
    answer = send(
        good.but(
            authorization=f"  Bearer {good.token} \t",
            mcp_name=" list_departments  ",
            mcp_method="tools/call ",
            mcp_protocol_version="2026-07-28\t",
        )
    )
    assert answer.status == 200


@pytest.mark.parametrize("header", ["authorization", "mcp_name", "user_agent", "accept", "origin"])
def test_headers_that_are_no_text_do_no_harm(send: Send, good: Request, header: str) -> None:
    assert send(good.but(**{header: b"\xff\xfe\x80"})).status < 500


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b'"x"',
        b"\xff\xfe",
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"progressToken":"\xff"}}}',
        b'{"progressToken":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"jsonrpc":"2.0","id":1' + b"0" * 5_000 + b',"method":"ping"}',
        b'{"jsonrpc":"2.0","id":null,"method":"tools/list"}',
        b'{"jsonrpc":"2.0","id":{},"method":"tools/list"}',
        b'{"jsonrpc":"2.0","id":1,"method":7}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}',
        b'{"jsonrpc":"2.0","id":1,"result":{}}',
    ],
)
def test_bodies_that_are_no_requests_are_refused_as_such(
    send: Send, company: Company, body: bytes
) -> None:
    token = company.token("Ana")
    for request in (modern(token, "tools/list"), legacy(token, "tools/list")):
        answer = send(request._replace(body=body))
        assert answer.status in {202, 400}
        assert b"Traceback" not in answer.body


def test_a_body_of_another_type_is_refused(send: Send, good: Request) -> None:
    assert send(good.but(content_type="text/plain")).status == 400
    assert send(good.but(content_type=None)).status == 400


def test_who_takes_no_json_is_told_so(send: Send, good: Request) -> None:
    assert send(good.but(accept="text/html")).status == 406


def test_no_answer_and_no_log_line_holds_a_secret(
    product: Served, company: Company, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = [company.token("Ana"), unknown_token()]
    answers: list[Answer] = []
    for token in tokens:
        good = call(token, "get_tags", ticket_id="QQQ-00000")
        answers += [
            send(good),
            send(good.but(host="evil.example")),
            send(good._replace(body=b"{")),
            send(good._replace(method="GET")),
            send(legacy(token, "tools/call", {"name": 7})),
        ]
    said = caplog.text + "".join(f"{answer.headers} {answer.body!r}" for answer in answers)
    product.settle()
    for token in tokens:
        assert token not in said
        assert token[7:30] not in said
        assert secret.digest_of(token).hex() not in said
