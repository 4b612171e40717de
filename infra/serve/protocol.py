"""HTTP/1.1 as uvicorn speaks it, with an end to how long a request's head may be and take."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 1 << 16
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class BoundedProtocol(HttpToolsProtocol):
    """Answers 431 (RFC 6585 §5) to more than `HEAD_BYTES` beside a body, and hangs up.

    The parser keeps what has not ended yet, and copies it with each piece that comes: without a
    bound, anybody could fill the memory and hold up everybody else. A head that has not come whole
    after the keep-alive time is waited for no longer.
    """

    _beside_body = 0
    _in_head = True
    _expiry: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._limit_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._in_head = False
        self._limit_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._beside_body += len(data)
        super().data_received(data)
        self._limit_head()
        if self._beside_body > HEAD_BYTES and not self.transport.is_closing():
            if self._in_head:  # else an answer may have begun
                self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        self._beside_body = 0
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._beside_body -= len(body)
        super().on_body(body)

    def _limit_head(self) -> None:
        """Let the time run while a head is awaited, and stop it otherwise."""
        if self._in_head and self._expiry is None:
            self._expiry = self.loop.call_later(self.timeout_keep_alive, self.transport.close)
        elif not self._in_head and self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
