"""The authorization endpoint's judgement, without any of its pages: what is asked, and where to go."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast
from urllib.parse import quote, urlencode

import msgspec
from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.errors import (
    InvalidRequestError,
    OAuth2Error,
    UnsupportedResponseTypeError,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, BaseGrant

from api.oauth.adapters import (
    InvalidTargetError,
    PublicRequest,
    Server,
    code_of,
    request_of,
    scopes_for,
    sentence_of,
)
from api.oauth.errors import ErrorCode, describable
from api.oauth.locations import Locations
from api.oauth.parameters import Malformed, Pairs, only, read_pairs, repeated
from domain.oauth_client import OAuthClient
from domain.permissions import Scope

CODE_SECONDS = 60
ACCESS = timedelta(hours=1)
REFRESH_IDLE = timedelta(days=30)
REFRESH_AT_MOST = timedelta(days=365)

# What says where an answer may go at all.
_BINDING = frozenset({"client_id", "redirect_uri"})
_OTHERS = frozenset(
    {"response_type", "scope", "state", "code_challenge", "code_challenge_method", "prompt"}
)
_S256 = re.compile(r"[A-Za-z0-9_-]{43}")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asks for, every part of it judged: only a person has to answer yet.

    `redirect_given` tells whether the request named the redirect URI, `always` that the client
    wants the person asked, whatever is remembered (OpenID Connect Core §3.1.2.1, `prompt`).
    """

    client: OAuthClient
    redirect_uri: str
    redirect_given: bool
    scopes: tuple[Scope, ...]
    state: str | None
    challenge: str
    resource: str
    always: bool


class AuthorizationRefused(Exception):  # noqa: N818 - an answer, not a fault
    """A client's request that is refused before anybody is asked.

    Without a `redirect_uri` the answer must not leave us: nobody vouches for where it would go
    (OAuth 2.1 §4.1.2.1).
    """

    def __init__(
        self,
        error: ErrorCode,
        description: str,
        redirect_uri: str | None = None,
        state: str | None = None,
    ) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.redirect_uri = redirect_uri
        self.state = state


def authorization_pairs(raw: bytes) -> Pairs:
    """Read the parameters of a query or form. Raises `AuthorizationRefused`, never to redirect."""
    try:
        return read_pairs(raw)
    except Malformed as malformed:
        raise AuthorizationRefused(ErrorCode.INVALID_REQUEST, str(malformed)) from None


def client_id_of(pairs: Pairs) -> str | None:
    """Return who asks, to be found before the request is judged; None where that is not clear."""
    return only(pairs, "client_id")


def read_authorization(pairs: Pairs, client: OAuthClient | None, locations: Locations) -> Asked:
    """Judge a request; `client` is what is known of the one that `client_id_of` names.

    Raises `AuthorizationRefused`.
    """
    if names := repeated(pairs, _BINDING):
        raise AuthorizationRefused(ErrorCode.INVALID_REQUEST, _more_than_once(names))
    parameters = {name: value for name in _BINDING | _OTHERS if (value := only(pairs, name))}
    state = parameters.get("state")
    server = Server(client)
    server.register_grant(_Consent, [_Demands(pairs, locations)])
    try:
        request = PublicRequest("GET", locations.authorize, parameters)
        grant: Any = cast("Any", server).get_consent_grant(request)  # which Authlib does not type
    except OAuth2Error as error:
        raise AuthorizationRefused(
            code_of(error), sentence_of(error), error.redirect_uri, state
        ) from None
    if client is None:  # which the server has refused
        raise AssertionError
    return Asked(
        client=client,
        redirect_uri=grant.redirect_uri,
        redirect_given="redirect_uri" in parameters,
        scopes=scopes_for(client, parameters.get("scope")),
        state=state,
        challenge=parameters["code_challenge"],
        resource=locations.resource,
        always="consent" in parameters.get("prompt", "").split(" "),
    )


def success_location(asked: Asked, code: str, locations: Locations) -> str:
    """Return where the browser takes the code (OAuth 2.1 §4.1.2, RFC 9207 §2)."""
    return _location(
        asked.redirect_uri, {"code": code, "state": asked.state, "iss": locations.issuer}
    )


def error_location(
    redirect_uri: str, error: str, description: str, state: str | None, locations: Locations
) -> str:
    """Return where the browser takes a refusal (OAuth 2.1 §4.1.2.1, RFC 9207 §2)."""
    return _location(
        redirect_uri,
        {
            "error": error,
            "error_description": describable(description),
            "state": state,
            "iss": locations.issuer,
        },
    )


def _location(redirect_uri: str, parameters: Mapping[str, str | None]) -> str:
    """Add to a redirect URI, of which every letter stays as it was registered."""
    given = {name: value for name, value in parameters.items() if value is not None}
    joint = "?" if "?" not in redirect_uri else "" if redirect_uri[-1] in "?&" else "&"
    # A blank as %20, which programs behind private schemes read, too.
    return f"{redirect_uri}{joint}{urlencode(given, quote_via=quote)}"


class _Demands:
    """What we demand besides Authlib, in one hook: it runs its hooks in no order.

    S256 from everybody (OAuth 2.1 §7.5.1, RFC 9700 §2.1.1), which Authlib's own extension only looks
    at where it is sent; response types, which its refusal fails on; `resource` (RFC 8707 §2).
    """

    def __init__(self, pairs: Pairs, locations: Locations) -> None:
        self._pairs = pairs
        self._locations = locations

    def __call__(self, grant: BaseGrant) -> None:
        grant.register_hook("before_validate_authorization_request_payload", self.require)

    def require(self, grant: BaseGrant, redirect_uri: str) -> None:
        _ = redirect_uri
        given = request_of(grant).parameters
        if names := repeated(self._pairs, _OTHERS):
            raise InvalidRequestError(_more_than_once(names))
        if not (response_type := given.get("response_type")):
            raise InvalidRequestError("The response_type is missing: it is code.")
        if response_type != "code":
            raise UnsupportedResponseTypeError("", "The only response_type is code.")
        resources = [value for name, value in self._pairs if name == "resource"]
        if len(resources) > 1 or not all(map(self._locations.names_us, resources)):
            raise InvalidTargetError(f"The one resource is {self._locations.resource}")
        if "code_challenge" not in given or given.get("code_challenge_method") != "S256":
            raise InvalidRequestError(
                "A code_challenge with the code_challenge_method S256 is needed."
            )
        if not _S256.fullmatch(given["code_challenge"]):
            raise InvalidRequestError("The code_challenge is no SHA-256 in base64url.")


class _Consent(AuthorizationCodeGrant):
    """Whatever the response type, so that an address is judged before anything is sent to it."""

    @classmethod
    def check_authorization_endpoint(cls, request: OAuth2Request) -> bool:
        _ = request
        return True

    @staticmethod
    def validate_authorization_redirect_uri(request: OAuth2Request, client: ClientMixin) -> str:
        """Return where to go. Authlib's own refusal fails on characters in the URI."""
        asked = cast("PublicRequest", request).parameters.get("redirect_uri")
        if asked and not client.check_redirect_uri(asked):
            raise InvalidRequestError("The redirect_uri is none of the client's.")
        uri = asked or client.get_default_redirect_uri()
        if not uri:
            raise InvalidRequestError("Which redirect URI is meant is not clear: name one.")
        return uri


def _more_than_once(names: frozenset[str]) -> str:
    return f"A parameter came more than once: {', '.join(sorted(names))}."
