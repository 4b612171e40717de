"""The port to the rate limits, which all gates share, and whom an address counts for."""

from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Protocol
from uuid import UUID

_NETWORK_BITS = 64


class RateLimited(Exception):  # noqa: N818 - the field's word for 429
    """Too many requests: the next may come in `retry_after` seconds, which are whole and above 0."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class RateLimiter(Protocol):
    """Counts requests over all server processes.

    A gate refuses what cannot be a secret of ours before it counts anything, so junk costs no round
    trip. All else counts on its address before it is looked up, so that nobody tries secrets in
    numbers, and then on its credential.
    """

    async def require_address(self, address: str | None, kind: str = "address") -> None:
        """Count one request of an address; None, where there is no telling, is let through.

        Each kind of requests is counted by itself, up to the same limit.
        Raises `RateLimited` when it has none left, and `Unavailable`.
        """
        ...

    async def require_credential(self, credential: UUID | None) -> None:
        """Count one request of a credential, as `require_address` does."""
        ...

    async def require(self, kind: str, key: str, limit: int) -> None:
        """Count something else that somebody may do so many times a minute, likewise."""
        ...


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return whom an IP address counts for: of IPv6, each customer has 64 bits alone (RFC 6177).

    What is no address, which only a proxy can hand over, counts as one.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    if not isinstance(ip, IPv6Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return str(IPv6Network((int(ip) >> _NETWORK_BITS << _NETWORK_BITS, _NETWORK_BITS)))
