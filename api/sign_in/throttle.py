"""The port to counted attempts, and what an attempt counts on: an account, a network, a session."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from api.rates import network_of

FORGOTTEN_AFTER = timedelta(days=1)

_FREE = 5
_FREE_BY_NETWORK = 30  # an office behind one address, on a Monday morning
_LONGEST = timedelta(minutes=15)
# Anybody can fail in another's name. So that this keeps nobody out for good, an account waits but
# briefly; what stops a guesser is the long wait of each network, and a hash that takes its time.
_LONGEST_BY_ACCOUNT = timedelta(seconds=30)
_MOST_DOUBLINGS = 20


class Tried(NamedTuple):
    """One thing that an attempt counts on: failures in a row that cost nothing, and the longest wait."""

    key: bytes
    free: int
    longest: timedelta

    def delay(self, failures: int) -> timedelta:
        """Return how long the next attempt must wait after so many failures in a row."""
        if failures < self.free:
            return timedelta()
        doublings = min(failures - self.free, _MOST_DOUBLINGS)
        return min(timedelta(seconds=2 << doublings), self.longest)


class Throttle(Protocol):
    """Counts attempts over all server processes. Raises `Unavailable`."""

    async def take(self, tried: Sequence[Tried], now: datetime) -> datetime | None:
        """Count an attempt before it is made, as if it had failed; None when it may be made.

        Otherwise nothing is counted, and the moment is returned from which on it may.
        """
        ...

    async def give_back(self, tried: Sequence[Tried]) -> None:
        """Take back the count of an attempt that was not made after all."""
        ...

    async def succeeded(self, whose: Tried, others: Sequence[Tried]) -> None:
        """Forget the failures of whoever got in; take this attempt from what else it counted on."""
        ...


def account(email: str) -> Tried:
    """Return what attempts on an address count on, whether or not anybody has it."""
    return Tried(_digest("account", email.strip().casefold()), _FREE, _LONGEST_BY_ACCOUNT)


def network(ip: str | None) -> list[Tried]:
    """Return what attempts from there count on; nothing where there is no telling."""
    if ip is None:
        return []
    return [Tried(_digest("network", network_of(ip)), _FREE_BY_NETWORK, _LONGEST)]


def session(credential: UUID) -> Tried:
    """Return what attempts of somebody who is signed in count on, which no stranger reaches."""
    return Tried(_digest("session", str(credential)), _FREE, _LONGEST)


def _digest(kind: str, word: str) -> bytes:
    return hashlib.sha256(f"{kind}:{word}".encode(errors="surrogatepass")).digest()
