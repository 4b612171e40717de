"""What a request for tokens comes to, judged on what was found beforehand; nothing is done yet."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn, cast
from uuid import UUID

import msgspec
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, OAuth2Request, TokenMixin
from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidScopeError, OAuth2Error
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, BaseGrant, RefreshTokenGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge

from api.oauth.adapters import (
    InvalidTargetError,
    KnownClient,
    PublicRequest,
    Server,
    code_of,
    request_of,
    sentence_of,
)
from api.oauth.client_authentication import is_proved, unauthenticated
from api.oauth.core import REFRESH_AT_MOST
from api.oauth.errors import ErrorCode, OAuthProblem
from api.oauth.judgement import Effect, End, Found, Redeem, Repeat, Rotate
from api.oauth.minting import Minted, TokenReply, mint
from api.oauth.sealing import NONCE, seal, unseal
from api.oauth.store import Grant, RefreshToken
from domain.permissions import Scope

# For so long whoever lost the answer to a refresh gets it again.
RETRY = timedelta(seconds=60)

_SCOPES = frozenset(scope.value for scope in Scope)
_NO_REPLY = (200, "", ())  # what Authlib hands on, where the effect says all


def judge_token(form: Mapping[str, str], resources: Sequence[str], found: Found) -> Effect:
    """Say what to do about a request for tokens. Raises `OAuthProblem`.

    `End` is for a secret that came twice while all else about the request is right. Whoever sends
    it is refused with all the others, as any of them may be the thief (OAuth 2.1 §4.3.1, §7.5.2).
    """
    if "grant_type" not in form:
        raise OAuthProblem(400, ErrorCode.INVALID_REQUEST, "The grant_type is missing.")
    server = _TokenServer(found, resources)
    server.register_grant(_Code, [CodeChallenge(required=True)])
    server.register_grant(_Refresh)
    if "scope" in form:
        form = {**form, "scope": _ours(form["scope"])}
    cast("Any", server).create_token_response(_request(found.locations.token, form))
    return server.effects.pop()


def judge_revocation(form: Mapping[str, str], found: Found) -> Effect | None:
    """Say what to do about a request to revoke; None where there is nothing. Raises `OAuthProblem`.

    A token of another client is refused, and nothing happens to it (RFC 7009 §2.1).
    """
    if "token" not in form:
        raise OAuthProblem(400, ErrorCode.INVALID_REQUEST, "The token is missing.")
    server = _TokenServer(found, ())
    cast("Any", server).register_endpoint(_Revocation)  # which has no types, like the next
    cast("Any", server).create_endpoint_response(
        "revocation", _request(found.locations.revoke, form)
    )
    return server.effects.pop() if server.effects else None


def _ours(scope: str) -> str:
    """Leave out words that are no scope of ours: they say nothing when they are asked for, either."""
    words = [word for word in scope.split(" ") if word in _SCOPES]
    return " ".join(words) or scope


def _request(uri: str, form: Mapping[str, str]) -> PublicRequest:
    try:
        return PublicRequest("POST", uri, form)
    except OAuth2Error as error:  # the address is no https
        raise OAuthProblem(400, code_of(error), sentence_of(error)) from None


class _Held(AuthorizationCodeMixin, TokenMixin):
    """A grant, as Authlib asks about its code and its tokens."""

    code_challenge_method = "S256"

    def __init__(self, grant: Grant, redirect_uri: str | None = None) -> None:
        self.grant = grant
        self.code_challenge = grant.challenge
        # Who names no redirect URI here follows OAuth 2.1 §10.2; Authlib knows 2.0 only.
        self._expected = redirect_uri and grant.redirect_uri

    def get_redirect_uri(self) -> Any:  # Authlib takes None for "need not be named"
        return self._expected

    def get_scope(self) -> str:
        return " ".join(self.grant.scopes)

    def check_client(self, client: Any) -> bool:
        return cast("KnownClient", client).client.id == self.grant.client_id


class _TokenServer(Server):
    """Its grants read what was found, and leave here what is to be done."""

    def __init__(self, found: Found, resources: Sequence[str]) -> None:
        super().__init__(found.client)
        self.found = found
        self.resources = resources
        self.effects: list[Effect] = []

    def authenticate_client(
        self, request: OAuth2Request, methods: Collection[str], endpoint: str = "token"
    ) -> KnownClient:
        """Return who proved to be the client; Authlib's own ways fail on bytes beyond ASCII."""
        _ = methods, endpoint
        client = self.found.client
        if client is None:
            raise unauthenticated("There is no such client here: register it.")
        if not is_proved(client, self.found.presented):
            raise unauthenticated("The client did not prove who it is.")
        request.auth_method = client.auth_method
        return KnownClient(client)

    def generate_token(  # noqa: PLR0917 - as Authlib has it
        self,
        grant_type: str,
        client: ClientMixin,
        user: Any = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> Any:  # Authlib hands it on, whatever it is
        _ = grant_type, client, user, expires_in
        found = self.found
        held, now = found.held, found.now
        until = held.until if isinstance(held, RefreshToken) else now + REFRESH_AT_MOST
        return mint(scope or "", now, until, found.random, refreshable=include_refresh_token)

    def save_token(self, token: Any, request: OAuth2Request) -> None:
        """Nothing is saved before all is committed together: it goes with the effect."""

    def handle_error_response(self, request: OAuth2Request, error: OAuth2Error) -> NoReturn:
        _ = request
        raise OAuthProblem(error.status_code, code_of(error), sentence_of(error))


def _server_of(grant: BaseGrant | RevocationEndpoint) -> _TokenServer:
    return cast("_TokenServer", grant.server)


def _require_target(grant: BaseGrant) -> None:
    """Refuse another resource than ours (RFC 8707 §2.2)."""
    server = _server_of(grant)
    at = server.found.locations
    if len(server.resources) > 1 or not all(map(at.names_us, server.resources)):
        raise InvalidTargetError(f"The one resource is {at.resource}")


class _Code(AuthorizationCodeGrant):
    """A code for tokens."""

    def query_authorization_code(self, code: str, client: ClientMixin) -> Any:
        _ = code  # by which it was found
        found = _server_of(self).found
        grant = found.held
        if not isinstance(grant, Grant):
            return None
        held = _Held(grant, request_of(self).parameters.get("redirect_uri"))
        alive = grant.redeemed_at is not None or found.now < grant.code_expires_at
        return held if alive and held.check_client(client) else None

    def validate_token_request(self) -> None:
        super().validate_token_request()
        _require_target(self)

    def authenticate_user(self, authorization_code: _Held) -> UUID:
        return authorization_code.grant.agent

    def create_token_response(self) -> Any:
        """Judge a code that comes again, which is only now known to be the client's in all else.

        Authlib refuses it before it looks at the verifier: anybody who saw a code could end the
        grant (OAuth 2.1 §7.5.2).
        """
        server = _server_of(self)
        grant = cast("Grant", server.found.held)
        if grant.redeemed_at is None:
            return super().create_token_response()
        if server.found.arrived <= grant.redeemed_at:
            # Both were on their way at once: rather one client's haste than a theft.
            raise InvalidGrantError("The code was redeemed by another request just now.")
        server.effects.append(End(grant, "code_reused"))
        return _NO_REPLY

    def save_token(self, token: Any) -> None:
        minted = cast("Minted", token)
        server = _server_of(self)
        grant = cast("Grant", server.found.held)
        server.effects.append(Redeem(grant.id, minted.issued, minted.reply))

    def delete_authorization_code(self, authorization_code: Any) -> None:
        """Nothing more: redeemed it stays, for whoever brings it again."""


class _Refresh(RefreshTokenGrant):
    """A refresh token for the next ones, which have its scope, however narrow the access token."""

    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Any:
        _ = refresh_token  # by which it was found
        found = _server_of(self).found
        held = found.held
        if not isinstance(held, RefreshToken):
            return None
        alive = held.rotated_at is not None or found.now < min(held.idle_until, held.until)
        return _Held(held.grant) if alive else None

    def validate_token_request(self) -> None:
        super().validate_token_request()
        _require_target(self)

    def authenticate_user(self, refresh_token: _Held) -> UUID:
        return refresh_token.grant.agent

    def create_token_response(self) -> Any:
        server = _server_of(self)
        held = cast("RefreshToken", server.found.held)
        if held.rotated_at is None:
            return super().create_token_response()
        server.effects.append(self._again(held, held.rotated_at))
        return _NO_REPLY

    def _again(self, held: RefreshToken, rotated_at: datetime) -> Repeat | End:
        """Judge a token that comes again: somebody missed the answer, or there are two of them."""
        found, given = _server_of(self).found, request_of(self).parameters
        kept = held.sealed if found.now < rotated_at + RETRY else None
        reply = unseal(given["refresh_token"], kept) if kept else None
        if reply is None:
            return End(held.grant, "refresh_token_reused")
        answered = msgspec.json.decode(reply, type=TokenReply)
        if "scope" in given and not set(answered.scope.split()) <= set(given["scope"].split(" ")):
            raise InvalidScopeError("It was refreshed a moment ago for more: use its successor.")
        return Repeat(reply)

    def save_token(self, token: Any) -> None:
        minted = cast("Minted", token)
        server = _server_of(self)
        old = request_of(self).parameters["refresh_token"]
        sealed = seal(old, minted.reply, server.found.random(NONCE))
        server.effects.append(Rotate(minted.issued, minted.reply, sealed))

    def revoke_old_credential(self, refresh_token: Any) -> None:
        """Nothing more: rotated it stays, for whoever brings it again."""


class _Revocation(RevocationEndpoint):
    """A token that its client needs no more; with it goes all that came of the same approval."""

    def check_params(self, request: Any, client: Any) -> None:
        """Nothing: the hint may say anything, and changes nothing (RFC 7009 §2.1)."""

    def query_token(self, token_string: str, token_type_hint: str | None) -> Any:
        _ = token_string, token_type_hint
        grant = _server_of(self).found.held
        return _Held(grant) if isinstance(grant, Grant) else None

    def revoke_token(self, token: Any, request: Any) -> None:
        _ = request
        _server_of(self).effects.append(End(cast("_Held", token).grant, "revoked_by_client"))
