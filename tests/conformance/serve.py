"""Serves the fixture through the product's mount, and adds the bearer token the suite cannot send."""

import logging
import secrets
import socket
import threading
import warnings
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import NamedTuple, cast
from uuid import UUID

import click
import uvicorn
from litestar import Litestar
from litestar.types import ASGIApp, Receive, Scope, Send
from mcp.shared.exceptions import MCPDeprecationWarning

from api.mcp import PATH, mcp_mount
from api.oauth.locations import Locations
from domain.application import Unauthorized
from domain.authentication import Bearer
from domain.caller import insider
from domain.fact import Client
from domain.secret import ACCESS_TOKEN, encode_secret
from tests.conformance.fixture import fixture_server


class Anybody:
    """The fixture's tools never ask who calls, so this stands for any bearer."""

    caller = insider("system")


class NoLimits:
    """Lets everything pass, as the suite sends a lot."""

    async def require_address(self, address: str | None, kind: str = "") -> None: ...

    async def require_credential(self, credential: UUID | None) -> None: ...

    async def require(self, kind: str, key: str, limit: int) -> None: ...


class Served(NamedTuple):
    url: str
    token: str


def with_bearer(app: ASGIApp, token: str) -> ASGIApp:
    """Give every HTTP request that carries no credential of its own the bearer token."""
    header = (b"authorization", b"Bearer " + token.encode())

    async def bearing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and b"authorization" not in dict(scope["headers"]):
            scope["headers"] = [*scope["headers"], header]
        await app(scope, receive, send)

    return bearing


def conformance_app(token: str) -> ASGIApp:
    async def identify(
        secret: str, client: Client | None, ip: str | None, *, prefix: str = ACCESS_TOKEN
    ) -> Bearer:
        del client, ip, prefix  # anybody is let in who has the one token
        if secret != token:
            raise Unauthorized
        return cast("Bearer", Anybody())

    origins = ["http://127.0.0.1:*", "http://localhost:*"]
    hosts = ["127.0.0.1:*", "localhost:*"]
    route, lifespan = mcp_mount(
        fixture_server(),
        identify,
        NoLimits(),
        Locations("http://127.0.0.1"),
        hosts=hosts,
        origins=origins,
    )
    app = Litestar([route], lifespan=[lifespan], openapi_config=None, logging_config=None)
    return with_bearer(cast("ASGIApp", app), token)


@contextmanager
def served() -> Generator[Served]:
    """Serve on a free loopback port for as long as the block runs."""
    # The suite provokes every refusal the SDK warns of, and calls what 2026-07-28 deprecates.
    logging.getLogger("mcp").setLevel(logging.ERROR)
    warnings.simplefilter("ignore", MCPDeprecationWarning)
    token = encode_secret(ACCESS_TOKEN, secrets.token_bytes(32))
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    config = uvicorn.Config(
        conformance_app(token),  # pyright: ignore[reportArgumentType]  # uvicorn types ASGI its own way
        log_level="warning",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)

    def serve() -> None:
        with listener:  # closed when the server dies, so that nobody waits for its answer
            server.run([listener])

    thread = threading.Thread(target=serve, name="conformance server")
    thread.start()
    try:
        # The socket listens already: a request waits until the server has started.
        yield Served(f"http://127.0.0.1:{port}{PATH}", token)
    finally:
        server.should_exit = True
        thread.join()


def main() -> None:
    """Serve until interrupted, to try one scenario or a client by hand."""
    with served() as fixture, suppress(KeyboardInterrupt):
        click.echo(fixture.url)
        threading.Event().wait()


if __name__ == "__main__":
    main()
