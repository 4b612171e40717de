"""How long a request may be and take, on a server that answers whatever comes."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any, NamedTuple

import pytest
import uvicorn

from infra.serve.protocol import HEAD_BYTES, BoundedProtocol
from infra.serve.running import configure_logging
from tests.mcp.serving import listen

pytestmark = pytest.mark.anyio

HEAD = b"POST / HTTP/1.1\r\nhost: x\r\n"
LAST = HEAD + b"connection: close\r\n"
# More than is read at once, so that it comes in several pieces.
MUCH = 8 * HEAD_BYTES


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Hasty(BoundedProtocol):
    body_seconds = 0.3


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the size of the body, at /late after longer than a body may take."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    if scope["path"] == "/late":
        ended = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(2 * Hasty.body_seconds, ended.set_result, None)
        await ended
    body = b"%d" % size
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Port(NamedTuple):
    number: int

    async def exchange(self, *pieces: bytes) -> bytes:
        """Send pieces as long as they are taken, and read until the server hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.number)
        answered = asyncio.create_task(reader.read())
        with suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
        try:
            return await asyncio.wait_for(answered, 20)
        except ConnectionError:  # hung up while more was on its way
            return b""
        finally:
            writer.close()


@pytest.fixture
async def port() -> AsyncGenerator[Port]:
    config = uvicorn.Config(
        answer,
        http=Hasty,
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_keep_alive=1,
    )
    server = uvicorn.Server(config)
    with listen() as listener:
        task = asyncio.create_task(server.serve([listener]))
        yield Port(listener.getsockname()[1])
        server.should_exit = True
        await task


@pytest.mark.parametrize(
    "endless",
    [
        HEAD + b"x: " + b"a" * MUCH,
        HEAD + b"a: b\r\n" * (MUCH // 6),
        HEAD + b"a" * MUCH,
        b"GET /" + b"a" * MUCH,
    ],
    ids=["one header", "many headers", "a header's name", "a path"],
)
async def test_a_head_without_end_is_cut_off(port: Port, endless: bytes) -> None:
    said = await port.exchange(*(endless[at : at + 8192] for at in range(0, len(endless), 8192)))
    assert said == b"" or said.startswith(b"HTTP/1.1 431 ")


async def test_what_follows_a_chunked_body_has_an_end_too(port: Port) -> None:
    whole = HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" + b"x: " + b"a" * MUCH
    said = await port.exchange(*(whole[at : at + 8192] for at in range(0, len(whole), 8192)))
    assert said == b""


async def test_a_body_may_be_longer_than_a_head(port: Port) -> None:
    for head, body in (
        (LAST + b"content-length: %d\r\n\r\n" % MUCH, b"a" * MUCH),
        (
            LAST + b"transfer-encoding: chunked\r\n\r\n",
            b"1000\r\n%s\r\n" % (b"a" * 4096) * (MUCH // 4096) + b"0\r\n\r\n",
        ),
    ):
        said = await port.exchange(head, body)
        assert said.startswith(b"HTTP/1.1 200 ")
        assert said.endswith(b"\r\n\r\n%d" % MUCH)


async def test_many_requests_over_one_connection_count_apart(port: Port) -> None:
    rest = b"content-length: 0\r\nx: " + b"a" * (HEAD_BYTES // 4) + b"\r\n\r\n"
    said = await port.exchange(*[HEAD + rest] * 19, LAST + rest)
    assert said.count(b"HTTP/1.1 200 ") == 20


@pytest.mark.parametrize("begun", [b"", HEAD, HEAD + b"content-length: 0\r\n\r\n" + HEAD])
async def test_a_head_that_does_not_come_is_waited_for_no_longer_than_an_idle_client(
    port: Port, begun: bytes
) -> None:
    said = await port.exchange(begun)
    assert said.count(b"HTTP/1.1 200 ") == begun.count(b"content-length")


async def test_empty_lines_after_an_answer_hold_no_connection(port: Port) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port.number)
    writer.write(HEAD + b"content-length: 0\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n0")).startswith(b"HTTP/1.1 200 ")
    writer.write(b"\r\n")
    assert await asyncio.wait_for(reader.read(), 20) == b""
    writer.close()


@pytest.mark.parametrize(
    "begun",
    [
        HEAD + b"content-length: 60000\r\n\r\na",
        HEAD + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n",
        HEAD + b"content-length: 0\r\n\r\n" + HEAD + b"content-length: 2\r\n\r\na",
    ],
    ids=["of a known length", "in chunks", "of a second request"],
)
async def test_a_body_that_does_not_come_is_waited_for_no_longer_than_its_time(
    port: Port, begun: bytes
) -> None:
    said = await port.exchange(begun)
    assert said.count(b"HTTP/1.1 200 ") == begun.count(b"content-length: 0")


async def test_an_answer_may_take_longer_than_a_body(port: Port) -> None:
    head = LAST.replace(b" / ", b" /late ")
    wholes = (
        head + b"content-length: 2\r\n\r\nok",
        head + b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    )
    for said in await asyncio.gather(*(port.exchange(whole[:-4], whole[-4:]) for whole in wholes)):
        assert said.startswith(b"HTTP/1.1 200 ")
        assert said.endswith(b"\r\n\r\n2")


async def test_what_cannot_be_read_fills_no_log(
    port: Port, caplog: pytest.LogCaptureFixture
) -> None:
    configure_logging()
    logging.getLogger().warning("so much is seen")
    for junk in (
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/9\r\n\r\n",
        HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        LAST + b"upgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        LAST + b"upgrade: h2c\r\nconnection: upgrade\r\n\r\n",
        b"GET http:// HTTP/1.1\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n",
    ):
        assert b"HTTP/1.1 " in await port.exchange(junk)
    assert [record.getMessage() for record in caplog.records] == ["so much is seen"]
