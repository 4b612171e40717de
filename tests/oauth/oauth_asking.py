"""What a client asks at the authorization endpoint, judged without any of its pages."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import urlencode

import pytest

from api.oauth.core import (
    Asked,
    AuthorizationRefused,
    authorization_pairs,
    read_authorization,
)
from api.oauth.locations import Locations
from domain.oauth_client import OAuthClient
from domain.permissions import Scope

ISSUER = "https://desk.example"


AT = Locations(ISSUER)


HOME = "https://app.example/cb"


CHALLENGE = urlsafe_b64encode(sha256(b"v" * 43).digest()).rstrip(b"=").decode()


CLIENT = OAuthClient(id="c1", source="dynamic", name="App", redirect_uris=(HOME,))


PLAIN = {
    "response_type": "code",
    "client_id": "c1",
    "redirect_uri": HOME,
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


BOTH = (Scope.TICKETS_READ, Scope.TICKETS_WRITE)


def ask(
    *more: tuple[str, str],
    without: str = "",
    client: OAuthClient | None = CLIENT,
    at: Locations = AT,
    but: Mapping[str, str] = PLAIN,
    **changed: str,
) -> Asked:
    sent = [*{**PLAIN, **but, **changed}.items(), *more]
    query = urlencode([(name, value) for name, value in sent if name != without])
    return read_authorization(authorization_pairs(query.encode()), client, at)


def refused(
    *more: tuple[str, str],
    without: str = "",
    client: OAuthClient | None = CLIENT,
    but: Mapping[str, str] = PLAIN,
    **changed: str,
) -> AuthorizationRefused:
    with pytest.raises(AuthorizationRefused) as caught:
        ask(*more, without=without, client=client, but={**but, **changed})
    return caught.value
