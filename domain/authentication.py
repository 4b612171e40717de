"""From a presented secret to a caller: whom it stands for, and what that agent may do right now."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from domain.agent.rules import AGENT
from domain.application import Unauthorized
from domain.caller import Caller
from domain.decider import Ref
from domain.fact import Attribution, Client, Via
from domain.ledger import CredentialFound, Ledger
from domain.permissions import Scope, within
from domain.role import counted, rights_of
from domain.secret import ACCESS_TOKEN, APP_TOKEN, SESSION, digest_of, is_well_formed
from domain.states import States

_VIA: dict[str, Via] = {ACCESS_TOKEN: "token", SESSION: "panel", APP_TOKEN: "app"}
_KINDS = {ACCESS_TOKEN: "token", SESSION: "session", APP_TOKEN: "app"}


class _Kept(msgspec.Struct):
    """A caller as it was read, and when it last spoke in this process."""

    caller: Caller
    seen_at: datetime


class Authenticator:
    """Keeps callers by the digest of their secret.

    A kept caller may be out of date: it names the authority number it was read under, and an
    append refuses it as stale once that has turned. So nothing here needs to be told of changes.
    Sessions that were idle for longer than `idle` are over. Tokens of apps are good for `resource`
    only, which is ours (RFC 8707 §2.2).
    """

    def __init__(
        self,
        ledger: Ledger,
        states: States,
        now: Callable[[], datetime],
        *,
        idle: timedelta = timedelta(days=1),
        resource: str = "",
        size: int = 10_000,
    ) -> None:
        self._ledger = ledger
        self._states = states
        self._now = now
        self._idle = idle
        self._resource = resource
        self._size = size
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._used: dict[UUID, datetime] = {}

    async def identify(
        self,
        secret: str,
        client: Client | None,
        ip: str | None,
        *,
        prefix: str = ACCESS_TOKEN,
        via: Via | None = None,
    ) -> "Bearer":
        """Return who presents the secret, which must have the prefix.

        Raises `Unauthorized`, or `Unavailable`. What cannot be a secret of ours (prefix, length,
        checksum) costs no database read.
        """
        if not is_well_formed(prefix, secret):
            raise Unauthorized
        digest = digest_of(secret)
        now = self._now()
        kept = self._kept.get(digest)
        if kept is None or self._is_idle(prefix, kept.seen_at, now):
            caller = await self.read(digest, prefix)
        elif kept.caller.expires_at and kept.caller.expires_at <= now:
            raise Unauthorized
        else:
            self._kept.move_to_end(digest)
            kept.seen_at = now
            caller = kept.caller
        before = None
        if credential := caller.by.credential:
            before = self._used.get(credential)
            self._used[credential] = now
        return Bearer(
            self,
            (digest, prefix),
            caller,
            client,
            ip=ip,
            via=via or _VIA[prefix],
            used_before=before,
        )

    def take_back_use(self, credential: UUID, before: datetime | None) -> None:
        """Forget a use that came to nothing: what is revoked was not used since."""
        if before is None:
            self._used.pop(credential, None)
        else:
            self._used[credential] = before

    async def read(self, digest: bytes, prefix: str) -> Caller:
        """Read a caller from the log, whatever is kept of it."""
        self._kept.pop(digest, None)
        # The number first: rights read after it are at least as new.
        found = await self._ledger.find_credential(digest)
        now = self._now()
        if found is None or found.kind != _KINDS[prefix] or found.expires_at <= now:
            raise Unauthorized
        if found.app and found.app.resource != self._resource:
            raise Unauthorized
        seen_at = max(found.used_at or found.since, self._used.get(found.credential, found.since))
        if self._is_idle(prefix, seen_at, now):
            raise Unauthorized
        caller = await self._caller(found, _VIA[prefix])
        self._kept[digest] = _Kept(caller, now)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return caller

    async def write_down_uses(self) -> None:
        """Store when credentials were last used, for those used since the last time.

        Raises `Unavailable`; nothing is lost then.
        """
        uses, self._used = self._used, {}
        if not uses:
            return
        try:
            await self._ledger.note_used(uses)
        except BaseException:
            self._used = uses | self._used
            raise

    async def confirm(self, bearer: "Bearer") -> None:
        """Make sure that a caller is up to date, for answers that append nothing."""
        if await self._ledger.authority() != bearer.caller.authority:
            await bearer.renew()

    def _is_idle(self, prefix: str, seen_at: datetime, now: datetime) -> bool:
        return prefix == SESSION and now - seen_at > self._idle

    async def _caller(self, found: CredentialFound, via: Via) -> Caller:
        agent = (await self._states.refresh(Ref(AGENT, found.agent))).state
        if agent is None or not agent.active:
            raise Unauthorized
        ref = counted(agent.role)
        role = rights_of(agent.role, (await self._states.refresh(ref)).state if ref else None)
        # A scope of a later release allows nothing in this one.
        scopes = frozenset(scope for scope in Scope if scope in found.scopes)
        app = found.app
        return Caller(
            by=Attribution(
                via=via,
                agent=found.agent,
                role=role.name,
                credential=found.credential,
                client=Client(app.client_name, id=app.client_id) if app else None,
            ),
            permissions=within(role.permissions, scopes),
            granted=role.permissions,
            scopes=scopes,
            departments=agent.departments,
            authority=found.authority,
            expires_at=found.expires_at,
        )


class Bearer:
    """The identity of one request: a secret's caller, as it speaks here.

    `secret` is its digest and prefix.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        secret: tuple[bytes, str],
        caller: Caller,
        client: Client | None,
        *,
        ip: str | None,
        via: Via,
        used_before: datetime | None,
    ) -> None:
        self._authenticator = authenticator
        self._digest, self._prefix = secret
        self._client = client
        self._ip = ip
        self._via: Via = via
        self._used_before = used_before
        self._was_alive = False
        self.caller = self._speaking(caller)

    async def renew(self) -> None:
        """Read the caller anew. Raises `Unauthorized` when the credential is dead by now."""
        try:
            caller = await self._authenticator.read(self._digest, self._prefix)
        except Unauthorized:
            credential = self.caller.by.credential
            if credential and not self._was_alive:
                self._authenticator.take_back_use(credential, self._used_before)
            raise
        self._was_alive = True
        self.caller = self._speaking(caller)

    async def confirm(self) -> None:
        """Make sure that the caller is up to date, for an answer that appends nothing."""
        await self._authenticator.confirm(self)
        self._was_alive = True

    def speaks_as(self, client: Client) -> None:
        """Note what the client calls itself, once the request's body has told."""
        self._client = client
        self.caller = self._speaking(self.caller)

    def _speaking(self, caller: Caller) -> Caller:
        return caller.through(self._client, self._ip, self._via)
