"""How a client says who it is at the machine endpoints: in a header, in the form, or by its id only."""

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

from api.oauth.errors import ErrorCode, OAuthProblem
from api.oauth.parameters import Malformed, decode_form
from domain.oauth_client import OAuthClient


class Presented(NamedTuple):
    """The client that a request claims to be from, and the secret that proves it."""

    client_id: str
    secret: str | None


def read_presented(authorization: Sequence[bytes], form: Mapping[str, str]) -> Presented:
    """Read it from the Authorization headers and the form (OAuth 2.1 §2.4). Raises `OAuthProblem`."""
    client_id, secret = form.get("client_id"), form.get("client_secret")
    if not authorization:
        if client_id is None:
            raise unauthenticated("Say which client this is: client_id is missing.")
        return Presented(client_id, secret)
    if len(authorization) > 1:
        raise OAuthProblem(400, ErrorCode.INVALID_REQUEST, "Send one Authorization header.")
    basic = _read_basic(authorization[0])
    if secret is not None:
        raise OAuthProblem(
            400,
            ErrorCode.INVALID_REQUEST,
            "Authenticate in the header or in the form, not in both.",
        )
    if client_id not in {None, basic.client_id}:
        raise OAuthProblem(
            400, ErrorCode.INVALID_REQUEST, "The header and the form name different clients."
        )
    return basic


def is_proved(client: OAuthClient, presented: Presented) -> bool:
    """Whether a request is from the client that it claims, as far as that client can prove it.

    A secret may come either way, however the client was registered: many do not keep to it.
    """
    if client.id != presented.client_id:
        return False
    if client.auth_method == "none":
        return presented.secret is None
    return presented.secret is not None and client.proves(presented.secret)


def unauthenticated(description: str) -> OAuthProblem:
    """Return the refusal at which clients register anew (RFC 6749 §5.2)."""
    return OAuthProblem(HTTPStatus.UNAUTHORIZED, ErrorCode.INVALID_CLIENT, description)


def _read_basic(header: bytes) -> Presented:
    """Read HTTP Basic, in which id and secret are encoded as in a form (RFC 6749 §2.3.1)."""
    scheme, _, encoded = header.strip().partition(b" ")
    if scheme.lower() != b"basic":
        raise unauthenticated("The Authorization header takes Basic.")
    try:
        client_id, colon, secret = b64decode(encoded.strip(), validate=True).partition(b":")
        named, proof = decode_form(client_id), decode_form(secret)
    except (binascii.Error, Malformed):
        raise unauthenticated("The Authorization header cannot be read.") from None
    if not colon or not named:
        raise unauthenticated("The Authorization header names no client.")
    # A client without a secret may come with an empty one.
    return Presented(named, proof or None)
