"""Where clients learn all the rest: metadata of the protected resource and of its issuer."""

from typing import TypeVar

import msgspec
from litestar import Response, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from msgspec import UNSET, UnsetType

from api.oauth import locations
from api.oauth.errors import ErrorCode, OAuthProblem
from api.oauth.issuer import Issuer
from domain.permissions import TOOL_SCOPES

# In seconds. Whether clients may register themselves is a switch, which must show soon.
_RESOURCE_AGE = 300
_SERVER_AGE = 60

T = TypeVar("T")

_SCOPES = tuple(sorted(scope.value for scope in TOOL_SCOPES))
_AUTH_METHODS = ("none", "client_secret_basic", "client_secret_post")


class ResourceMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What the MCP endpoint says of itself (RFC 9728 §2).

    `offline_access` is no scope of a resource's (MCP authorization, "Scope Selection Strategy").
    """

    resource: str
    authorization_servers: tuple[str, ...]
    scopes_supported: tuple[str, ...] = _SCOPES
    bearer_methods_supported: tuple[str, ...] = ("header",)
    resource_name: str = "Deskledger"


class ServerMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What the authorization server says of itself (RFC 8414 §2).

    `registration_endpoint` is left out where nobody may register. The last two: RFC 9207 §3 and
    the draft of Client ID Metadata Documents §5; clients that miss `none` or the flag fall back to
    registering themselves.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    registration_endpoint: str | UnsetType = UNSET
    response_types_supported: tuple[str, ...] = ("code",)
    response_modes_supported: tuple[str, ...] = ("query",)
    grant_types_supported: tuple[str, ...] = ("authorization_code", "refresh_token")
    code_challenge_methods_supported: tuple[str, ...] = ("S256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = _AUTH_METHODS
    revocation_endpoint_auth_methods_supported: tuple[str, ...] = _AUTH_METHODS
    scopes_supported: tuple[str, ...] = _SCOPES
    authorization_response_iss_parameter_supported: bool = True
    client_id_metadata_document_supported: bool = True


@route(
    [locations.RESOURCE_METADATA, locations.RESOURCE_METADATA_ROOT],
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
)
async def resource_metadata(issuer: NamedDependency[Issuer]) -> Response[ResourceMetadata]:
    """Tell which resource this is and who issues tokens for it, from configuration alone."""
    at = issuer.locations
    document = ResourceMetadata(resource=at.resource, authorization_servers=(at.issuer,))
    return _cacheable(document, _RESOURCE_AGE)


@route(
    [locations.SERVER_METADATA, locations.OPENID_METADATA],
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
)
async def server_metadata(issuer: NamedDependency[Issuer]) -> Response[ServerMetadata]:
    """Tell where and how tokens are issued. Raises `Unavailable`."""
    at = issuer.locations
    policy = await issuer.clients.policy()
    document = ServerMetadata(
        issuer=at.issuer,
        authorization_endpoint=at.authorize,
        token_endpoint=at.token,
        revocation_endpoint=at.revoke,
        registration_endpoint=at.register if policy.dynamic_registration else UNSET,
    )
    return _cacheable(document, _SERVER_AGE)


@route(
    [
        f"{place}/{{rest:path}}"
        for place in (
            locations.RESOURCE_METADATA_ROOT,
            locations.SERVER_METADATA,
            locations.OPENID_METADATA,
        )
    ],
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
)
async def metadata_of_another() -> None:
    """Say that neither another resource nor an issuer below a path is here: clients look on then.

    Some ask for the issuer below the MCP endpoint's path first.
    """
    raise OAuthProblem(404, ErrorCode.INVALID_REQUEST, "There is no such issuer or resource here.")


def _cacheable(document: T, seconds: int) -> Response[T]:
    return Response(document, headers={"Cache-Control": f"public, max-age={seconds}"})


ENDPOINTS = [resource_metadata, server_metadata, metadata_of_another]
