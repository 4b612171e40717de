"""An app that its maker built with the official Python SDK, which knows the MCP URL and no more."""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

import httpx2
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from mcp_types import Implementation

from tests.mcp.clients import MODES, Era, answer_of
from tests.mcp.company import Ticket

LOOPBACK = "http://127.0.0.1:52311/callback"


class Opener(Protocol):
    """Somebody at a browser."""

    def open(self, address: str) -> str:
        """Go where an app sends her; return where she is sent in the end, which is the app's."""
        ...


class Kept(TokenStorage):
    """What an app keeps between two starts."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Proxied(httpx2.AsyncHTTPTransport):
    """Takes every request to a port of this machine, as a proxy does that speaks TLS for it."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return await super().handle_async_request(request)


class Denied(Exception):  # noqa: N818 - an answer, not a fault
    """The person said no; the text is the error as the client is told it."""


class App:
    """`narrowed` may change the address that the person's browser is sent to, as apps may.

    `opened` are those addresses.
    """

    def __init__(
        self,
        url: str,
        person: Opener,
        name: str = "Some App",
        *,
        redirect_uri: str = LOOPBACK,
        document: str | None = None,
        auth_method: str | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.kept = Kept()
        self.person = person
        self.opened: list[str] = []
        self.narrowed: Callable[[str], str] = str
        self._url = url
        self._document = document
        self._transport = transport
        self._landed: dict[str, str] = {}
        self._metadata = {
            "redirect_uris": [redirect_uri],
            "client_name": name,
            "token_endpoint_auth_method": auth_method,
        }

    @property
    def client_id(self) -> str:
        assert self.kept.client
        return self.kept.client.client_id

    @property
    def token(self) -> OAuthToken:
        assert self.kept.tokens
        return self.kept.tokens

    @asynccontextmanager
    async def started(self, era: Era = "modern") -> AsyncGenerator[Client]:
        """Start with what is kept, and end."""
        provider = OAuthClientProvider(
            self._url,
            OAuthClientMetadata.model_validate(self._metadata),
            self.kept,
            self._open,
            self._land,
            client_metadata_url=self._document,
        )
        async with (
            httpx2.AsyncClient(auth=provider, timeout=20, transport=self._transport) as http,
            Client(
                streamable_http_client(self._url, http_client=http),
                mode=MODES[era],
                client_info=Implementation(name="some-app", version="1.2.3"),
            ) as client,
        ):
            yield client

    async def _open(self, address: str) -> None:
        self.opened.append(address)
        self._landed = dict(parse_qsl(urlsplit(self.person.open(self.narrowed(address))).query))

    async def _land(self) -> AuthorizationCodeResult:
        if error := self._landed.get("error"):
            raise Denied(error)
        return AuthorizationCodeResult.model_validate(self._landed)


async def names_of(client: Client) -> list[str]:
    return [tool.name for tool in (await client.list_tools()).tools]


async def add_a_tag(client: Client, ticket: Ticket) -> None:
    asked = {"ticket_id": ticket.code, "tags": ["by an app"]}
    assert answer_of(await client.call_tool("add_tags", asked))["tags"] == ["by an app"]


def reading_only(address: str) -> str:
    """Ask for less than the server offers."""
    return re.sub(r"scope=[^&]*", "scope=tickets%3Aread", address)


def scope_of(address: str) -> str:
    """Return what an authorization request asks for."""
    return dict(parse_qsl(urlsplit(address).query))["scope"]
