"""The product as it is served: in a thread of the test process, or as processes of their own."""

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import uvicorn
import uvloop

from api.mcp import PATH
from infra.desk import Desk, utc_now
from infra.serve.protocol import BoundedProtocol
from infra.serve.running import serve_until_told
from infra.settings import read_settings
from tests.forking import Order, start

SECONDS = 60.0
HANDED = "tests.mcp.serving:serve_handed"
# Most tests ask more than people do, and are not about that.
UNLIMITED = {"rate_per_credential": 0, "rate_per_address": 0}
T = TypeVar("T")


class Served(NamedTuple):
    """A running server. What is done to `desk` directly runs in the server's own loop."""

    port: int
    desk: Desk
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        return mcp_url(self.port)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Do something to the desk: what it wrote is in the views when this returns."""
        done = self.run_blind(coroutine)
        self.settle()
        return done

    def settle(self) -> None:
        """Wait until the views show all that anybody has done so far."""
        assert self.run_blind(self.desk.views_caught_up(SECONDS))

    def run_blind(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Do something in the server's loop, whatever the views and the database are up to."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(SECONDS)


def mcp_url(port: int) -> str:
    return f"http://127.0.0.1:{port}{PATH}"


def listen() -> socket.socket:
    """Listen on a free port: requests wait there until a server takes them."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(512)
    return listener


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, or fail after `SECONDS`."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def await_ready(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    connection.request("GET", "/health/ready")
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    connection.close()


@contextmanager
def served(
    database_url: str, now: Callable[[], datetime] = utc_now, **given: int | str
) -> Generator[Served]:
    """Serve a database in a thread for as long as the block runs, without limits unless given."""
    listener = listen()
    port: int = listener.getsockname()[1]
    settings = read_settings({}, database_url=database_url, port=port, **{**UNLIMITED, **given})
    desk = Desk(settings, now)
    try:
        app = desk.app()
    except BaseException:
        listener.close()  # else a warning of that would bury what went wrong
        raise
    config = uvicorn.Config(
        cast("Any", app),  # uvicorn types ASGI in its own words
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)

    def serve() -> None:
        # The listener is closed when the server dies, so that nobody waits for its answer.
        with listener, runner:
            runner.run(server.serve([listener]))

    thread = threading.Thread(target=serve, name="server")
    thread.start()
    try:
        await_ready(port)
        yield Served(port, desk, runner.get_loop())
    finally:
        server.should_exit = True
        thread.join()


class Worker(NamedTuple):
    """A server process."""

    port: int

    @property
    def url(self) -> str:
        return mcp_url(self.port)


@contextmanager
def workers(database_url: str, number: int = 2, **given: int | str) -> Generator[list[Worker]]:
    """Serve one database from several processes, each on a port of its own; as `served`."""
    variables = {name.upper(): str(value) for name, value in {**UNLIMITED, **given}.items()}
    order = Order(
        [], {**os.environ, **variables, "DATABASE_URL": database_url}, str(Path.cwd()), HANDED
    )
    ends, until_closed = os.pipe()
    with ExitStack() as stack:
        stack.callback(os.close, ends)
        listeners = [stack.enter_context(listen()) for _ in range(number)]
        ports = [listener.getsockname()[1] for listener in listeners]
        parent = start(order, ends, 1, 2, *(listener.fileno() for listener in listeners))
    try:
        for port in ports:
            await_ready(port)
        yield list(map(Worker, ports))
    finally:
        os.close(until_closed)
        parent.wait(SECONDS)


def serve_handed() -> None:
    """Serve each socket from a process of its own, until this one's input ends: its parent died.

    The sockets' file numbers are the arguments.
    """
    listeners = [socket.socket(fileno=int(number)) for number in sys.argv]
    children = [_fork(listener) for listener in listeners]
    sys.stdin.buffer.read()
    for child in children:
        os.kill(child, signal.SIGTERM)
    for child in children:
        os.waitpid(child, 0)


def _fork(listener: socket.socket) -> int:
    if child := os.fork():
        listener.close()
        return child
    settings = read_settings(os.environ, port=listener.getsockname()[1])
    serve_until_told(settings, listener, lambda: None)
    sys.exit()
