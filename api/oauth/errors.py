"""Refusals of the machine endpoints: each error code declared once, all in one form."""

import logging
import re
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Self

from litestar import Request, Response
from litestar.exceptions import HTTPException

from api.problems import RETRY_SECONDS, ClientLeft
from api.rates import RateLimited
from domain.ledger import Unavailable
from domain.refusals import Refused

REALM = 'Basic realm="deskledger"'

# What a description cannot hold: RFC 6749 §5.2 leaves out the quote and the backslash.
_UNPRINTABLE = re.compile(r"[^\x20-\x21\x23-\x5B\x5D-\x7E]")
_INSTEAD = str.maketrans({'"': "'", "\\": "/", "…": "..."})
_LONGEST = 500

log = logging.getLogger(__name__)


class ErrorCode(StrEnum):
    """Why a request was refused, as clients read it; `source` says where the code is defined."""

    source: str

    def __new__(cls, value: str, source: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.source = source
        return member

    INVALID_REQUEST = "invalid_request", "RFC 6749 §4.1.2.1, §5.2"
    INVALID_CLIENT = "invalid_client", "RFC 6749 §5.2"
    INVALID_GRANT = "invalid_grant", "RFC 6749 §5.2"
    UNAUTHORIZED_CLIENT = "unauthorized_client", "RFC 6749 §4.1.2.1, §5.2"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type", "RFC 6749 §5.2"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type", "RFC 6749 §4.1.2.1"
    UNSUPPORTED_TOKEN_TYPE = "unsupported_token_type", "RFC 7009 §2.2.1"
    INVALID_SCOPE = "invalid_scope", "RFC 6749 §4.1.2.1, §5.2"
    INVALID_TARGET = "invalid_target", "RFC 8707 §2"
    ACCESS_DENIED = "access_denied", "RFC 6749 §4.1.2.1"
    INVALID_REDIRECT_URI = "invalid_redirect_uri", "RFC 7591 §3.2.2"
    INVALID_CLIENT_METADATA = "invalid_client_metadata", "RFC 7591 §3.2.2"
    # Defined for redirects, where a status cannot be said; clients know them everywhere, and go
    # on using what they hold after the first, while `server_error` makes some throw it away.
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable", "RFC 6749 §4.1.2.1"
    SERVER_ERROR = "server_error", "RFC 6749 §4.1.2.1"


class OAuthProblem(Exception):  # noqa: N818 - an answer, not a fault
    """A refusal of a machine endpoint. The description is for the client's developer."""

    def __init__(
        self,
        status: int,
        error: ErrorCode,
        description: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description
        self.headers = headers or {}


def refused(
    status: int, error: ErrorCode, description: str, headers: Mapping[str, str] | None = None
) -> Response[Any]:
    """Write a refusal (RFC 6749 §5.2); whoever fails to authenticate is told how to, at 401."""
    challenge = {"WWW-Authenticate": REALM} if status == HTTPStatus.UNAUTHORIZED else {}
    return Response(
        {"error": error.value, "error_description": describable(description)},
        status_code=status,
        headers={"Cache-Control": "no-store", **challenge, **(headers or {})},
    )


def describable(text: str) -> str:
    """Return a text with those characters only that an `error_description` may have."""
    return _UNPRINTABLE.sub("?", text.translate(_INSTEAD))[:_LONGEST]


def answer(_request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Turn whatever was raised into a refusal; nothing of a foreign exception's text gets out."""
    match error:
        case OAuthProblem():
            return refused(error.status, error.error, error.description, error.headers)
        case Refused():
            return refused(400, ErrorCode.INVALID_REQUEST, error.sentence)
        case RateLimited(retry_after=seconds):
            return refused(
                429,
                ErrorCode.TEMPORARILY_UNAVAILABLE,
                f"Too many requests. Try again in {seconds} seconds.",
                {"Retry-After": str(seconds)},
            )
        case Unavailable():
            return refused(
                503,
                ErrorCode.TEMPORARILY_UNAVAILABLE,
                "The database does not answer. Try again in a moment.",
                {"Retry-After": str(RETRY_SECONDS)},
            )
        case ClientLeft():
            return Response(None, status_code=HTTPStatus.REQUEST_TIMEOUT)
        case HTTPException(status_code=status) if status in _ADVICE:
            answered, advice = _ADVICE[status]
            return refused(answered, ErrorCode.INVALID_REQUEST, advice, error.headers)
        case _:
            log.error("an OAuth request failed", exc_info=error)
            return refused(500, ErrorCode.SERVER_ERROR, "It failed, and it is our fault.")


# What the framework refuses: the status that we answer with, and what to do about it.
_ADVICE = {
    400: (400, "The request does not say what this endpoint takes."),
    404: (404, "There is nothing at this address."),
    405: (405, "Use a method that the Allow header names."),
    413: (413, "Send less: 64 KiB at most."),
    # RFC 6749 §5.2 knows no 415.
    415: (400, "The body has a media type that this endpoint does not take."),
}
