"""What the gate answers to those it does not let in: challenges and small JSON bodies."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType

import msgspec
from authlib.oauth2.rfc6750.errors import InvalidTokenError
from litestar.types import HTTPResponseStartEvent, Send

from api.oauth.locations import Locations
from domain.permissions import TOOL_SCOPES

RETRY_SECONDS = "2"
# What a client asks for unless it knows better: every tool.
DEFAULT_SCOPES = tuple(sorted(scope.value for scope in TOOL_SCOPES))

Headers = Sequence[tuple[bytes, bytes]]
RETRY: Headers = [(b"retry-after", RETRY_SECONDS.encode())]


class Challenges:
    """Challenges of the one protected resource (RFC 6750 §3, RFC 9728 §5.1)."""

    def __init__(self, locations: Locations) -> None:
        self._known = f'resource_metadata="{locations.resource_metadata}"'

    async def no_token(self, send: Send, *, given: bool) -> None:
        """Answer 401, and say where to get a token.

        Only a request that presented one is told that it is invalid (RFC 6750 §3.1).
        """
        error = InvalidTokenError("The access token is unknown, revoked or past its time.")
        challenge = dict(error.get_headers())["WWW-Authenticate"] + ", " if given else "Bearer "
        await refuse(
            send,
            HTTPStatus.UNAUTHORIZED,
            error.error if given else "missing_token",
            [self._challenge(challenge, DEFAULT_SCOPES)],
        )

    async def too_narrow(self, send: Send, scopes: Sequence[str]) -> None:
        """Answer 403 with all scopes that a token for this request needs, those it has included."""
        await refuse(
            send,
            HTTPStatus.FORBIDDEN,
            "insufficient_scope",
            [self._challenge('Bearer error="insufficient_scope", ', scopes)],
        )

    def _challenge(self, beginning: str, scopes: Sequence[str]) -> tuple[bytes, bytes]:
        said = f'{beginning}scope="{" ".join(scopes)}", {self._known}'
        return b"www-authenticate", said.encode("latin-1")


async def refuse_for_now(send: Send, seconds: int) -> None:
    """Answer 429 (RFC 6585 §4); the delay stands in the body, too, for models see no headers."""
    retry: Headers = [(b"retry-after", str(seconds).encode())]
    await refuse(
        send, HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", retry, {"retry_after": seconds}
    )


async def refuse(
    send: Send,
    status: HTTPStatus,
    error: str,
    headers: Headers = (),
    details: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Answer with a status and a small JSON body; it is no JSON-RPC answer, having no id."""
    message = _TEXTS.get(status, status.description)
    body = msgspec.json.encode({"error": error, "message": message, **details})
    start: HTTPResponseStartEvent = {
        "type": "http.response.start",
        "status": status.value,
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            *headers,
        ],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})


_TEXTS = {
    HTTPStatus.BAD_REQUEST: "Send one Authorization header.",
    HTTPStatus.UNAUTHORIZED: "Sign in through OAuth, which resource_metadata tells of, or send an "
    "access token of your own: Authorization: Bearer dl_pat_…",
    HTTPStatus.FORBIDDEN: "The app's token lacks a scope: ask the agent for those that are named.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This is an MCP endpoint (Streamable HTTP, stateless): POST.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "A request has at most 1 MiB.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests. Try again in retry_after seconds.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database does not answer. Try again in a moment; an action "
    "retried under its idempotency_key is done once.",
}
