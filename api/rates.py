"""The port to the rate limits, and identification within them, which all gates share."""

from typing import Protocol
from uuid import UUID

from domain.application import Unauthorized
from domain.authentication import Bearer
from domain.fact import Client, Via
from domain.secret import ACCESS_TOKEN, is_well_formed


class RateLimited(Exception):  # noqa: N818 - the field's word for 429
    """Too many requests: the next may come in `retry_after` seconds, which are whole and above 0."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class RateLimiter(Protocol):
    """Counts requests over all server processes."""

    async def require(self, *, address: str | None = None, credential: UUID | None = None) -> None:
        """Count one request of the address, of the credential, or of both.

        Raises `RateLimited` where one of them has none left, and `Unavailable`.
        """
        ...


class Identify(Protocol):
    """As `Authenticator.identify`, and `Limited`."""

    async def __call__(
        self,
        secret: str,
        client: Client | None,
        ip: str | None,
        *,
        prefix: str = ACCESS_TOKEN,
        via: Via | None = None,
    ) -> Bearer: ...


class Limited:
    """Identifies within the limits; also raises `RateLimited`.

    What cannot be a secret of ours is refused before anything is counted, so junk costs no round
    trip. All else counts on its address, so that nobody tries secrets in numbers.
    """

    def __init__(self, identify: Identify, rates: RateLimiter) -> None:
        self._identify = identify
        self._rates = rates

    async def __call__(
        self,
        secret: str,
        client: Client | None,
        ip: str | None,
        *,
        prefix: str = ACCESS_TOKEN,
        via: Via | None = None,
    ) -> Bearer:
        if not is_well_formed(prefix, secret):
            raise Unauthorized
        await self._rates.require(address=ip)
        bearer = await self._identify(secret, client, ip, prefix=prefix, via=via)
        await self._rates.require(credential=bearer.caller.by.credential)
        return bearer
