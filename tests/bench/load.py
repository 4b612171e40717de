"""Load over HTTP that costs its own core little: requests made beforehand, keep-alive connections."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, cast

import click
import msgspec

MODERN = "2026-07-28"
WARM_UP = 0.4
PATIENCE = 10
_ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
}
_HEAD = (
    "POST {path} HTTP/1.1\r\n"
    "Host: 127.0.0.1:{port}\r\n"
    "Authorization: Bearer {token}\r\n"
    "Content-Type: application/json\r\n"
    "Accept: application/json, text/event-stream\r\n"
    f"MCP-Protocol-Version: {MODERN}\r\n"
    "Mcp-Method: tools/call\r\n"
    "Mcp-Name: {tool}\r\n"
    "Content-Length: {length}\r\n\r\n"
)
_LENGTH = b"content-length: "


class Place(NamedTuple):
    """Where an MCP server listens on this machine, and as whom it is called."""

    port: int
    path: str
    token: str = "none"  # noqa: S105 - peers ask for none

    def call(self, tool: str, arguments: dict[str, object]) -> bytes:
        """Write a `tools/call` of the modern era as it goes over the wire."""
        body = msgspec.json.encode(
            {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "tools/call",
                "params": {"name": tool, "arguments": arguments, "_meta": _ENVELOPE},
            }
        )
        head = _HEAD.format(
            path=self.path, port=self.port, token=self.token, tool=tool, length=len(body)
        )
        return head.encode() + body


class Sample(NamedTuple):
    """What one measurement found: calls and their times in seconds, and the server's own."""

    times: list[float]
    elapsed: float
    processor: float

    @property
    def rate(self) -> float:
        return len(self.times) / self.elapsed

    def percentile(self, share: float) -> float:
        """Return the time in milliseconds that this share of the calls took at most."""
        return sorted(self.times)[int(len(self.times) * share)] * 1_000

    @property
    def cost(self) -> float:
        """Milliseconds of processor time that the server spent on a call."""
        return self.processor / len(self.times) * 1_000


class _Connection(asyncio.Protocol):
    """One client: sends a request when the last one is answered, until the time is over."""

    def __init__(self, make: Callable[[], bytes], done: asyncio.Future[None]) -> None:
        self._make = make
        self._done = done
        self._buffer = b""
        self._sent = 0.0
        self.until = float("inf")
        self.times: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer = self._buffer + data
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        at = buffer.index(_LENGTH) + len(_LENGTH)
        length = int(buffer[at : buffer.index(b"\r", at)])
        if len(buffer) < end + 4 + length:
            return
        now = time.perf_counter()
        self.times.append(now - self._sent)
        if not buffer.startswith(b"HTTP/1.1 200") or b'"isError":false' not in buffer:
            self._end(click.ClickException(f"a call failed: {buffer[-500:].decode()}"))
        elif now >= self.until:
            self._end(None)
        else:
            self._buffer = b""
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or click.ClickException("a server hung up"))

    def _send(self) -> None:
        request = self._make()
        self._sent = time.perf_counter()
        self._transport.write(request)

    def _end(self, error: Exception | None) -> None:
        if not self._done.done():
            if error:
                self._done.set_exception(error)
            else:
                self._done.set_result(None)
        self._transport.close()


async def drive(
    place: Place,
    make: Callable[[], bytes],
    connections: int,
    seconds: float,
    pid: int,
) -> Sample:
    """Call a server over so many connections at once; raises ClickException for a failed call."""
    loop = asyncio.get_running_loop()
    clients: list[_Connection] = []
    waiting: list[asyncio.Future[None]] = []
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        client = _Connection(make, done)
        await loop.create_connection(lambda client=client: client, "127.0.0.1", place.port)
        clients.append(client)
        waiting.append(done)
    await asyncio.sleep(WARM_UP)
    for client in clients:
        client.times.clear()
    start, processor = time.perf_counter(), processor_seconds(pid)
    for client in clients:
        client.until = start + seconds
    async with asyncio.timeout(seconds + PATIENCE):
        await asyncio.gather(*waiting)
    elapsed = time.perf_counter() - start
    spent = processor_seconds(pid) - processor
    return Sample([t for client in clients for t in client.times], elapsed, spent)


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used so far (proc(5), /proc/pid/stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
