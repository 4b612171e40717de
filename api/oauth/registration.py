"""Dynamic Client Registration (RFC 7591): clients that nobody here knows make themselves known.

MCP 2026-07-28 prefers documents, yet most clients in use still register.
"""

from ipaddress import IPv6Network

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from api.oauth import locations
from api.oauth.client_metadata import client_of, fingerprint_of, read_metadata, refused
from api.oauth.errors import ErrorCode, OAuthProblem
from api.oauth.issuer import Issuer
from api.oauth.store import TooMany
from api.rates import RateLimited, network_of
from api.requests import WholeRequest
from domain.clients import ClientPolicy
from domain.oauth_client import SELF_REGISTERED, AuthMethod, GrantType, OAuthClient
from domain.permissions import Scope
from domain.redirects import host_of
from domain.secret import CLIENT_SECRET, digest_of, encode_secret

# Never like a document's URL, nor like an id that an administrator chose.
_PREFIX = SELF_REGISTERED
_ID_BYTES = 16
_SITE = 48  # bits


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """A client as it was registered (RFC 7591 §3.2.1): not as it asked, where that differs.

    `client_id_issued_at` is in seconds since 1970. The secret is shown here only, and does not
    expire: 0.
    """

    client_id: str
    client_id_issued_at: int
    client_secret: str | UnsetType = UNSET
    client_secret_expires_at: int | UnsetType = UNSET
    client_name: str
    redirect_uris: tuple[str, ...]
    token_endpoint_auth_method: AuthMethod
    grant_types: tuple[GrantType, ...]
    response_types: tuple[str, ...] = ("code",)
    scope: str


@post(locations.REGISTER)
async def register_client(
    request: WholeRequest, issuer: NamedDependency[Issuer]
) -> Response[Registration]:
    """Register a client; one that is known already keeps its id. Raises `OAuthProblem` and others.

    What differs by a port on the machine itself is the same client, which lands where it asks now.
    """
    services = issuer.services
    if request.content_type[0].lower() != "application/json":
        raise refused("send JSON, as application/json")
    asked = client_of(read_metadata(await request.body()), _new_id(services.random(_ID_BYTES)))
    _require_allowed(await issuer.clients.policy(), asked)
    secret = None
    if asked.auth_method != "none":
        secret = encode_secret(CLIENT_SECRET, services.random(32))
        asked = replace(asked, secret_digest=digest_of(secret).hex())
    now = services.now()
    try:
        client = await issuer.store.add_client(
            asked, fingerprint_of(asked), _network_of(request), now
        )
    except TooMany as many:
        raise RateLimited(many.retry_after) from None
    registered = Registration(
        client_id=client.id,
        client_id_issued_at=int(now.timestamp()),
        client_secret=secret or UNSET,
        client_secret_expires_at=0 if secret else UNSET,
        client_name=client.name,
        redirect_uris=asked.redirect_uris,
        token_endpoint_auth_method=client.auth_method,
        grant_types=client.grant_types,
        scope=_spaced(client.scopes),
    )
    return Response(registered, status_code=201, headers={"Cache-Control": "no-store"})


def _require_allowed(policy: ClientPolicy, client: OAuthClient) -> None:
    """Refuse whom no administrator would let in: RFC 7591 has no code for that, RFC 6749 has one."""
    if not policy.dynamic_registration:
        raise _denied("Clients cannot register themselves here: an administrator does it for them.")
    # Some can land in several places, and the administrator has listed the one in use.
    if not any(policy.allows(client, uri) for uri in client.redirect_uris):
        hosts = ", ".join(sorted({host_of(uri) for uri in client.redirect_uris}))
        raise _denied(
            f"An administrator has not allowed this app here. Ask one to allow one of: {hosts}."
        )


def _denied(description: str) -> OAuthProblem:
    return OAuthProblem(403, ErrorCode.ACCESS_DENIED, description)


def _new_id(random: bytes) -> str:
    return f"{_PREFIX}{random.hex()}"


def _network_of(request: WholeRequest) -> str:
    """Return whom a registration counts for: of IPv6 a whole site, which is one for the asking.

    Of its 65,536 networks (RFC 6177), each with some registrations, nobody else would find room.
    """
    network = network_of(request.client.host if request.client else "")
    return str(IPv6Network(network).supernet(new_prefix=_SITE)) if ":" in network else network


def _spaced(scopes: tuple[Scope, ...]) -> str:
    return " ".join(scopes)


ENDPOINTS = [register_client]
