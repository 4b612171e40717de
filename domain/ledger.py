"""The port to the event store: what an append asks, and what it may answer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

import msgspec

from domain.fact import Event


class NewPassword(NamedTuple):
    """A password's hash on its way into the database, past all facts."""

    agent: UUID
    hash: str


class NewGrant(NamedTuple):
    """A grant with its code (its digest, in hex) on its way into the database, past all facts.

    Its consent is that of the fact that names it.
    """

    id: UUID
    agent: UUID
    client_id: str
    client_name: str
    redirect_uri: str
    redirect_given: bool
    scopes: Sequence[str]
    resource: str
    challenge: str
    code_digest: str
    code_expires_at: datetime


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the log: all of it is stored, or nothing.

    `guards` are (stream, version) pairs that must still be free: what the decision rested on.
    `instead` is stored, free of charge, where the budget refuses `units`.
    `authority` and `expires_at` are the caller's; None for callers inside the house.
    `claim` is the stream of an idempotency key among `events`.
    `password` and `grant` are put where they can be looked up, and nowhere else.
    """

    events: Sequence[Event]
    instead: Sequence[Event] = ()
    guards: Sequence[tuple[UUID, int]] = ()
    units: int = 0
    authority: int | None = None
    expires_at: datetime | None = None
    claim: UUID | None = None
    password: NewPassword | None = None
    grant: NewGrant | None = None


class Verdict(Enum):
    """What became of an append."""

    STORED = 0
    STALE = 1  # decided under an older authority: authenticate and decide again
    EXPIRED = 2  # the credential's time was over by the append's own clock
    REPEATED = 3  # the idempotency key is claimed: answer with what it holds
    CONFLICT = 4  # something it rested on has moved: load and decide again
    OVER_BUDGET = 5  # `instead` was stored


class BudgetLine(NamedTuple):
    """How the shared budget stands, in units, until `resets_at`."""

    limit: int
    used: int
    resets_at: datetime

    @property
    def remaining(self) -> int:
        return max(self.limit - self.used, 0)

    @property
    def period(self) -> date:
        """The first day (UTC) of the month that ends with `resets_at`."""
        return (self.resets_at - timedelta(days=1)).date().replace(day=1)


class Appended(NamedTuple):
    """The verdict with what the append saw; `position` is of the last event stored up to then."""

    verdict: Verdict
    position: int
    authority: int
    budget: BudgetLine


CredentialKind = Literal["token", "session", "app"]


class AppFound(NamedTuple):
    """The client that a credential was issued to, and the resource that it is for (RFC 8707)."""

    client_id: str
    client_name: str
    resource: str


class CredentialFound(NamedTuple):
    """A live credential, read together with the account's authority number.

    For an app's token, `credential` is the consent that it was issued under.

    `used_at` is when it was last used, as far as that was written down: about a minute late.
    """

    kind: CredentialKind
    credential: UUID
    agent: UUID
    scopes: Sequence[str]
    since: datetime
    expires_at: datetime
    used_at: datetime | None
    authority: int
    app: AppFound | None = None


class Unavailable(Exception):  # noqa: N818 - the field's word for 503
    """The database does not answer; nothing may be promised to anybody."""


class Ledger(Protocol):
    """The account's event store. Every method raises `Unavailable` when it is out of reach."""

    async def append(self, request: Append) -> Appended: ...

    async def load(self, stream: UUID, after: int = 0) -> Sequence[Event]:
        """Return the events of a stream above a version, in order."""
        ...

    async def load_many(self, streams: Iterable[UUID]) -> dict[UUID, Sequence[Event]]:
        """Return the whole streams; those without events are absent."""
        ...

    async def find_credential(self, digest: bytes) -> CredentialFound | None:
        """Look a secret's digest up among those not revoked; expiry is the append's to judge."""
        ...

    async def ends_at(self, agent: UUID, credential: UUID) -> datetime | None:
        """Return until when an agent's credential opens the door; None: it does no more."""
        ...

    async def find_password(self, agent: UUID) -> str | None:
        """Return the hash of an agent's password; None where none was ever set."""
        ...

    async def note_used(self, uses: Mapping[UUID, datetime]) -> None:
        """Write down when credentials were last used; later moments win."""
        ...

    async def last_used(self, credentials: Iterable[UUID]) -> dict[UUID, datetime]:
        """Return when credentials were last used; those never used are absent."""
        ...

    async def authority(self) -> int:
        """Return the account's authority number as it is now."""
        ...

    async def budget_line(self) -> BudgetLine:
        """Return how the budget stands now, though nothing was appended since the month turned."""
        ...

    async def having_events(self, streams: Iterable[UUID]) -> set[UUID]:
        """Return those of the streams that have any events."""
        ...

    async def next_ticket_number(self) -> int:
        """Draw the number from which the next ticket's code is made."""
        ...

    async def next_ticket_numbers(self, count: int) -> Sequence[int]:
        """Draw the numbers for so many tickets."""
        ...
