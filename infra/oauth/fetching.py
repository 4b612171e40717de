"""Fetches clients' documents from addresses that strangers name, without being sent elsewhere."""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from functools import cached_property
from ipaddress import ip_address
from itertools import islice
from typing import cast
from urllib.parse import SplitResult, urlsplit

import httpcore2

from api.oauth.client_document import DocumentRefused, Unreachable
from api.oauth.documents import Fetched
from infra.oauth.addresses import is_public

SECONDS = 3.0  # for all of it: name, connection, TLS, answer
MOST_BYTES = 5 * 1024
MOST_ADDRESSES = 4  # a name may have thousands, which one question of a stranger is not to reach
_CONNECT_SECONDS = 1.0  # of which each address may take so many, as the next may be better
_HTTPS = 443
_JSON = re.compile(r"application/(?:json|[a-z0-9!#$&^_.+-]+\+json)")
_GONE = frozenset({404, 410})
_OK = 200

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Resolver:
    """Looks names up in threads of its own: names that never answer hold up nothing else.

    They hold a thread for half a minute at worst, and a person may have 30 looked up in a minute:
    with so many threads, nobody keeps the others from theirs.
    """

    def __init__(self, threads: int = 16) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="resolve")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(address[0]) for *_, address in found]


class DocumentFetch:
    """Implements `api.oauth.documents.Fetch`.

    The name is looked up once, every address that it has is judged, and the address that was judged
    is dialled, while the certificate must be of the name. There are no redirects, cookies, proxies
    or compression. `plain` are the `host:port` of this machine that may be asked over http, for
    tests; all else is https on port 443.
    """

    def __init__(
        self,
        plain: frozenset[str] = frozenset(),
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        network: httpcore2.AsyncNetworkBackend | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._plain = plain
        self._resolve = resolve or Resolver()
        self._given_tls = tls
        # The library offers another class of that name where anyio is missing.
        sockets = cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())
        self._network = network or sockets
        self._seconds = seconds

    async def __call__(self, url: str) -> Fetched:
        split = urlsplit(url)
        host = split.hostname or ""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._fetch(url, split, host)
        except (TimeoutError, httpcore2.TimeoutException):
            raise Unreachable(_fault(host, f"took longer than {self._seconds:g} s")) from None
        except (OSError, UnicodeError, httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise Unreachable(_fault(host, _why(error))) from error

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Late, as it reads all certificates of the machine's.
        return self._given_tls or httpcore2.default_ssl_context()

    async def _fetch(self, url: str, split: SplitResult, host: str) -> Fetched:
        port = self._port_of(split, host)
        addresses = await self._resolve(host, port)
        for address in addresses:
            self._judge(address, split, host)
        # Byte by byte what was given, as that is what the document must repeat.
        target = url[len(f"{split.scheme}://{split.netloc}") :]
        where = httpcore2.URL(scheme=split.scheme, host=host, port=port, target=target)
        failure: Exception = socket.gaierror()
        for address in islice(dict.fromkeys(addresses), MOST_ADDRESSES):
            try:
                async with aclosing(_Pinned(address, self._network)) as pinned:
                    return await self._ask(where, pinned, split)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    def _port_of(self, split: SplitResult, host: str) -> int:
        if split.scheme == "http":
            if split.netloc not in self._plain or split.port is None:
                raise DocumentRefused(_fault(host, "is asked over https only"))
            return split.port
        if split.port not in {None, _HTTPS}:
            raise DocumentRefused(_fault(host, f"is asked on port {_HTTPS} only"))
        return _HTTPS

    def _judge(self, address: str, split: SplitResult, host: str) -> None:
        ip = ip_address(address)
        if not (ip.is_loopback if split.scheme == "http" else is_public(ip)):
            raise DocumentRefused(_fault(host, "is not on the public internet"))

    async def _ask(self, where: httpcore2.URL, pinned: "_Pinned", split: SplitResult) -> Fetched:
        # The scheme's own port is left out, as browsers do; the other is of tests.
        named = split.netloc.lower().removesuffix(f":{_HTTPS}")
        headers = [
            ("Host", named),
            ("User-Agent", "Deskledger"),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ]
        extensions = {"timeout": {"connect": _CONNECT_SECONDS}}
        async with (
            httpcore2.AsyncConnectionPool(
                ssl_context=self._tls if split.scheme == "https" else None,
                network_backend=pinned,
            ) as pool,
            pool.stream("GET", where, headers=headers, extensions=extensions) as response,
        ):
            return await _read(response, split.hostname or "")


class _Pinned(httpcore2.AsyncNetworkBackend):
    """Dials one address, whatever the name, which stays the one that TLS asks for and checks.

    It closes what it opened: the library forgets a socket whose handshake is cancelled.
    """

    def __init__(self, address: str, network: httpcore2.AsyncNetworkBackend) -> None:
        self._address = address
        self._network = network
        self._stream: httpcore2.AsyncNetworkStream | None = None

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - that it does not count is the point
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self._stream = await self._network.connect_tcp(
            self._address, port, timeout, local_address, socket_options
        )
        return self._stream

    async def aclose(self) -> None:
        if self._stream is not None:
            await self._stream.aclose()


async def _read(response: httpcore2.Response, host: str) -> Fetched:
    if response.status in _GONE:
        raise DocumentRefused(_fault(host, f"has none there (status {response.status})"))
    if response.status != _OK:
        raise Unreachable(_fault(host, f"answered with status {response.status}, not {_OK}"))
    headers = _headers_of(response)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not _JSON.fullmatch(kind):
        raise Unreachable(_fault(host, "answered with something that is not application/json"))
    # None was asked for. What a few bytes would become is never found out.
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Unreachable(_fault(host, "answered with a compressed document"))
    body = bytearray()
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise DocumentRefused(_fault(host, f"sent more than {MOST_BYTES} bytes"))
    return Fetched(bytes(body), headers)


def _headers_of(response: httpcore2.Response) -> dict[str, str]:
    """Return the headers by lower-case names; of one that comes more often, all are joined."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _why(error: Exception) -> str:
    cause = error.__cause__ or error.__context__ or error
    if isinstance(error, socket.gaierror | UnicodeError):
        return "cannot be found"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "has no valid certificate for its name"
    if isinstance(cause, ssl.SSLError):
        return "speaks no TLS that is known here"
    if isinstance(error, httpcore2.ProtocolError):
        return "did not answer in HTTP"
    return "cannot be reached"


def _fault(host: str, what: str) -> str:
    return f"The client's document could not be fetched: {host} {what}."
