"""Requests to the server's own public address, over the network and whatever stands in between."""

import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import aclosing
from functools import cached_property
from itertools import islice
from typing import cast
from urllib.parse import urlsplit

import httpcore2

from api.connection.asking import MOST_BYTES, Reply, Unanswered, Why
from infra.oauth.fetching import MOST_ADDRESSES, Resolve, Resolver

_PORTS = {"http": 80, "https": 443}
_CONNECT_SECONDS = 1.0  # which an address may take, where there is another


class OwnAddress:
    """Implements `api.connection.asking.Ask` for one base URL.

    There are no redirects, cookies, proxies or compression, and a connection serves one request:
    each meets what a client meets that comes for the first time.
    """

    def __init__(self, base_url: str, tls: ssl.SSLContext | None = None) -> None:
        self._split = urlsplit(base_url)
        self._given_tls = tls
        self._resolve = Resolver(threads=4)

    async def __call__(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Reply:
        began = time.perf_counter()
        try:
            status, found, content = await self._send(method, path, headers, body)
        except (
            OSError,
            UnicodeError,
            httpcore2.NetworkError,
            httpcore2.ProtocolError,
            httpcore2.TimeoutException,
        ) as error:
            raise _unanswered(error) from None
        return Reply(status, found, content, time.perf_counter() - began)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Late, as it reads all certificates of the machine's.
        return self._given_tls or httpcore2.default_ssl_context()

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        split = self._split
        where = httpcore2.URL(
            scheme=split.scheme,
            host=split.hostname or "",
            port=split.port or _PORTS[split.scheme],
            target=path,
        )
        sent = [
            ("Host", split.netloc),
            ("User-Agent", "Deskledger connection test"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
            *headers.items(),
        ]
        async with (
            aclosing(_Sockets(self._resolve)) as sockets,
            httpcore2.AsyncConnectionPool(
                ssl_context=self._tls if split.scheme == "https" else None,
                network_backend=sockets,
            ) as pool,
            pool.stream(method, where, headers=sent, content=body) as response,
        ):
            content = bytearray()
            async for chunk in response.aiter_stream():
                content += chunk
                if len(content) > MOST_BYTES:
                    raise Unanswered(Why.TOO_LARGE)
            found = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            return response.status, found, bytes(content)


class _Sockets(httpcore2.AsyncNetworkBackend):
    """Dials one address after the other, and closes what it opened.

    The library would look names up in threads that others need, where they may stay for long, and
    forgets a socket whose handshake is cancelled.
    """

    def __init__(self, resolve: Resolve) -> None:
        # The library offers another class of that name where anyio is missing.
        self._network = cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())
        self._resolve = resolve
        self._stream: httpcore2.AsyncNetworkStream | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = list(islice(dict.fromkeys(await self._resolve(host, port)), MOST_ADDRESSES))
        allowed = _CONNECT_SECONDS if len(addresses) > 1 else timeout
        failure: Exception = socket.gaierror()
        for address in addresses:
            try:
                self._stream = await self._network.connect_tcp(
                    address, port, allowed, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return self._stream
        raise failure

    async def aclose(self) -> None:
        if self._stream is not None:
            await self._stream.aclose()


def _unanswered(error: BaseException) -> Unanswered:
    """Say why, by what the library wrapped in words of its own."""
    causes = list(_causes(error))
    for cause in causes:
        match cause:
            case ssl.SSLCertVerificationError():
                return Unanswered(Why.UNTRUSTED, cause.verify_message)
            case socket.gaierror() | UnicodeError():
                return Unanswered(Why.UNKNOWN_NAME)
            case ConnectionRefusedError():
                return Unanswered(Why.REFUSED)
            case _:
                pass
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Unanswered(Why.NO_TLS)
    if isinstance(error, httpcore2.ProtocolError | httpcore2.ReadError | httpcore2.WriteError):
        return Unanswered(Why.NO_HTTP)
    return Unanswered(Why.UNREACHABLE)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error with all that led to it; of several addresses, each has its own."""
    yield error
    if isinstance(error, BaseExceptionGroup):
        for each in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _causes(each)
    if cause := error.__cause__ or error.__context__:
        yield from _causes(cause)
