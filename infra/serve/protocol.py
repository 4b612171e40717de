"""HTTP/1.1 as uvicorn speaks it, with an end to how long a request may be and take."""

import asyncio
import logging
from enum import Enum, auto
from typing import ClassVar

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from api.broken_off import BrokenOff

HEAD_BYTES = 1 << 16
BODY_SECONDS = 30.0  # from the head's end; at most 1 MiB is taken
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)

# What it warns of is what strangers send, a line for every request that cannot be read.
log = logging.getLogger(__name__)


def _tell(record: logging.LogRecord) -> bool:
    """Tell in a line, without a trace, of an answer that was broken off on purpose."""
    if record.exc_info and (broken := _broken_off(record.exc_info[1])):
        record.msg, record.args, record.exc_info = "broke off %s", (broken,), None
    return True


def _broken_off(error: BaseException | None) -> BrokenOff | None:
    """Return what broke an answer off, in whatever those who passed it on have wrapped it."""
    match error:
        case None | BrokenOff():
            return error
        case BaseExceptionGroup(exceptions=[only]):
            return _broken_off(only)
        case _:
            return _broken_off(error.__cause__)


log.addFilter(_tell)


class _Awaited(Enum):
    """What of a request has to come next."""

    HEAD = auto()
    BODY = auto()
    NOTHING = auto()


class BoundedProtocol(HttpToolsProtocol):
    """Answers 431 (RFC 6585 §5) to more than `HEAD_BYTES` beside a body, and hangs up.

    The parser keeps what has not ended yet, and copies it with each piece that comes: without a
    bound, anybody could fill the memory and hold up everybody else. A head that has not come whole
    after the keep-alive time is waited for no longer, a body after `body_seconds`. Answers may take
    as long as they like.
    """

    body_seconds: ClassVar[float] = BODY_SECONDS

    _beside_body = 0
    _awaited = _Awaited.HEAD
    _expiry: asyncio.TimerHandle | None = None

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = log

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._limit()

    def connection_lost(self, exc: Exception | None) -> None:
        self._await(_Awaited.NOTHING)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._beside_body += len(data)
        super().data_received(data)
        if self._awaited is _Awaited.NOTHING and (not self.cycle or self.cycle.response_complete):
            # Empty lines, or the rest of a body that was answered early: with anything that comes,
            # uvicorn forgets the keep-alive time, and only an answer begins it again.
            self._await(_Awaited.HEAD)
        self._limit()
        if self._beside_body > HEAD_BYTES and not self.transport.is_closing():
            if self._awaited is _Awaited.HEAD:  # else an answer may have begun
                self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        self._beside_body = 0
        self._await(_Awaited.HEAD)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._await(_Awaited.BODY)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._beside_body -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._await(_Awaited.NOTHING)
        super().on_message_complete()

    def _await(self, awaited: _Awaited) -> None:
        if awaited is not self._awaited and self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        self._awaited = awaited

    def _limit(self) -> None:
        """Let the time run while anything is awaited: for most requests, that come whole, nothing."""
        if self._awaited is _Awaited.NOTHING or self._expiry is not None:
            return
        in_head = self._awaited is _Awaited.HEAD
        seconds = self.timeout_keep_alive if in_head else self.body_seconds
        self._expiry = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self._expiry = None
        if self._awaited is _Awaited.BODY and self.flow.read_paused:
            self._limit()  # it is we who take no more just now
        else:
            self.transport.close()
