"""Running the server: in this process, or in several that uvicorn's supervisor keeps alive."""

import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from infra.serve import protocol
from infra.serve.leaving import SIGNALS
from infra.serve.protocol import BoundedProtocol
from infra.settings import Settings

KEEP_ALIVE_SECONDS = 65  # longer than clients keep a connection, so that they end it
LAST_RESORT_SECONDS = 10
APPLICATION = "infra.serve.worker:application"

OnReady = Callable[[], None]


class ServerError(Exception):
    """The server did not start; its log says why."""


def serve_until_told(settings: Settings, listener: socket.socket, on_ready: OnReady) -> int:
    """Serve until told to stop, and return the number of the signal that told.

    `on_ready` is told once requests are answered. Raises `ServerError`.
    """
    os.environ.update(settings.environment)
    config = uvicorn.Config(APPLICATION, **_options(settings))
    if settings.workers > 1:
        supervisor = _Supervisor(config, [listener], on_ready)
        supervisor.run()
        ended_by = supervisor.ended_by
    else:
        noted = _Noted()
        noted.install()
        with contextlib.suppress(SystemExit):  # how uvicorn gives up, once it has logged why
            _Server(config, on_ready).run([listener])
        ended_by = noted.number
    if not ended_by:
        raise ServerError("the server could not start; the lines above say why")
    return ended_by


def configure_logging() -> None:
    """Log warnings and errors of everything to stderr, a line each before any traceback.

    Of what anybody can send there are errors only: else strangers could fill the disk.
    """
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger(protocol.__name__).setLevel(logging.ERROR)


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "factory": True,
        "workers": settings.workers,
        "http": BoundedProtocol,
        "loop": "auto",
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        # Only a proxy's words on who the client is count: the last address that it did not add.
        "proxy_headers": True,
        "forwarded_allow_ips": settings.proxies,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": LAST_RESORT_SECONDS,
    }


class _Noted:
    """Notes the signal that uvicorn hands on once it has shut down, in place of dying of it."""

    def __init__(self) -> None:
        self.number = 0

    def install(self) -> None:
        for number in SIGNALS:
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: object) -> None:
        self.number = self.number or number


class _Server(uvicorn.Server):
    """Tells when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: OnReady) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()


class _Supervisor(Multiprocess):
    """Tells when all workers are ready, and notes what ended them."""

    def __init__(
        self, config: uvicorn.Config, sockets: list[socket.socket], on_ready: OnReady
    ) -> None:
        super().__init__(config, sockets)
        self._on_ready = on_ready
        self.ended_by = 0

    def init_processes(self) -> None:
        super().init_processes()
        for process in self.processes:
            while not process.is_ready(timeout=0.5):
                self.handle_signals()
                if self.should_exit.is_set() or not process.process.is_alive():
                    return
                time.sleep(0.02)
        self._on_ready()

    def handle_int(self) -> None:
        self.ended_by = self.ended_by or signal.SIGINT
        super().handle_int()

    def handle_term(self) -> None:
        self.ended_by = self.ended_by or signal.SIGTERM
        super().handle_term()
