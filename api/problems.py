"""Problems: every refusal and failure of the REST API in one form (RFC 9457), each declared once."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, cast

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from api.rates import RateLimited
from domain.application import Unauthorized
from domain.ledger import Unavailable
from domain.refusals import Code, Refused

MEDIA_TYPE = "application/problem+json"
API = "/api/v1"
DOCS = f"{API}/docs"
RETRY_SECONDS = 2

log = logging.getLogger(__name__)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong: `code` for programs, `detail` for people; more fields may say more."""

    type: str
    title: str
    status: int
    detail: str
    code: str


class Kind(NamedTuple):
    """A kind of problem: its status, its code and what the code means."""

    status: HTTPStatus
    code: str
    title: str


_STATUSES = {
    Code.INVALID_ARGUMENTS: HTTPStatus.BAD_REQUEST,
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    Code.INVALID_TRANSITION: HTTPStatus.CONFLICT,
    Code.AGENT_UNAVAILABLE: HTTPStatus.CONFLICT,
    Code.LIMIT_REACHED: HTTPStatus.CONFLICT,
    Code.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    Code.BUDGET_EXHAUSTED: HTTPStatus.PAYMENT_REQUIRED,
    Code.IDEMPOTENCY_CONFLICT: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.PRECONDITION_FAILED: HTTPStatus.PRECONDITION_FAILED,
    Code.CONFLICT: HTTPStatus.CONFLICT,
}
OF_REFUSALS = {code: Kind(_STATUSES[code], code.value, code.meaning) for code in Code}

UNAUTHORIZED = Kind(
    HTTPStatus.UNAUTHORIZED, "unauthorized", "No credential was given, or none that is alive."
)
CROSS_SITE = Kind(
    HTTPStatus.FORBIDDEN, "cross_site", "A browser sent this from another site's page."
)
RATE_LIMITED = Kind(HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", "Too many requests just now.")
MISDIRECTED = Kind(HTTPStatus.MISDIRECTED_REQUEST, "misdirected", "This host is not ours.")
UNSUPPORTED_MEDIA_TYPE = Kind(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body must be JSON."
)
METHOD_NOT_ALLOWED = Kind(
    HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "This path has no such method."
)
TOO_LARGE = Kind(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "The request's body is too large."
)
UNAVAILABLE = Kind(
    HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "The database does not answer just now."
)
FAILED = Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "It failed, and it is our fault.")
# What is refused before any command or query, or beside them.
OTHERS = (
    UNAUTHORIZED,
    CROSS_SITE,
    METHOD_NOT_ALLOWED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    MISDIRECTED,
    RATE_LIMITED,
    UNAVAILABLE,
    FAILED,
)
# What to do about what the framework refuses, which knows no more of it than this.
_ADVICE = {
    HTTPStatus.NOT_FOUND: f"There is nothing at this address. {DOCS} lists those there are.",
    HTTPStatus.METHOD_NOT_ALLOWED: "Use a method that the Allow header names.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Send less at a time: a mebibyte at most.",
}
_OF_STATUS = {
    HTTPStatus.BAD_REQUEST: OF_REFUSALS[Code.INVALID_ARGUMENTS],
    HTTPStatus.NOT_FOUND: OF_REFUSALS[Code.NOT_FOUND],
    HTTPStatus.FORBIDDEN: OF_REFUSALS[Code.PERMISSION_DENIED],
    HTTPStatus.UNAUTHORIZED: UNAUTHORIZED,
    HTTPStatus.METHOD_NOT_ALLOWED: METHOD_NOT_ALLOWED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: UNSUPPORTED_MEDIA_TYPE,
}

# Headers by the names that endpoints have for them.
_OF_HEADERS = {
    "if_match": 'If-Match takes the ETag that an answer came with, such as "v3", or *',
    "idempotency_key": "Idempotency-Key takes 1 to 200 characters",
}


class Problematic(Exception):  # noqa: N818 - an answer, not a fault
    """A problem that is raised where no refusal of the domain says it."""

    def __init__(self, kind: Kind, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = headers or {}


class ClientLeft(Exception):  # noqa: N818 - likewise, that nobody reads
    """The client hung up before the end of its request: nothing is done, and it is no fault."""


def status_of(refused: Refused) -> int:
    """Return with which status HTTP answers a refusal."""
    return OF_REFUSALS[refused.code].status


def problem(
    kind: Kind,
    detail: str,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response[dict[str, Any]]:
    """Write a problem; `more` are extension members (RFC 9457 §3.2)."""
    body = Problem(
        type=f"{DOCS}#{kind.code}",
        title=kind.title,
        status=kind.status.value,
        detail=detail,
        code=kind.code,
    )
    return Response(
        {**(more or {}), **cast("dict[str, Any]", msgspec.to_builtins(body))},
        status_code=kind.status.value,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def answer(_request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Turn whatever was raised into a problem; nothing of a foreign exception's text gets out."""
    match error:
        case Refused():
            return problem(OF_REFUSALS[error.code], error.sentence, more=error.details)
        case Problematic():
            return problem(error.kind, error.detail, error.headers)
        case Unauthorized():
            return problem(
                UNAUTHORIZED,
                "Sign in, or send a living access token: Authorization: Bearer dl_pat_…",
                {"WWW-Authenticate": "Bearer"},
            )
        case RateLimited(retry_after=seconds):
            return problem(
                RATE_LIMITED,
                f"Try again in {seconds} seconds.",
                {"Retry-After": str(seconds)},
                {"retry_after": seconds},
            )
        case Unavailable():
            return problem(
                UNAVAILABLE,
                "Try again in a moment; under its Idempotency-Key an action is done once.",
                {"Retry-After": str(RETRY_SECONDS)},
            )
        case ClientLeft():
            return Response(None, status_code=HTTPStatus.REQUEST_TIMEOUT)
        case ValidationException():
            return problem(OF_REFUSALS[Code.INVALID_ARGUMENTS], _misfit(error))
        case HTTPException() if (status := HTTPStatus(error.status_code)) in _OF_STATUS:
            kind = _OF_STATUS[status]
            return problem(kind, _ADVICE.get(status, kind.title), error.headers)
        case _:
            log.error("a request failed", exc_info=error)
            return problem(FAILED, "Nothing was promised; trying again may help.")


def _misfit(error: ValidationException) -> str:
    """Say which part of a request does not fit, in msgspec's words on our own names."""
    extra = cast("list[dict[str, str]]", error.extra if isinstance(error.extra, list) else [])
    if any(one.get("key") == "data" for one in extra):
        return "The request needs a body, as JSON."
    faults = [
        _OF_HEADERS.get(key := one.get("key") or "body") or f"{key}: {one['message']}"
        for one in extra
        if "message" in one
    ]
    return ("; ".join(faults) or "The request does not fit.").replace("`", "'")[:500]
