"""The MCP mount: both eras on one URL, stateless, behind the gate."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

import msgspec
from litestar import Litestar, asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings

from api.gate import Gate, Identify
from api.oauth.locations import RESOURCE, Locations
from api.rates import RateLimiter

PATH = RESOURCE

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


class _Meta(msgspec.Struct):
    progress_token: str | int | None = msgspec.field(name="progressToken", default=None)


class _Params(msgspec.Struct):
    meta: _Meta | None = msgspec.field(name="_meta", default=None)


class _Peek(msgspec.Struct):
    params: _Params | None = None


def mcp_mount(
    server: Server[Any],
    identify: Identify,
    rates: RateLimiter,
    locations: Locations,
    *,
    hosts: list[str],
    origins: list[str],
) -> tuple[ASGIRouteHandler, Lifespan]:
    """Return the route that serves `server` to those whom `identify` knows, and its lifespan.

    Foreign Host headers get 421, foreign Origins 403. Plain calls are answered as JSON, which is
    cheaper and lets a handler finish although its client left; those that ask for progress
    get a stream.
    """
    security = TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)
    plain, stream = (
        StreamableHTTPSessionManager(
            server, stateless=True, json_response=as_json, security_settings=security
        )
        for as_json in (True, False)
    )

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        body = cast("bytes", scope["state"].pop("body"))
        manager = stream if wants_progress(body) else plain
        # Both frameworks type the same ASGI protocol in their own words.
        await cast("ASGIApp", manager.handle_request)(scope, receive, send)

    gate = Gate(identify, rates, locations, serve)

    @asgi(PATH, copy_scope=True)
    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        await gate(scope, receive, send)

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncGenerator[None]:
        async with plain.run(), stream.run():
            yield

    return endpoint, lifespan


def wants_progress(body: bytes) -> bool:
    """Whether a request asks to be told of progress, which only a stream can do."""
    if b'"progressToken"' not in body:
        return False
    try:
        peek = msgspec.json.decode(body, type=_Peek)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False  # the SDK words the error
    return bool(peek.params and peek.params.meta and peek.params.meta.progress_token is not None)
