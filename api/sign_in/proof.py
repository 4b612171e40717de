"""Identities of people who have just proved who they are, for what only the house may do."""

from collections.abc import Awaitable, Callable

import msgspec

from domain.application import Unauthorized
from domain.caller import Caller, on_behalf
from domain.fact import Attribution
from domain.ledger import Ledger
from domain.secret import digest_of

Check = Callable[[], Awaitable[bool]]


class Proved:
    """An identity that holds for as long as its proof does.

    What it does is appended only under the authority number that was read before the proof; where
    that has turned meanwhile (another password, say), the proof is looked at again.
    """

    def __init__(self, by: Attribution, authority: int, ledger: Ledger, check: Check) -> None:
        self._ledger = ledger
        self._check = check
        self.caller: Caller = msgspec.structs.replace(on_behalf(by), authority=authority)

    async def renew(self) -> None:
        """Look at the proof again. Raises `Unauthorized` when it holds no longer."""
        authority = await self._ledger.authority()
        if not await self._check():
            raise Unauthorized
        self.caller = msgspec.structs.replace(self.caller, authority=authority)


def hex_digest(secret: str) -> str:
    """Return a secret's digest as facts have it."""
    return digest_of(secret).hex()
