"""An MCP client that a person starts on her computer: it runs meanwhile, and leads her to a browser."""

import asyncio
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import Queue

from tests.journeys.walking import Walker
from tests.mcp.clients import answer_of
from tests.mcp.company import Ticket
from tests.mcp.serving import SECONDS
from tests.oauth.clients.python_sdk import App
from tests.oauth.oauth_callback import Callback, listening


class Program:
    """It has a thread, and with it a loop, of its own: the browser's driver has the test's."""

    def __init__(self, callback: Callback, thread: ThreadPoolExecutor) -> None:
        self._callback = callback
        self._thread = thread
        self._asked = Queue[str]()
        self._landed = Queue[str]()

    def installed(self, url: str, name: str) -> App:
        """Return the program as it knows nothing but the server's URL."""
        return App(url, self, name, redirect_uri=self._callback.uri())

    def tags(self, app: App, ticket: Ticket) -> Future[None]:
        """Start, tag a ticket and end."""
        return self._thread.submit(asyncio.run, _tag(app, ticket))

    def open(self, address: str) -> str:
        """Have the person go there, and wait for where she lands."""
        self._asked.put(address)
        return self._landed.get(timeout=SECONDS)

    def leads(self, walker: Walker) -> None:
        """Wait until the program sends the person to her browser, and go."""
        walker.open(self._asked.get(timeout=SECONDS))

    def lands(self, walker: Walker) -> None:
        """Wait until the browser is back at the program, and hand over what it brought."""
        walker.page.wait_for_url(f"{self._callback.uri()}?*")
        self._landed.put(walker.page.url)


@contextmanager
def started() -> Generator[Program]:
    with listening() as callback, ThreadPoolExecutor(1) as thread:
        yield Program(callback, thread)


async def _tag(app: App, ticket: Ticket) -> None:
    async with app.started() as client:
        asked = {"ticket_id": ticket.code, "tags": ["by an app"]}
        assert "by an app" in answer_of(await client.call_tool("add_tags", asked))["tags"]
