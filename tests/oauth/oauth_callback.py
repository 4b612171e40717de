"""A client on this computer: it listens for the code, as programs do, and says what came."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

CALLBACK, ONWARD, FRAMING = "/callback", "/onward", "/framing"


class Callback(ThreadingHTTPServer):
    """Answers what is sent to `CALLBACK`, and leads from `ONWARD` on to another site.

    `FRAMING` shows `framed` within a page of this site.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.framed = ""

    def uri(self, path: str = CALLBACK) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        server = self.server
        assert isinstance(server, Callback)
        if path == ONWARD:
            # Another site, by a name that leads to the same place.
            self._answer(302, "", f"http://localhost:{server.server_port}{CALLBACK}?{query}")
        elif path == FRAMING:
            self._answer(200, f'<iframe src="{escape(server.framed)}"></iframe>')
        else:
            self._answer(200, "<h1>Connected</h1>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - likewise
        """Say nothing."""

    def _answer(self, status: int, text: str, location: str = "") -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


@contextmanager
def listening() -> Generator[Callback]:
    with Callback() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="callback")
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def brought(url: str) -> dict[str, str]:
    """Return what an address brought to the client."""
    return dict(parse_qsl(urlsplit(url).query, strict_parsing=True))
