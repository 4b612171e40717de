"""Who may come in: a bearer token or a session becomes an identity before anything else is read."""

from collections.abc import Sequence
from typing import Annotated, Any, Protocol, cast

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter
from litestar.types import HTTPScope

from api.cookies import Headers, read_session
from api.csrf import HEADER, is_csrf_token, is_same_origin
from api.problems import CROSS_SITE, MISDIRECTED, Problematic
from api.rates import RateLimiter
from api.rest.acting import Acting, Conditions
from api.rest.asking import misfit, query_of
from api.services import Services
from domain.application import Unauthorized
from domain.authentication import Bearer
from domain.fact import Client, Via
from domain.secret import ACCESS_TOKEN, SESSION, is_well_formed

Connection = ASGIConnection[Any, Any, Any, Any]

KEY_LENGTH = 200
IF_MATCH = r'^(\*|(W/)?"v[0-9]{1,18}")$'

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Identify(Protocol):
    """As `Authenticator.identify`."""

    async def __call__(
        self,
        secret: str,
        client: Client | None,
        ip: str | None,
        *,
        prefix: str = ACCESS_TOKEN,
        via: Via | None = None,
    ) -> Bearer: ...


class Admission:
    """The guard of the REST API leaves the identity in the connection's state, or raises.

    A bearer token goes before a cookie. What a browser sends by itself, its cookie, counts for a
    change only with the session's CSRF token and from our own pages.
    """

    def __init__(
        self,
        identify: Identify,
        rates: RateLimiter,
        base_url: str,
        hosts: Sequence[str],
        origins: Sequence[str],
    ) -> None:
        self._identify = identify
        self._rates = rates
        self._base_url = base_url
        self._hosts = frozenset(hosts)
        self._origins = frozenset(origins)

    async def admit(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Let a request in.

        Raises `Unauthorized`, `Unavailable`, `RateLimited` and `Problematic`; refuses with
        `invalid_arguments` an address that no endpoint can have.
        """
        scope = cast("HTTPScope", connection.scope)  # no websockets here
        headers = dict(scope["headers"])
        if headers.get(b"host", b"").decode("latin-1") not in self._hosts:
            raise Problematic(MISDIRECTED, "Use the address that PUBLIC_URL names.")
        if sum(name == b"authorization" for name, _ in scope["headers"]) > 1:
            raise misfit("it has more than one Authorization header")
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() == b"bearer":
            prefix, secret = ACCESS_TOKEN, token.strip().decode("latin-1")
        else:
            prefix, secret = SESSION, read_session(headers, self._base_url) or ""
        if not is_well_formed(prefix, secret):
            raise Unauthorized
        if prefix == SESSION and scope["method"] not in _SAFE:
            self._require_own_page(headers, secret)
        scope["state"]["identity"] = await self._identified(connection, prefix, secret)
        if b"%00" in scope["raw_path"] or b"%00" in scope["query_string"]:
            raise misfit("no address of ours holds a NUL (%00)")
        if scope["query_string"] and query_of(handler) is None:
            raise misfit("it takes no query parameters")

    async def _identified(self, connection: Connection, prefix: str, secret: str) -> Bearer:
        agent = connection.headers.get("user-agent", "")[:200]
        address = connection.client.host if connection.client else None
        await self._rates.require_address(address)
        bearer = await self._identify(
            secret,
            Client(agent) if agent else None,
            address,
            prefix=prefix,
            via="rest" if prefix == ACCESS_TOKEN else "panel",
        )
        await self._rates.require_credential(bearer.caller.by.credential)
        scope = cast("HTTPScope", connection.scope)
        if scope["method"] in _SAFE:  # others are judged by their append
            await bearer.confirm()
        return bearer

    def _require_own_page(self, headers: Headers, secret: str) -> None:
        if not is_same_origin(headers, self._origins):
            raise Problematic(CROSS_SITE, "With a session, changes come from our own pages only.")
        if not is_csrf_token(headers.get(HEADER, b"").decode("latin-1"), secret):
            raise Problematic(
                CROSS_SITE, "Send the csrf_token of GET /api/v1/session in X-CSRF-Token."
            )


def provide_acting(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Acting:
    """Put together what an endpoint works with, once the guard let the request in."""
    identity = cast("Bearer", request.scope["state"]["identity"])
    return Acting(identity, services)


def provide_conditions(
    idempotency_key: Annotated[
        str | None, HeaderParameter(name="Idempotency-Key", min_length=1, max_length=KEY_LENGTH)
    ] = None,
    if_match: Annotated[
        str | None, HeaderParameter(name="If-Match", pattern=IF_MATCH, max_length=100)
    ] = None,
) -> Conditions:
    """Read what a request demands."""
    return Conditions(idempotency_key, _version(if_match))


def _version(if_match: str | None) -> int | None:
    if if_match is None or if_match == "*":
        return None
    # Proxies that compress answers make their tags weak; ours tell versions apart, not bytes.
    return int(if_match.removeprefix("W/").removeprefix('"v').removesuffix('"'))
