"""A stand-in for the product's MCP mount, which takes its place once `api/mcp.py` exists.

It shows what the legs need from a mount: a bearer gate in front of both eras, stripped header
values, POST only, checked Host and Origin, and a stream for the calls that ask for progress.
"""

import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import cast

import msgspec
from litestar import Litestar, asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    HTTPRequestEvent,
    Message,
    Receive,
    Scope,
    Send,
)
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings

PATH = "/public/api/mcp"
BODY_LIMIT = 1 << 20
LOOPBACK = TransportSecuritySettings(
    allowed_hosts=["127.0.0.1:*", "localhost:*"],
    allowed_origins=["http://127.0.0.1:*", "http://localhost:*"],
)

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


class Meta(msgspec.Struct):
    progress_token: str | int | None = msgspec.field(name="progressToken", default=None)


class Params(msgspec.Struct):
    meta: Meta | None = msgspec.field(name="_meta", default=None)


class Peek(msgspec.Struct):
    params: Params | None = None


def mcp_mount(server: Server, *, token: str) -> tuple[ASGIRouteHandler, Lifespan]:
    """Return the route that serves `server` to bearers of `token`, and the lifespan it needs."""
    plain, stream = (
        StreamableHTTPSessionManager(
            server, stateless=True, json_response=json_response, security_settings=LOOPBACK
        )
        for json_response in (True, False)
    )

    @asgi(PATH, copy_scope=True)
    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        # httptools leaves trailing white space on header values; Mcp-Name must equal the body.
        scope["headers"] = [(name, value.strip()) for name, value in scope["headers"]]
        given = dict(scope["headers"]).get(b"authorization", b"").removeprefix(b"Bearer ")
        if not secrets.compare_digest(given, token.encode()):
            return await refuse(send, 401, (b"www-authenticate", b"Bearer"))
        if scope["type"] != "http" or scope["method"] != "POST":
            return await refuse(send, 405, (b"allow", b"POST"))
        body = await read_capped(receive)
        if body is None:
            return await refuse(send, 413)
        manager = stream if wants_progress(body) else plain
        # Both frameworks type the same ASGI protocol in their own words.
        handle = cast("ASGIApp", manager.handle_request)
        return await handle(scope, replay(body, receive), send)

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncGenerator[None]:
        async with plain.run(), stream.run():
            yield

    return endpoint, lifespan


def wants_progress(body: bytes) -> bool:
    try:
        peek = msgspec.json.decode(body, type=Peek)
    except msgspec.MsgspecError:
        return False  # the SDK words the error
    return bool(peek.params and peek.params.meta and peek.params.meta.progress_token is not None)


async def read_capped(receive: Receive) -> bytes | None:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message["body"]
        more = message["more_body"]
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """Give the body once more, then whatever really comes: a disconnect cancels a stream."""
    pending = [HTTPRequestEvent(type="http.request", body=body, more_body=False)]

    async def replayed() -> HTTPReceiveMessage:
        if pending:
            return pending.pop()
        return cast("HTTPReceiveMessage", await receive())

    return replayed


async def refuse(send: Send, status: int, *headers: tuple[bytes, bytes]) -> None:
    messages: tuple[Message, ...] = (
        {"type": "http.response.start", "status": status, "headers": list(headers)},
        {"type": "http.response.body", "body": b"", "more_body": False},
    )
    for message in messages:
        await send(message)
