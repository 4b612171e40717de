"""A wire to PostgreSQL that can be cut: before a request arrives, or just before its answer does."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from psycopg.conninfo import conninfo_to_dict, make_conninfo

# How the answer to a SELECT of one row ends, sent when its transaction has committed.
ONE_ROW = b"SELECT 1\0"
# How psycopg names the statements that it prepares.
PREPARED = b"_pg3_"
CHUNK = 65_536


class Wire:
    """Carries bytes between clients and the server at a URL."""

    def __init__(self, url: str) -> None:
        self._upstream = conninfo_to_dict(url)
        self._clients: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.answers_to_lose = 0
        self.prepared = False

    @property
    def url(self) -> str:
        assert self._server
        host, port = self._server.sockets[0].getsockname()
        return make_conninfo(
            "", **{**self._upstream, "host": host, "port": port, "sslmode": "disable"}
        )

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def close(self) -> None:
        assert self._server
        self._server.close()
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def cut(self) -> None:
        """Cut all clients off; what they asked last is still with the server."""
        for client in self._clients:
            client.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = str(self._upstream["host"]), self._upstream.get("port", 5432)
        if host.startswith("/"):
            there = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            there = await asyncio.open_connection(host, int(str(port)))
        self._clients.add(writer)
        for task in (self._send(reader, there[1]), self._receive(there[0], writer)):
            running = asyncio.create_task(task)
            self._tasks.add(running)
            running.add_done_callback(self._tasks.discard)

    async def _send(self, reader: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                self.prepared |= PREPARED in data
                server.write(data)
                await server.drain()
        server.close()

    async def _receive(self, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await server.read(CHUNK):
                if self.answers_to_lose and ONE_ROW in data:
                    self.answers_to_lose -= 1
                    client.transport.abort()
                    break
                client.write(data)
                await client.drain()
        client.close()
        self._clients.discard(client)


@asynccontextmanager
async def wired(url: str) -> AsyncGenerator[Wire]:
    wire = Wire(url)
    await wire.open()
    try:
        yield wire
    finally:
        await wire.close()
