"""The port to the rate limits, which all gates share."""

from typing import Protocol
from uuid import UUID


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

    async def require_address(self, address: str | None) -> None:
        """Count one request of an address; None, where there is no telling, is let through.

        Raises `RateLimited` when it has none left, and `Unavailable`.
        """
        ...

    async def require_credential(self, credential: UUID | None) -> None:
        """Count one request of a credential, as `require_address` does."""
        ...
