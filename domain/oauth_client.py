"""OAuth clients: programs that ask for access in somebody's name, however they got known."""

from hmac import compare_digest
from typing import Literal, NamedTuple

import msgspec

from domain.permissions import TOOL_SCOPES, Scope
from domain.redirects import Landing, host_of, is_same, landing_of
from domain.secret import digest_of

# By its own document (Client ID Metadata Document), by registering itself (RFC 7591), or by an
# administrator.
Source = Literal["document", "dynamic", "registered"]
# How ids begin that clients get who register themselves.
SELF_REGISTERED = "dcr_"
AuthMethod = Literal["none", "client_secret_basic", "client_secret_post"]
GrantType = Literal["authorization_code", "refresh_token"]


class OAuthClient(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A client: what it says of itself, and what it proves who it is with (RFC 7591 §2).

    `scopes` are what it gets that asks for none. `secret_digest` is of its 256 random bits, in hex;
    none for public clients. `before` is how many clients of this id an administrator removed.
    """

    id: str
    source: Source
    name: str
    redirect_uris: tuple[str, ...]
    auth_method: AuthMethod = "none"
    grant_types: tuple[GrantType, ...] = ("authorization_code", "refresh_token")
    scopes: tuple[Scope, ...] = tuple(sorted(TOOL_SCOPES))
    secret_digest: str | None = None
    uri: str | None = None
    before: int = 0

    def may_land(self, redirect_uri: str) -> bool:
        """Whether a code may go there."""
        return any(is_same(registered, redirect_uri) for registered in self.redirect_uris)

    def proves(self, secret: str) -> bool:
        """Whether this is the client's secret."""
        return self.secret_digest is not None and compare_digest(
            self.secret_digest, digest_of(secret).hex()
        )


class ClientIdentity(NamedTuple):
    """As what a consent remembers a client: never its name, nor an id that it gets anew each time.

    `proved` tells whether nobody else can come as this client. What is not, is remembered in the
    browser of the consent only, and only while a grant lives (OAuth 2.1 §7.3.1).
    """

    key: str
    proved: bool


def identity_of(client: OAuthClient, redirect_uri: str) -> ClientIdentity:
    """Return a client's identity for codes that go to a redirect URI.

    On a site, the address is the proof: the code can go nowhere else. A client that registers
    itself has a new id with each registration, so there the address itself is the identity. What
    proves nothing never shares a consent with what does: it would come by the other's scopes.
    """
    proved = landing_of(redirect_uri) is Landing.HTTPS or client.auth_method != "none"
    if client.source == "dynamic" and landing_of(redirect_uri) is Landing.HTTPS:
        return ClientIdentity(f"redirect {redirect_uri}", proved=True)
    # What a removed client was allowed is not its successor's.
    nth = f" ({client.before + 1})" if client.before else ""
    return ClientIdentity(f"{'client' if proved else 'program'} {client.id}{nth}", proved)


def source_of(client_id: str) -> Source:
    """Say how a client got known, by its id alone."""
    if client_id.startswith(SELF_REGISTERED):
        return "dynamic"
    return "document" if "://" in client_id else "registered"


def hosts_of(client: OAuthClient, redirect_uri: str) -> frozenset[str]:
    """Return the hosts that an allow-list must name: where the code goes, and who says so."""
    hosts = {host_of(redirect_uri)}
    if client.source == "document":
        hosts.add(host_of(client.id))
    return frozenset(hosts)
