"""A client of the machine endpoints: sends forms, JSON or any bytes, and reads what comes back."""

from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

SECONDS = 60.0
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
# What an error's description may hold: RFC 6749 §5.2.
_DESCRIBABLE = frozenset(map(chr, range(0x20, 0x7F))) - {'"', "\\"}


class Answer(NamedTuple):
    """An answer: `headers` by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        assert self.headers["content-type"].partition(";")[0] == JSON, self.raw
        return msgspec.json.decode(self.raw)

    def refused(self, status: int, error: str) -> str:
        """Return the description of an error as RFC 6749 §5.2 wants errors to be."""
        assert (self.status, self.body["error"]) == (status, error), self.raw
        assert self.headers["cache-control"] == "no-store"
        description = self.body["error_description"]
        assert description
        assert set(description) <= _DESCRIBABLE
        return description


class Wire:
    """Somebody without cookies. Names of headers may be written with `_`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.issuer = f"http://127.0.0.1:{port}"

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, headers)

    def form(
        self, path: str, fields: Mapping[str, str] | Sequence[tuple[str, str]], **headers: str
    ) -> Answer:
        """Send a form; pairs may repeat a name."""
        body = urlencode(fields).encode()
        return self.send("POST", path, body, {"Content-Type": FORM, **headers})

    def json(self, path: str, body: object, **headers: str) -> Answer:
        sent = {"Content-Type": JSON, **headers}
        return self.send("POST", path, msgspec.json.encode(body), sent)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send any bytes."""
        sent = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        found = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status, found, raw)
