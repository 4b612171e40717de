"""An end in seconds: requests still open when the process is told to stop are let go in time."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
from types import FrameType
from typing import cast

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.broken_off import BrokenOff
from infra.serve.leaving import SIGNALS

GRACE_SECONDS = 3.0
_BODY = b'{"error":"unavailable","message":"The server is stopping. Try again."}'


class Draining:
    """Wraps an ASGI application for one server process.

    uvicorn waits for open requests before it stops, however long their clients hold them. From the
    signal on they have `grace` seconds; then a stream of events ends, who got no answer yet gets a
    503, and any other answer is broken off.
    """

    def __init__(self, app: ASGIApp, grace: float = GRACE_SECONDS) -> None:
        self._app = app
        self._grace = grace
        self._open: set[asyncio.Task[object]] = set()
        self._letting_go = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:  # the lifespan of the process
            self._watch(asyncio.get_running_loop())
            await self._app(scope, receive, send)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen in on the server's own signal handlers, which uvicorn takes back at its end."""

        def stop_soon() -> None:
            loop.call_later(self._grace, self._let_go)

        for number in SIGNALS:
            previous = signal.getsignal(number)

            def heard(number: int, frame: FrameType | None, previous: object = previous) -> None:
                loop.call_soon_threadsafe(stop_soon)
                if callable(previous):
                    previous(number, frame)

            signal.signal(number, heard)
        if supervisor := multiprocessing.parent_process():
            # A worker whose supervisor was killed would hold the port for ever.
            loop.add_reader(supervisor.sentinel, os.kill, os.getpid(), signal.SIGTERM)

    def _let_go(self) -> None:
        self._letting_go = True
        for task in self._open:
            task.cancel()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent: list[Message] = []

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" or not message.get("more_body"):
                sent.append(message)  # the first and the last
            await send(message)

        task = cast("asyncio.Task[object]", asyncio.current_task())
        self._open.add(task)
        try:
            await self._app(scope, receive, noting)
        except asyncio.CancelledError:
            if not self._letting_go:
                raise
            task.uncancel()
            # The answer so far may have promised more than will come.
            with contextlib.suppress(RuntimeError):
                await _finish(sent, send)
        finally:
            self._open.discard(task)


async def _finish(sent: list[Message], send: Send) -> None:
    if not sent:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(_BODY)).encode()),
            (b"retry-after", b"2"),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": _BODY, "more_body": False})
    elif _is_of_events(sent[0]):
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    elif len(sent) == 1:  # a file, say, that nobody is to take for the whole
        raise BrokenOff("an answer, as the server is stopping")


def _is_of_events(start: Message) -> bool:
    if start["type"] != "http.response.start":
        return False
    kinds = [value for name, value in start["headers"] if name == b"content-type"]
    return any(kind.startswith(b"text/event-stream") for kind in kinds)
