"""A site on this machine that publishes clients' documents, and notes what it is asked for."""

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import msgspec


class Published(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Publisher(ThreadingHTTPServer):
    """`asked` are the paths of all requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.published: dict[str, Published] = {}
        self.asked: list[str] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def publish(self, path: str, **said: object) -> Mapping[str, object]:
        """Publish the document of a client that works; return it."""
        document: Mapping[str, object] = {
            "client_id": self.url(path),
            "client_name": "Published",
            "redirect_uris": ["https://published.example/callback"],
            "token_endpoint_auth_method": "none",
            **said,
        }
        self.answer(path, msgspec.json.encode(document))
        return document

    def answer(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        """Answer a path with anything. Names of headers may be written with `_`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.published[path] = Published(
            status, {"Content-Type": "application/json", **named}, body
        )


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        site = self.server
        assert isinstance(site, Publisher)
        site.asked.append(self.path)
        status, headers, body = site.published.get(self.path, Published(404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library names it
        """Say nothing."""


@contextmanager
def publishing() -> Generator[Publisher]:
    with Publisher() as site:
        thread = threading.Thread(target=site.serve_forever, args=(0.01,), name="publisher")
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()
