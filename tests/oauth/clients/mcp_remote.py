"""mcp-remote, through which Claude Desktop reaches servers: started as its configuration says."""

import asyncio
import os
import re
import tempfile
import threading
import traceback
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import TextIO

from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.mcp.clients import answer_of
from tests.oauth.clients.driving import SECONDS, Driven
from tests.oauth.clients.person import Person

_ASKS = re.compile(r"^http\S+/oauth/authorize\?\S+$")


def bridge(command: Sequence[str], person: Person) -> Driven:
    """Connect, use tools, and connect again with what was kept, with a person at the browser."""
    driven = Driven([], "")
    with tempfile.TemporaryDirectory() as folder:
        try:
            asyncio.run(asyncio.wait_for(_connect_twice(command, person, folder, driven), SECONDS))
        except Exception as fault:  # noqa: BLE001 - whatever it is, it did not pass
            driven.fault = "".join(traceback.format_exception(fault))
    return driven


async def _connect_twice(
    command: Sequence[str], person: Person, folder: str, driven: Driven
) -> None:
    async with _bridged(command, person, folder) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert "add_tags" in tools, tools
        driven.passed.append("connecting by the URL alone")
        found = answer_of(await client.call_tool("search_tickets", {}))
        wanted = {"ticket_id": found["tickets"][0]["code"], "tags": ["by an app"]}
        assert "by an app" in answer_of(await client.call_tool("add_tags", wanted))["tags"]
        driven.passed.append("a call that reads and one that writes")
    asked = len(person.asked)
    async with _bridged(command, person, folder) as client:
        answer_of(await client.call_tool("search_tickets", {}))
        assert len(person.asked) == asked
        driven.passed.append("connecting again without a question")


@asynccontextmanager
async def _bridged(command: Sequence[str], person: Person, folder: str) -> AsyncGenerator[Client]:
    program, *arguments = command
    # The browser that it opens itself is one that does nothing.
    kept = {"MCP_REMOTE_CONFIG_DIR": folder, "HOME": folder, "BROWSER": "true"}
    server = StdioServerParameters(command=program, args=arguments, env=kept)
    reading, writing = os.pipe()
    with os.fdopen(reading) as said:
        going = threading.Thread(target=_go, args=(said, person))
        going.start()
        try:
            with os.fdopen(writing, "w") as errlog:
                async with Client(stdio_client(server, errlog)) as client:
                    yield client
        finally:
            going.join(SECONDS)


def _go(said: TextIO, person: Person) -> None:
    """Go where the bridge says that somebody must go."""
    for line in said:
        if _ASKS.match(line.strip()):
            person.open_through(line.strip())
