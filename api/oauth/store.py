"""The port to what OAuth keeps in tables: grants with their codes, refresh tokens and clients."""

from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from msgspec import Struct

from domain.oauth_client import OAuthClient
from domain.permissions import Scope


class Grant(Struct, frozen=True, kw_only=True):
    """One approval on its way or at work: a code, and what was issued for it.

    It ends with its consent, with its own revocation, or when a secret of it comes twice; then
    everything issued for it is gone, too. `redirect_given` tells whether the request named it.
    """

    id: UUID
    consent: UUID
    agent: UUID
    client_id: str
    redirect_uri: str
    redirect_given: bool
    scopes: tuple[Scope, ...]
    resource: str
    challenge: str  # S256 (RFC 7636 §4.2)
    code_expires_at: datetime
    redeemed_at: datetime | None = None


class RefreshToken(Struct, frozen=True, kw_only=True):
    """A refresh token: alive until `idle_until`, whatever the use until `until` at most.

    Once it was rotated, `sealed` is what was answered then, for whoever has the token and asks
    again; None when its successor was used or the time for that is over.
    """

    grant: Grant
    idle_until: datetime
    until: datetime
    rotated_at: datetime | None = None
    sealed: bytes | None = None


class Issued(NamedTuple):
    """What an answer of the token endpoint brings into being; digests of its secrets.

    `refresh_digest` is None for clients that take no refresh tokens.
    """

    access_digest: bytes
    access_scopes: tuple[Scope, ...]
    access_expires_at: datetime
    refresh_digest: bytes | None
    idle_until: datetime
    until: datetime


class Document(Struct, frozen=True):
    """A client's metadata document as it was fetched last; fresh until then."""

    client: OAuthClient
    fetched_at: datetime
    fresh_until: datetime


class OAuthStore(Protocol):
    """All of it raises `Unavailable`."""

    async def find_grant(self, code_digest: bytes) -> Grant | None:
        """Return the grant of a code, redeemed or not; None for an unknown or ended one."""
        ...

    async def redeem(self, grant: UUID, issued: Issued, now: datetime) -> bool:
        """Redeem a grant's code and store what is issued; False when it was, or the grant ended."""
        ...

    async def find_refresh_token(self, digest: bytes) -> RefreshToken | None:
        """Return a refresh token, rotated or not; None for an unknown one or an ended grant."""
        ...

    async def rotate(
        self, digest: bytes, issued: Issued, sealed: bytes, now: datetime
    ) -> RefreshToken | None:
        """Put a successor in a refresh token's place.

        None when that is done. Otherwise nothing is, and the token is returned as it stands now:
        somebody rotated it before. Raises `Unknown` when its grant ended.
        """
        ...

    async def find_issued(self, digest: bytes) -> Grant | None:
        """Return the grant that an access or refresh token was issued for."""
        ...

    async def has_living_grant(self, consent: UUID, now: datetime) -> bool:
        """Whether anything issued under a consent can still be used."""
        ...

    async def find_client(self, client_id: str) -> OAuthClient | None:
        """Return a client that registered itself."""
        ...

    async def add_client(
        self, client: OAuthClient, fingerprint: bytes | None, network: str, now: datetime
    ) -> OAuthClient:
        """Keep a client that registers itself; return one of the same fingerprint in its place.

        Raises `TooMany` when the network registered too many lately, or there are too many at all.
        """
        ...

    async def find_document(self, client_id: str) -> Document | None:
        """Return a client's document as it was fetched last, fresh or not."""
        ...

    async def keep_document(self, document: Document) -> None:
        """Keep a client's document in the place of an older one."""
        ...


class Unknown(Exception):  # noqa: N818 - an answer, not a fault
    """The grant is no longer there."""


class TooMany(Exception):  # noqa: N818 - likewise
    """Too many clients registered themselves; the next may in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after
