"""What a client says of itself when it registers (RFC 7591 §2): read, judged, and made a client of."""

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta

from api.oauth.client_document import shown_name
from api.oauth.errors import ErrorCode, OAuthProblem
from domain.oauth_client import AuthMethod, GrantType, OAuthClient
from domain.permissions import TOOL_SCOPES
from domain.redirects import Landing, landing_of, without_port
from domain.refusals import Refused

MOST_REDIRECTS = 10
_SHOWN = 100  # characters of what is wrong
_GRANT_TYPES: tuple[GrantType, ...] = ("authorization_code", "refresh_token")
_AUTH_METHODS: tuple[AuthMethod, ...] = ("none", "client_secret_basic", "client_secret_post")

Words = Annotated[list[str], Meta(max_length=100)]


class ClientMetadata(msgspec.Struct, frozen=True):
    """What is read of it; all else, such as logos and sites that anybody can claim, is passed over.

    What is null or empty counts as left out: several clients write what they do not say.
    """

    redirect_uris: list[str] | None = None
    token_endpoint_auth_method: str | None = None
    grant_types: Words | None = None
    response_types: Words | None = None
    client_name: str | None = None
    scope: str | None = None


def read_metadata(body: bytes) -> ClientMetadata:
    """Read a registration's body. Raises `OAuthProblem`."""
    try:
        return msgspec.json.decode(body, type=ClientMetadata)
    except RecursionError:
        raise refused("the body is nested too deep") from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise refused(f"{error}") from None


def client_of(asked: ClientMetadata, client_id: str) -> OAuthClient:
    """Return the client, which has no secret yet, whatever its method. Raises `OAuthProblem`."""
    redirect_uris = _redirects_of(asked.redirect_uris or [])
    grant_types = asked.grant_types or list(_GRANT_TYPES)
    if "authorization_code" not in grant_types:
        raise refused("grant_types must include authorization_code")
    if "code" not in (asked.response_types or ["code"]):
        raise refused("response_types must include code")
    known = TOOL_SCOPES & set((asked.scope or "").split())
    return OAuthClient(
        id=client_id,
        source="dynamic",
        name=shown_name(asked.client_name, redirect_uris[0]),
        redirect_uris=redirect_uris,
        auth_method=_auth_method_of(asked.token_endpoint_auth_method, redirect_uris),
        grant_types=tuple(one for one in _GRANT_TYPES if one in grant_types),
        scopes=tuple(sorted(known or TOOL_SCOPES)),
    )


def fingerprint_of(client: OAuthClient) -> bytes | None:
    """Return by what the same client is known when it registers again; None for one with a secret.

    Programs register with each start, on another port of the machine each time.
    """
    if client.auth_method != "none":
        return None
    landings = sorted({without_port(uri) for uri in client.redirect_uris})
    said = (client.name, landings, client.grant_types, client.scopes)
    return hashlib.sha256(msgspec.json.encode(said)).digest()


def refused(why: str, error: ErrorCode = ErrorCode.INVALID_CLIENT_METADATA) -> OAuthProblem:
    return OAuthProblem(400, error, f"The client cannot be registered: {why}.")


def _redirects_of(uris: list[str]) -> tuple[str, ...]:
    """Return all of them, or refuse them: no known client has bad ones among the good.

    Cursor's own scheme, which it sends with two others, is a good one (better-auth#10946).
    """
    unique = tuple(dict.fromkeys(uris))
    if not 1 <= len(unique) <= MOST_REDIRECTS:
        raise refused(
            f"it needs 1 to {MOST_REDIRECTS} redirect_uris", ErrorCode.INVALID_REDIRECT_URI
        )
    for uri in unique:
        try:
            landing_of(uri)
        except Refused as refusal:
            sentence = f"{refusal.sentence} It is {uri[:_SHOWN] or 'empty'}"
            raise OAuthProblem(400, ErrorCode.INVALID_REDIRECT_URI, sentence) from None
    return unique


def _auth_method_of(asked: str | None, redirect_uris: tuple[str, ...]) -> AuthMethod:
    """Return how the client authenticates.

    One that does not say gets a secret (RFC 7591 §2), unless it can land on somebody's machine
    only: there programs keep no secret (RFC 8252 §8.4). The answer tells, and SDKs go by it.
    """
    if not asked:
        landings = {landing_of(uri) for uri in redirect_uris}
        return "client_secret_basic" if Landing.HTTPS in landings else "none"
    for method in _AUTH_METHODS:
        if method == asked:
            return method
    raise refused(f"token_endpoint_auth_method must be one of {', '.join(_AUTH_METHODS)}")
