"""The port to our own public address: one request over the network, as a client sends it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, Protocol

MOST_BYTES = 1 << 18  # the list of tools has a tenth of that


class Why(StrEnum):
    """Why no answer came."""

    UNKNOWN_NAME = "unknown name"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted certificate"
    NO_TLS = "no TLS"
    NO_HTTP = "hung up, or no HTTP"
    TOO_LARGE = "too large"


class Unanswered(Exception):  # noqa: N818 - an answer about the network, not a fault
    """No answer came that could be read; `detail` is what TLS found wrong with a certificate."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.detail = detail


class Reply(NamedTuple):
    """An answer: headers by lower-case names, and how long it took from the first packet on."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


class Ask(Protocol):
    """Sends a request to the public address, and nowhere else: redirects are not followed."""

    async def __call__(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Reply:
        """Return the answer, of at most `MOST_BYTES`. Raises `Unanswered`.

        It may be cancelled at any time; that is how long it may take.
        """
        ...
