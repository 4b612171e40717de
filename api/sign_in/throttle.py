"""The port to counted attempts, and what an attempt counts on: the account and the network."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple, Protocol

_FREE_BY_ACCOUNT = 5
_FREE_BY_NETWORK = 30  # an office behind one address, on a Monday morning
_LONGEST = timedelta(minutes=15)
_LONGEST_DOUBLED = 20
FORGOTTEN_AFTER = timedelta(days=1)


class Tried(NamedTuple):
    """One thing that an attempt counts on, and how many failures in a row cost nothing."""

    key: bytes
    free: int

    def delay(self, failures: int) -> timedelta:
        """Return how long the next attempt must wait after so many failures in a row."""
        if failures < self.free:
            return timedelta()
        return min(timedelta(seconds=2 << min(failures - self.free, _LONGEST_DOUBLED)), _LONGEST)


class Throttle(Protocol):
    """Counts attempts over all server processes. Raises `Unavailable`."""

    async def take(self, tried: Sequence[Tried], now: datetime) -> datetime | None:
        """Count an attempt before it is made, as if it had failed; None when it may be made.

        Otherwise nothing is counted, and the moment is returned from which on it may.
        """
        ...

    async def succeeded(self, account: Tried, others: Sequence[Tried]) -> None:
        """Forget the account's failures; take this attempt from what else it was counted on."""
        ...


def account(email: str) -> Tried:
    """Return what attempts on an address count on, whether or not anybody has it."""
    return Tried(_digest("account", email.strip().casefold()), _FREE_BY_ACCOUNT)


def network(ip: str | None) -> list[Tried]:
    """Return what attempts from there count on: an IPv4 address, of IPv6 the /64."""
    try:
        address = ip_address((ip or "").partition("%")[0])
    except ValueError:
        return []
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    length = 64 if isinstance(address, IPv6Address) else 32
    whole = ip_network((address, length), strict=False)
    return [Tried(_digest("network", str(whole)), _FREE_BY_NETWORK)]


def _digest(kind: str, word: str) -> bytes:
    return hashlib.sha256(f"{kind}:{word}".encode(errors="surrogatepass")).digest()
