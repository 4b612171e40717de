"""Where everything of the authorization server is, made of the one configured address."""

from typing import NamedTuple
from urllib.parse import urlsplit

from domain.redirects import LOOPBACK_HOSTS

# The MCP endpoint: the one protected resource.
RESOURCE = "/public/api/mcp"

AUTHORIZE = "/oauth/authorize"
CONSENT = "/oauth/consent"  # where the page's form goes
TOKEN = "/oauth/token"  # noqa: S105 - a path
REVOKE = "/oauth/revoke"
REGISTER = "/oauth/register"

# RFC 9728 §3.1: with the resource's path behind it, and at the root for clients that ask there.
RESOURCE_METADATA = f"/.well-known/oauth-protected-resource{RESOURCE}"
RESOURCE_METADATA_ROOT = "/.well-known/oauth-protected-resource"
# RFC 8414 §3, OpenID Connect Discovery §4: the issuer is a bare origin, so nothing stands behind.
SERVER_METADATA = "/.well-known/oauth-authorization-server"
OPENID_METADATA = "/.well-known/openid-configuration"


class Locations(NamedTuple):
    """Absolute addresses. `issuer` is the configured origin, without a slash at its end."""

    issuer: str

    @property
    def is_safe(self) -> bool:
        """Whether clients sign people in there: by https, or on this machine (OAuth 2.1 §1.5)."""
        split = urlsplit(self.issuer)
        return split.scheme == "https" or split.hostname in LOOPBACK_HOSTS

    @property
    def resource(self) -> str:
        return f"{self.issuer}{RESOURCE}"

    @property
    def resource_metadata(self) -> str:
        return f"{self.issuer}{RESOURCE_METADATA}"

    @property
    def authorize(self) -> str:
        return f"{self.issuer}{AUTHORIZE}"

    @property
    def token(self) -> str:
        return f"{self.issuer}{TOKEN}"

    @property
    def revoke(self) -> str:
        return f"{self.issuer}{REVOKE}"

    @property
    def register(self) -> str:
        return f"{self.issuer}{REGISTER}"

    def names_us(self, resource: str) -> bool:
        """Whether a `resource` parameter means our one resource (RFC 8707 §2).

        Clients also send the origin alone, or a slash at the end; what we emit is always canonical.
        """
        return resource.rstrip("/") in {self.resource, self.issuer}
