"""HTTP by hand: requests as bytes, so that every byte of them may be wrong."""

import socket
from collections.abc import Mapping
from contextlib import closing, suppress
from http.client import HTTPResponse
from typing import Any, NamedTuple

import msgspec

from api.mcp import PATH
from tests.mcp.serving import SECONDS

MODERN = "2026-07-28"
LEGACY = "2025-11-25"
CLIENT_INFO = "io.modelcontextprotocol/clientInfo"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    CLIENT_INFO: {"name": "Wire", "version": "0"},
}
Headers = Mapping[str, str | bytes]


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Request(NamedTuple):
    """One request; `headers` go before the usual ones, and None in their place leaves one out."""

    token: str
    body: bytes
    headers: Mapping[str, str | bytes | None]
    method: str = "POST"
    path: str = PATH

    def but(self, **headers: str | bytes | None) -> "Request":
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._replace(headers={**self.headers, **named})

    def raw(self, port: int) -> bytes:
        """Return the request's bytes, as sent to a port."""
        usual: dict[str, str | bytes | None] = {
            "host": f"127.0.0.1:{port}",
            "authorization": f"Bearer {self.token}",
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
            "content-length": str(len(self.body)),
        }
        lines = [f"{self.method} {self.path} HTTP/1.1".encode()]
        for name, value in {**usual, **self.headers}.items():
            if value is not None:
                text = value if isinstance(value, bytes) else value.encode("latin-1")
                lines.append(name.encode() + b": " + text)
        return b"\r\n".join([*lines, b"", self.body])

    def send(self, port: int) -> Answer:
        """Send it over a connection of its own, and read the answer."""
        answer = exchange(port, self.raw(port), self.method)
        assert answer, "the server hung up"
        return answer


def message(method: str, params: Mapping[str, Any] | None, number: int | str = 1) -> bytes:
    return msgspec.json.encode(
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}}
    )


def modern(
    token: str,
    method: str,
    params: Mapping[str, Any] | None = None,
    meta: Mapping[str, Any] | None = None,
) -> Request:
    given = dict(params or {})
    envelope = {
        name: value for name, value in {**META, **(meta or {})}.items() if value is not None
    }
    headers = {"mcp-protocol-version": MODERN, "mcp-method": method}
    if isinstance(name := given.get("name"), str):
        headers["mcp-name"] = name
    return Request(token, message(method, {**given, "_meta": envelope}), headers)


def legacy(
    token: str,
    method: str,
    params: Mapping[str, Any] | None = None,
    meta: Mapping[str, Any] | None = None,
) -> Request:
    given = {**(params or {}), **({"_meta": meta} if meta else {})}
    return Request(token, message(method, given), {"mcp-protocol-version": LEGACY})


def call(token: str, tool: str, meta: Mapping[str, Any] | None = None, **arguments: Any) -> Request:
    """Return a modern request that calls a tool."""
    return modern(token, "tools/call", {"name": tool, "arguments": arguments}, meta)


def legacy_call(
    token: str, tool: str, meta: Mapping[str, Any] | None = None, **arguments: Any
) -> Request:
    return legacy(token, "tools/call", {"name": tool, "arguments": arguments}, meta)


def exchange(port: int, raw: bytes, method: str = "POST", *, end: bool = False) -> Answer | None:
    """Send bytes and read one answer; None where the server hangs up instead.

    With `end`, nothing more will come: a server that waits for more hangs up.
    """
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        with suppress(OSError):  # refused before all was sent: the answer is there already
            connection.sendall(raw)
            if end:
                connection.shutdown(socket.SHUT_WR)
        return read_answer(connection, method)


def read_answer(connection: socket.socket, method: str = "POST") -> Answer | None:
    with closing(HTTPResponse(connection, method=method)) as response:
        try:
            response.begin()
        except OSError:
            return None
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())
