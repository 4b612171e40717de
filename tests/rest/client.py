"""A client of the REST API: sends what a test asks for, and reads what comes back."""

from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any, NamedTuple

import msgspec

SECONDS = 60.0
PATH = "/api/v1"


class Answer(NamedTuple):
    """An answer: `headers` by their names in lower case, `body` as plain data."""

    status: int
    headers: Mapping[str, str]
    body: Any
    raw: bytes

    @property
    def etag(self) -> str:
        return self.headers["etag"]

    def refused(self, status: int, code: str) -> str:
        """Return the sentence of a problem of this kind."""
        assert (self.status, self.headers["content-type"].partition(";")[0]) == (
            status,
            "application/problem+json",
        ), self.raw
        assert (self.body["status"], self.body["code"]) == (status, code)
        return self.body["detail"]


class Client:
    """Somebody who asks, with a bearer token unless it is empty."""

    def __init__(self, port: int, token: str = "", **headers: str) -> None:
        self.port = port
        self.token = token
        self.headers = headers

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return self.send("POST", path, body, headers)

    def patch(self, path: str, body: object, **headers: str) -> Answer:
        return self.send("PATCH", path, body, headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.send("DELETE", path, None, headers)

    def send(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> Answer:
        """Send a request; `Idempotency_Key` and its like name headers."""
        sent = {
            name.replace("_", "-"): value for name, value in {**self.headers, **headers}.items()
        }
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            data = None if body is None else msgspec.json.encode(body)
            connection.request(method, f"{PATH}{path}", data, sent)
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        found = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status, found, msgspec.json.decode(raw) if raw else None, raw)
