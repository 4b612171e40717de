"""From a presented secret to a caller: whom it stands for, and what that agent may do right now."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from domain.agent import AGENT
from domain.application import Unauthorized
from domain.caller import Caller
from domain.decider import Ref
from domain.fact import Attribution, Client
from domain.ledger import Ledger
from domain.permissions import permissions_of
from domain.secret import ACCESS_TOKEN, digest_of, is_well_formed
from domain.states import States


class Authenticator:
    """Keeps callers by the digest of their secret.

    A kept caller may be out of date: it names the authority number it was read under, and an
    append refuses it as stale once that has turned. So nothing here needs to be told of changes.
    """

    def __init__(
        self, ledger: Ledger, states: States, now: Callable[[], datetime], size: int = 10_000
    ) -> None:
        self._ledger = ledger
        self._states = states
        self._now = now
        self._size = size
        self._kept: OrderedDict[bytes, Caller] = OrderedDict()

    async def identify(self, secret: str, client: Client | None, ip: str | None) -> "Bearer":
        """Return who presents the secret. Raises `Unauthorized`, or `Unavailable`.

        What cannot be a token of ours (prefix, length, checksum) costs no database read.
        """
        if not is_well_formed(ACCESS_TOKEN, secret):
            raise Unauthorized
        digest = digest_of(secret)
        caller = self._kept.get(digest)
        if caller is None:
            caller = await self.read(digest)
        elif caller.expires_at and caller.expires_at <= self._now():
            raise Unauthorized
        else:
            self._kept.move_to_end(digest)
        return Bearer(self, digest, caller, client, ip)

    async def read(self, digest: bytes) -> Caller:
        """Read a caller from the log, whatever is kept of it."""
        self._kept.pop(digest, None)
        # The number first: rights read after it are at least as new.
        found = await self._ledger.find_credential(digest)
        if found is None or found.expires_at <= self._now():
            raise Unauthorized
        agent = (await self._states.refresh(Ref(AGENT, found.agent))).state
        if agent is None or not agent.active:
            raise Unauthorized
        caller = Caller(
            by=Attribution(
                via="token", agent=found.agent, role=agent.role.value, credential=found.credential
            ),
            permissions=permissions_of(agent.role),
            departments=agent.departments,
            authority=found.authority,
            expires_at=found.expires_at,
        )
        self._kept[digest] = caller
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return caller

    async def confirm(self, bearer: "Bearer") -> None:
        """Make sure that a caller is up to date, for answers that append nothing."""
        if await self._ledger.authority() != bearer.caller.authority:
            await bearer.renew()


class Bearer:
    """The identity of one request: a secret's caller, as it speaks here."""

    def __init__(
        self,
        authenticator: Authenticator,
        digest: bytes,
        caller: Caller,
        client: Client | None,
        ip: str | None,
    ) -> None:
        self._authenticator = authenticator
        self._digest = digest
        self._client = client
        self._ip = ip
        self.caller = caller.through(client, ip)

    async def renew(self) -> None:
        """Read the caller anew. Raises `Unauthorized` when the credential is dead by now."""
        caller = await self._authenticator.read(self._digest)
        self.caller = caller.through(self._client, self._ip)

    async def confirm(self) -> None:
        """Make sure that the caller is up to date, for an answer that appends nothing."""
        await self._authenticator.confirm(self)

    def speaks_as(self, client: Client) -> None:
        """Note what the client calls itself, once the request's body has told."""
        self._client = client
        self.caller = self.caller.through(client, self._ip)
