"""Signing in and out, and changing one's own password."""

import contextlib
import math
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import timedelta
from typing import NamedTuple, NoReturn
from uuid import UUID

from api.rates import RateLimited
from api.sign_in import throttle as counted_on
from api.sign_in.hashing import Hashing
from api.sign_in.passwords import accepted, spelled
from api.sign_in.people import People, Person, Visitor
from api.sign_in.proof import Proved, hex_digest
from api.sign_in.throttle import Throttle, Tried
from domain.application import Helpdesk, Unauthorized, Wish
from domain.authentication import Bearer
from domain.fact import Attribution
from domain.ledger import NewPassword, Unavailable
from domain.password import SetPassword
from domain.refusals import Code, Refused
from domain.secret import SESSION, encode_secret
from domain.session import CloseSession, OpenSession, Why

WRONG = "The address or the password is not right. Try again, or ask an administrator for a link."


class SignedIn(NamedTuple):
    """A session just opened: its secret, and the position from which views show it."""

    secret: str
    position: int


class SignIn:
    """What leads to a session and away from it. Sessions last for `lasting`, at most.

    Every password that is tried counts as a failure before it is looked at, so that attempts side
    by side are no way around; too many are refused with `RateLimited`. Only what shows whether a
    password is right counts in the end.
    """

    def __init__(
        self,
        helpdesk: Helpdesk,
        hashing: Hashing,
        throttle: Throttle,
        random: Callable[[int], bytes],
        lasting: timedelta,
    ) -> None:
        self._helpdesk = helpdesk
        self._people = People(helpdesk)
        self._hashing = hashing
        self._throttle = throttle
        self._random = random
        self._lasting = lasting

    async def sign_in(self, email: str, password: str, visitor: Visitor) -> SignedIn:
        """Open a session; refuse with the same words an unknown address and a wrong password."""
        tried, networks = counted_on.account(email), counted_on.network(visitor.ip)
        async with self._counted(tried, networks):
            authority = await self._helpdesk.ledger.authority()
            person = await self._people.by_address(email)
            made = person.hash if person else None
            password = spelled(password)
            if not await self._hashing.verify(made, password) or person is None or made is None:
                _wrong()
            by = await self._people.attributed(person, visitor)

            async def still_right() -> bool:
                return await self._people.by_address(email) == person

            renewed = None
            if self._hashing.is_outdated(made):
                renewed = NewPassword(person.id, await self._hashing.make(password))
            proved = Proved(by, authority, self._helpdesk.ledger, still_right)
            try:
                return await self._open(proved, person.id, renewed)
            except (Unauthorized, Refused):
                _wrong()  # the agent left, or has another password by now: that is not to be told

    async def sign_out(self, bearer: Bearer, why: Why = "signed_out") -> int:
        """End the bearer's session; return the position from which views show it."""
        session = bearer.caller.by.credential
        if session is None:
            raise Unauthorized
        wish = Wish(CloseSession(session=session, why=why))
        return (await self._helpdesk.execute(bearer, wish)).position

    async def change_password(self, bearer: Bearer, current: str, new: str) -> SignedIn:
        """Set one's own password, which ends all of one's sessions, and open a new session."""
        person = await self._person(bearer)
        new = accepted(new, person.email, person.name)
        by, authority = bearer.caller.by, bearer.caller.authority or 0
        if by.credential is None:
            raise Unauthorized
        # Strangers' failures must not keep anybody from this, nor this others from signing in: it
        # counts on the session alone. Whoever stole one cannot get at another one without password.
        async with self._counted(counted_on.session(by.credential)):
            if not await self._hashing.verify(person.hash, spelled(current)):
                raise Refused(Code.PERMISSION_DENIED, "The current password is not right.")
            made = NewPassword(person.id, await self._hashing.make(new))

            async def still_right() -> bool:
                await bearer.renew()
                return await self._people.by_id(person.id) == person

            proved = Proved(by, authority, self._helpdesk.ledger, still_right)
            wish = Wish(SetPassword(agent=person.id), password=made)
            await self._helpdesk.execute(proved, wish)
        return await self._reopen(person, made, by)

    async def _reopen(self, person: Person, made: NewPassword, by: Attribution) -> SignedIn:
        changed = person._replace(hash=made.hash)

        async def still_right() -> bool:
            return await self._people.by_id(person.id) == changed

        ledger = self._helpdesk.ledger
        proved = Proved(by, await ledger.authority(), ledger, still_right)
        await proved.renew()
        return await self._open(proved, person.id)

    async def _open(
        self, proved: Proved, agent: UUID, renewed: NewPassword | None = None
    ) -> SignedIn:
        secret = encode_secret(SESSION, self._random(32))
        command = OpenSession(
            session=self._helpdesk.new_id(),
            agent=agent,
            digest=hex_digest(secret),
            expires_at=self._helpdesk.now() + self._lasting,
        )
        settled = await self._helpdesk.execute(proved, Wish(command, password=renewed))
        return SignedIn(secret, settled.position)

    async def _person(self, bearer: Bearer) -> Person:
        agent = bearer.caller.agent
        person = await self._people.by_id(agent) if agent else None
        if person is None:
            raise Unauthorized
        return person

    @contextlib.asynccontextmanager
    async def _counted(self, whose: Tried, others: Sequence[Tried] = ()) -> AsyncGenerator[None]:
        """Count an attempt as a failure, which it is unless the block ends well or by no answer."""
        now, tried = self._helpdesk.now(), [whose, *others]
        if until := await self._throttle.take(tried, now):
            raise RateLimited(max(math.ceil((until - now).total_seconds()), 1))
        try:
            yield
        except (RateLimited, Unavailable):
            with contextlib.suppress(Unavailable):
                await self._throttle.give_back(tried)
            raise
        # What the attempt was about is done: who got in must hear of it, whatever becomes of this.
        with contextlib.suppress(Unavailable):
            await self._throttle.succeeded(whose, others)


def _wrong() -> NoReturn:
    raise Refused(Code.PERMISSION_DENIED, WRONG)
