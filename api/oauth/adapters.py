"""Authlib's server over what was read beforehand: its requests, clients and server as ours."""

from collections.abc import Mapping
from typing import Any, cast

from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.errors import InsecureTransportError, OAuth2Error
from authlib.oauth2.rfc6749.grants import BaseGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from api.oauth.errors import ErrorCode
from domain.oauth_client import OAuthClient
from domain.permissions import TOOL_SCOPES, Scope
from domain.redirects import Landing, landing_of

INSECURE = "OAuth takes https: the server's PUBLIC_URL has to begin with it."


class InvalidTargetError(OAuth2Error):
    """The `resource` is none of ours (RFC 8707 §2), which Authlib does not know."""

    error = "invalid_target"


class PublicRequest(OAuth2Request):
    """A request as it was sent to our public address, whatever stands between.

    Raises Authlib's `InsecureTransportError` where that is http and not this machine.
    """

    def __init__(self, method: str, uri: str, parameters: Mapping[str, str]) -> None:
        super().__init__(method, uri)  # pyright: ignore[reportUnknownMemberType] - `body` has no type
        self.parameters = dict(parameters)
        self.payload = BasicOAuth2Payload(self.parameters)

    @property
    def form(self) -> dict[str, str]:
        return self.parameters


def request_of(grant: BaseGrant) -> PublicRequest:
    """Return the request that a grant was made for: all of them are ours."""
    return cast("PublicRequest", grant.request)


class KnownClient(ClientMixin):
    """A client as Authlib asks about it."""

    def __init__(self, client: OAuthClient) -> None:
        self.client = client

    def get_default_redirect_uri(self) -> Any:  # Authlib takes None for "name one"
        uri, *others = self.client.redirect_uris
        # Which port this is on, only the request tells: programs that register share an id.
        shared = self.client.source == "dynamic" and landing_of(uri) is Landing.LOOPBACK
        return None if others or shared else uri

    def get_allowed_scope(self, scope: Any) -> Any:  # and here for "nothing is left"
        scopes = scopes_for(self.client, cast("str | None", scope))
        return " ".join(scopes) if scopes else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return self.client.may_land(redirect_uri)

    def check_response_type(self, response_type: str) -> bool:
        _ = response_type  # judged by us: Authlib's own refusal fails on characters in it
        return True

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.client.grant_types


class Server(AuthorizationServer):
    """Made for one request. It asks nobody: the client, if there is one, was found beforehand."""

    def __init__(self, client: OAuthClient | None) -> None:
        super().__init__()
        self.known = client

    def query_client(self, client_id: str) -> Any:  # Authlib takes None for "unknown"
        return KnownClient(self.known) if self.known and self.known.id == client_id else None

    def create_oauth2_request(self, request: PublicRequest) -> PublicRequest:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Any:
        """Return nothing: the token endpoint answers, once all is committed."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens; Authlib insists."""


def code_of(error: OAuth2Error) -> ErrorCode:
    """Return the code of a refusal of Authlib's."""
    if isinstance(error, InsecureTransportError):  # whose code no specification has
        return ErrorCode.INVALID_REQUEST
    return ErrorCode(str(error.error))


def sentence_of(error: OAuth2Error) -> str:
    if isinstance(error, InsecureTransportError):
        return INSECURE
    if error.description and error.description != type(error).description:
        return error.description
    # What Authlib says of itself tells no way on.
    return _SENTENCES.get(code_of(error)) or error.description or "The request was refused."


_SENTENCES = {
    ErrorCode.INVALID_GRANT: "This is unknown, used, past its time, or another client's.",
    ErrorCode.INVALID_SCOPE: f"None of this scope can be had: take {' '.join(sorted(TOOL_SCOPES))}.",
    ErrorCode.UNSUPPORTED_GRANT_TYPE: "Take authorization_code or refresh_token.",
}


def scopes_for(client: OAuthClient, scope: str | None) -> tuple[Scope, ...]:
    """Return what a client can have of the scopes it asks for; those it is known for, if it asks none.

    It may ask for more than it registered: no person was asked then (MCP, step-up authorization).
    Words that are no scope of a tool, such as `offline_access`, say nothing.
    """
    words = client.scopes if scope is None else scope.split(" ")
    return tuple(each for each in sorted(TOOL_SCOPES) if each.value in words)
