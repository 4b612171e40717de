"""The gate before the MCP transport: a bearer token becomes a caller, or the request ends here."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Protocol, cast

from litestar.types import (
    HTTPReceiveMessage,
    HTTPRequestEvent,
    HTTPResponseStartEvent,
    HTTPScope,
    Message,
    Receive,
    Scope,
    Send,
)

from api.challenges import RETRY, Challenges, refuse, refuse_for_now
from api.oauth.locations import Locations
from api.rates import RateLimited, RateLimiter
from domain.application import Unauthorized
from domain.authentication import Bearer
from domain.fact import Client
from domain.ledger import Unavailable
from domain.secret import ACCESS_TOKEN, APP_TOKEN, is_well_formed

BODY_LIMIT = 1 << 20

# Of the secrets that it knows.
TOKEN_PREFIXES = (ACCESS_TOKEN, APP_TOKEN)

Handler = Callable[[Scope, Receive, Send], Awaitable[None]]


class Identify(Protocol):
    """As `Authenticator.identify`."""

    async def __call__(
        self, secret: str, client: Client | None, ip: str | None, *, prefix: str = ACCESS_TOKEN
    ) -> Bearer: ...


class Gate:
    """Wraps an ASGI handler; what it lets through finds its caller in `scope["state"]`.

    Order: 401 before 405, so that a client's probe of any kind learns how to authenticate.
    """

    def __init__(
        self, identify: Identify, rates: RateLimiter, locations: Locations, inner: Handler
    ) -> None:
        self._identify = identify
        self._rates = rates
        self._challenges = Challenges(locations)
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        # httptools leaves space behind a header's value; Mcp-Name must equal the body's name.
        scope["headers"] = [(name, value.strip()) for name, value in scope["headers"]]
        headers = dict(scope["headers"])
        if sum(name == b"authorization" for name, _ in scope["headers"]) > 1:
            # Whoever stands between may have judged another one of them (RFC 6750 §3.1).
            await refuse(send, HTTPStatus.BAD_REQUEST, "invalid_request")
            return
        try:
            bearer = await self._admit(headers, scope)
        except Unauthorized:
            await self._challenges.no_token(send, given=_bears(headers))
            return
        except RateLimited as limited:
            await refuse_for_now(send, limited.retry_after)
            return
        except Unavailable:
            await refuse(send, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", RETRY)
            return
        if scope["method"] != "POST":
            await refuse(send, HTTPStatus.METHOD_NOT_ALLOWED, "POST only", [(b"allow", b"POST")])
            return
        body = await _read(receive)
        if body is None:
            return
        if len(body) > BODY_LIMIT:
            await refuse(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "over 1 MiB")
            return
        state = cast("dict[str, object]", scope.setdefault("state", {}))
        state.update(identity=bearer, body=body)
        await self._inner(scope, _replay(body, receive), _Held(send, state, self._challenges).send)

    async def _admit(self, headers: dict[bytes, bytes], scope: HTTPScope) -> Bearer:
        if not _bears(headers):
            raise Unauthorized
        secret = headers[b"authorization"].partition(b" ")[2].strip().decode("latin-1")
        prefix = next((one for one in TOKEN_PREFIXES if is_well_formed(one, secret)), None)
        if prefix is None:
            raise Unauthorized
        agent = headers.get(b"user-agent", b"").decode("latin-1")[:200]
        address = scope["client"][0] if scope["client"] else None
        await self._rates.require_address(address)
        client = Client(agent) if agent else None
        bearer = await self._identify(secret, client, address, prefix=prefix)
        await self._rates.require_credential(bearer.caller.by.credential)
        return bearer


class _Held:
    """Holds the response's start back until its first body.

    By then it is known whether the credential died or the database went away on the way, and the
    status can still say so.
    """

    def __init__(self, send: Send, state: dict[str, object], challenges: Challenges) -> None:
        self._send = send
        self._state = state
        self._challenges = challenges
        self._start: HTTPResponseStartEvent | None = None
        self._replaced = False

    async def send(self, message: Message) -> None:
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is not None:
            start, self._start = self._start, None
            if self._state.get("died"):
                self._replaced = True
                await self._challenges.no_token(self._send, given=True)
                return
            if scopes := self._state.get("lacks"):
                self._replaced = True
                await self._challenges.too_narrow(self._send, cast("Sequence[str]", scopes))
                return
            if self._state.get("down"):
                self._replaced = True
                await refuse(self._send, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", RETRY)
                return
            await self._send(start)
        await self._send(message)


def _bears(headers: dict[bytes, bytes]) -> bool:
    """Whether a request authenticates in our way; in others it counts as one that does not."""
    return headers.get(b"authorization", b"").partition(b" ")[0].lower() == b"bearer"


async def _read(receive: Receive) -> bytes | None:
    """Read the whole body, or as much of it as tells that it is too large.

    None when the client hung up before its end: half a request must not be carried out.
    """
    body = b""
    more = True
    while more and len(body) <= BODY_LIMIT:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message["body"]
        more = message["more_body"]
    return body


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the body once more, then whatever really comes: a disconnect cancels a stream."""
    pending = [HTTPRequestEvent(type="http.request", body=body, more_body=False)]

    async def replayed() -> HTTPReceiveMessage:
        return pending.pop() if pending else cast("HTTPReceiveMessage", await receive())

    return replayed
