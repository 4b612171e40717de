"""One-time links: the first owner's way in, and the way to another password."""

from collections.abc import Callable
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import NamedTuple
from uuid import UUID

import msgspec

from api.sign_in.hashing import Hashing
from api.sign_in.passwords import accepted
from api.sign_in.people import People, Visitor
from api.sign_in.proof import Proved, hex_digest
from domain.agent import AddAgent
from domain.application import Helpdesk, Insider, Unauthorized, Wish
from domain.caller import insider, on_behalf
from domain.fact import Attribution, Via
from domain.ledger import NewPassword
from domain.password import IssueReset, SetPassword, password_of
from domain.permissions import Role
from domain.refusals import Code, Refused
from domain.role import counted
from domain.secret import LINK, encode_secret, is_well_formed
from domain.setup import SETUP, IssueLink

# Where links lead.
SETUP_PATH, PASSWORD_PATH = "/setup", "/password"
SETUP_LASTS = timedelta(hours=24)
RESET_LASTS = timedelta(hours=1)


class NewReset(NamedTuple):
    """A link's secret, to be shown once, and the command that makes the link."""

    secret: str
    command: IssueReset


def new_reset(agent: UUID, random: bytes, now: datetime) -> NewReset:
    """Make a link to set an agent's password of 32 random bytes. The rules say who may."""
    secret = encode_secret(LINK, random)
    until = now + RESET_LASTS
    return NewReset(secret, IssueReset(agent=agent, digest=hex_digest(secret), expires_at=until))


class Links:
    """Issues links, from inside the house, and does what whoever opens one asks."""

    def __init__(
        self, helpdesk: Helpdesk, hashing: Hashing, random: Callable[[int], bytes]
    ) -> None:
        self._helpdesk = helpdesk
        self._people = People(helpdesk)
        self._hashing = hashing
        self._random = random

    async def issue_setup(self, via: Via) -> str:
        """Issue the link for the first owner and return its secret; earlier ones are dead."""
        secret = encode_secret(LINK, self._random(32))
        until = self._helpdesk.now() + SETUP_LASTS
        command = IssueLink(digest=hex_digest(secret), expires_at=until)
        await self._helpdesk.execute(Insider(insider(via)), Wish(command))
        return secret

    async def issue_reset(self, agent: UUID, via: Via) -> str:
        """Issue the link to set an agent's password and return its secret; earlier ones are dead."""
        new = new_reset(agent, self._random(32), self._helpdesk.now())
        await self._helpdesk.execute(Insider(insider(via)), Wish(new.command))
        return new.secret

    async def has_owner(self) -> bool:
        """Whether the account has an owner: then nobody is set up any more."""
        ref = counted(Role.OWNER)
        held = (await self._helpdesk.states.refresh(ref)).state if ref else None
        return bool(held and held.holders)

    async def opens_setup(self, secret: str) -> bool:
        """Whether this is the living link of an account without an owner."""
        if not is_well_formed(LINK, secret):
            return False
        link = (await self._helpdesk.states.refresh(SETUP)).state
        return bool(
            link and self._is(secret, link.digest, link.expires_at) and not await self.has_owner()
        )

    async def opens_reset(self, agent: UUID, secret: str) -> bool:
        """Whether this is the living link to set the agent's password."""
        if not is_well_formed(LINK, secret):
            return False
        password = (await self._helpdesk.states.refresh(password_of(agent))).state
        reset = password.reset if password else None
        return bool(
            reset
            and self._is(secret, reset.digest, reset.expires_at)
            and await self._stands(reset.issuer, reset.credential)
        )

    async def found(self, name: str, email: str, password: str, by: Attribution) -> UUID:
        """Add the first owner, with a password; refuse where there is an owner already."""
        command = _owner(self._helpdesk.new_id(), name, email)
        made = await self._hashing.make(accepted(password, email, name))
        wish = Wish(command, password=NewPassword(command.agent, made))
        await self._helpdesk.execute(Insider(on_behalf(by)), wish)
        return command.agent

    async def found_by_link(
        self, secret: str, name: str, email: str, password: str, visitor: Visitor
    ) -> UUID:
        """Do the same for whoever has the link."""
        if not await self.opens_setup(secret):
            raise too_old()
        by = Attribution(via="panel", client=visitor.client, ip=visitor.ip)
        return await self.found(name, email, password, by)

    async def set_password(self, agent: UUID, secret: str, new: str, visitor: Visitor) -> None:
        """Set the password of the agent whom a link was made for; it opens nothing afterwards."""
        ledger = self._helpdesk.ledger
        authority = await ledger.authority()
        person = await self._people.by_id(agent)
        if person is None or not await self.opens_reset(agent, secret):
            raise too_old()
        made = await self._hashing.make(accepted(new, person.email, person.name))
        by = await self._people.attributed(person, visitor)

        async def still_opens() -> bool:
            return await self.opens_reset(agent, secret)

        command = SetPassword(agent=agent, reset_digest=hex_digest(secret))
        wish = Wish(command, password=NewPassword(agent, made))
        proved = Proved(by, authority, ledger, still_opens)
        try:
            await self._helpdesk.execute(proved, wish)
        except Unauthorized:
            raise too_old() from None

    async def _stands(self, issuer: UUID | None, credential: UUID | None) -> bool:
        """Whether the credential that a link was made with opens the door; True without any."""
        if issuer is None or credential is None:
            return True
        ends_at = await self._helpdesk.ledger.ends_at(issuer, credential)
        return ends_at is not None and ends_at > self._helpdesk.now()

    def _is(self, secret: str, digest: str, expires_at: datetime) -> bool:
        return expires_at > self._helpdesk.now() and compare_digest(hex_digest(secret), digest)


def setup_url(base_url: str, secret: str) -> str:
    """Return the link for the first owner."""
    return f"{base_url}{SETUP_PATH}?token={secret}"


def password_url(base_url: str, agent: UUID, secret: str) -> str:
    """Return the link by which an agent sets a password."""
    return f"{base_url}{PASSWORD_PATH}?agent={agent}&token={secret}"


def too_old() -> Refused:
    """Make the refusal for a link that opens nothing."""
    return Refused(Code.NOT_FOUND, "This link was used already or is too old. Ask for a new one.")


def _owner(agent: UUID, name: str, email: str) -> AddAgent:
    given = {"agent": agent, "name": name.strip(), "email": email.strip()}
    owner = {"role": Role.OWNER.value, "first": True, "with_password": True}
    try:
        return msgspec.convert({**given, **owner}, AddAgent)
    except msgspec.ValidationError as error:
        sentence = (
            "This is no e-mail address."
            if "$.email" in str(error)
            else "Write a name of 1 to 200 characters."
        )
        raise Refused(Code.INVALID_ARGUMENTS, sentence) from None
