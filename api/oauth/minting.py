"""New tokens: the answer that holds their secrets, and what of them is stored."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from api.oauth.core import ACCESS, REFRESH_IDLE
from api.oauth.store import Issued
from domain.permissions import Scope
from domain.secret import APP_TOKEN, REFRESH_TOKEN, digest_of, encode_secret


class TokenReply(msgspec.Struct, frozen=True, kw_only=True):
    """A successful answer (OAuth 2.1 §3.2.3). `expires_in` is in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a type
    expires_in: int
    refresh_token: str | UnsetType = UNSET
    scope: str


class Minted:
    """New tokens. Authlib logs what it issues, so this shows nothing of itself."""

    def __init__(self, reply: TokenReply, issued: Issued) -> None:
        self.reply = msgspec.json.encode(reply)
        self.issued = issued


def mint(
    scope: str,
    now: datetime,
    until: datetime,
    random: Callable[[int], bytes],
    *,
    refreshable: bool,
) -> Minted:
    """Make an access token and, if wanted, a refresh token, of which none outlives `until`."""
    scopes = tuple(sorted({Scope(word) for word in scope.split()}))
    access_until = min(now + ACCESS, until)
    access = encode_secret(APP_TOKEN, random(32))
    refresh = encode_secret(REFRESH_TOKEN, random(32)) if refreshable else None
    reply = TokenReply(
        access_token=access,
        expires_in=int((access_until - now).total_seconds()),
        refresh_token=refresh or UNSET,
        scope=" ".join(scopes),
    )
    issued = Issued(
        access_digest=digest_of(access),
        access_scopes=scopes,
        access_expires_at=access_until,
        refresh_digest=digest_of(refresh) if refresh else None,
        idle_until=min(now + REFRESH_IDLE, until),
        until=until,
    )
    return Minted(reply, issued)
