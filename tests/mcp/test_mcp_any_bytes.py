"""Whatever bytes reach the gate, from somebody with a good token even, the server stands."""

import logging
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.mcp import PATH
from mcp_server.tools import TOOLS
from tests.examples import examples
from tests.mcp.company import Company
from tests.mcp.serving import Served
from tests.mcp.wire import Answer, Request, call, exchange, legacy_call

FEW = settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

METHODS = (
    "tools/call",
    "tools/list",
    "server/discover",
    "initialize",
    "ping",
    "completion/complete",
)

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["\0", "QQQ-00000", "00000000-0000-7000-8000-000000000000"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
# Nearly right: what passes the schema, and then meets the database.
near = (
    st.text(max_size=30)
    | st.lists(st.text(max_size=20), max_size=3)
    | st.integers(-1, 60)
    | st.datetimes().map(str)
    | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "desc", "open"])
)
names = sorted(
    {name for tool in TOOLS.values() for name in tool.declaration.input_schema["properties"]}
)
arguments = st.dictionaries(st.sampled_from([*names, "x"]), values | near, max_size=4)
# No line breaks, which would end a header.
header_bytes = st.binary(max_size=40).map(lambda raw: raw.translate(None, b"\r\n\0"))


def stands(answer: Answer | None) -> None:
    """Hanging up is an answer too; what tells of a fault of ours is none."""
    if answer is not None:
        assert answer.status < 500, answer
        assert b"-32603" not in answer.body
        assert b"Traceback" not in answer.body


@pytest.fixture(autouse=True)
def nothing_amiss(caplog: pytest.LogCaptureFixture, product: Served, company: Company) -> Any:
    """Afterwards nothing was logged as an error, the server answers, and the views follow."""
    caplog.set_level(logging.ERROR)
    yield
    assert caplog.get_records("call") == []
    assert call(company.token("Ana"), "list_departments").send(product.port).status == 200
    product.settle()


@FEW
@given(raw=st.binary(max_size=300))
def test_bytes_that_are_no_http_do_no_harm(product: Served, raw: bytes) -> None:
    stands(exchange(product.port, raw, end=True))
    stands(exchange(product.port, b"POST " + PATH.encode() + b" HTTP/1.1\r\n" + raw, end=True))


@FEW
@given(body=st.binary(max_size=200), cut=st.integers(0, 50))
def test_bodies_of_any_bytes_do_no_harm(
    product: Served, company: Company, body: bytes, cut: int
) -> None:
    good = call(company.token("Ana"), "get_tags", ticket_id="QQQ-00000")
    for request in (
        good._replace(body=body),
        good._replace(body=good.body[:cut] + body + good.body[cut:]),
        good._replace(body=good.body[: -cut - 1]),
    ):
        stands(request.send(product.port))


@FEW
@given(
    names=st.lists(
        st.sampled_from(
            [
                "accept",
                "content-type",
                "mcp-method",
                "mcp-name",
                "mcp-protocol-version",
                "mcp-param-x",
                "user-agent",
                "origin",
                "host",
                "cookie",
            ]
        ),
        unique=True,
    ),
    value=header_bytes,
)
def test_headers_of_any_bytes_do_no_harm(
    product: Served, company: Company, names: list[str], value: bytes
) -> None:
    good = call(company.token("Ana"), "get_tags", ticket_id="QQQ-00000")
    odd: dict[str, str | bytes | None] = dict.fromkeys(names, value)
    stands(exchange(product.port, good._replace(headers={**good.headers, **odd}).raw(product.port)))


@FEW
@given(
    method=st.sampled_from(METHODS),
    params=values
    | st.fixed_dictionaries({"_meta": st.dictionaries(st.just("progressToken"), values)}),
    number=st.none() | st.integers() | st.text(max_size=5) | st.booleans(),
)
def test_requests_of_any_shape_do_no_harm(
    product: Served, company: Company, method: str, params: Any, number: Any
) -> None:
    body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    for made in (call, legacy_call):
        request = made(company.token("Ana"), "get_tags").but(mcp_method=method)
        stands(request._replace(body=msgspec.json.encode(body)).send(product.port))


@FEW
@given(
    tool=st.sampled_from([*TOOLS, "no_such_tool"]), given_arguments=arguments, streams=st.booleans()
)
def test_arguments_of_any_shape_are_answered_or_refused(
    product: Served,
    company: Company,
    tool: str,
    given_arguments: dict[str, Any],
    streams: bool,
) -> None:
    meta = {"progressToken": 1} if streams else None
    requests: list[Request] = [
        made(company.token("Ana"), tool, meta, **given_arguments) for made in (call, legacy_call)
    ]
    for request in requests:
        answer = request.send(product.port)
        stands(answer)
        assert answer.status in {200, 400}
