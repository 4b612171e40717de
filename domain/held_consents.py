"""What can happen to an agent's consents to apps, and which of them stand."""

from collections.abc import Iterable
from typing import ClassVar, Literal, assert_never
from uuid import UUID, uuid5

from msgspec import Struct
from msgspec.structs import replace

from domain.decider import Command, Context, Decider, On, Ref
from domain.fact import Fact
from domain.permissions import Scope
from domain.redirects import without_port

_NAMESPACE = UUID("5b1f6f0e-7d0a-5f43-9f0d-6f2f4a1f8c37")

WhyRevoked = Literal["revoked", "password_reset", "deactivated"]
WhyEnded = Literal["revoked_by_client", "code_reused", "refresh_token_reused"]


class Granted(Fact, frozen=True):
    """An agent let a client act in the agent's name.

    `identity` is as what the client is remembered (`domain.oauth_client`), `grant` is the one that
    this approval began, `browser` the SHA-256 of 256 random bits that this browser keeps.
    """

    topic: ClassVar[str] = "consent.granted"
    consent: UUID
    agent: UUID
    identity: str
    client_id: str
    client_name: str
    redirect_uri: str
    resource: str
    scopes: tuple[Scope, ...]
    grant: UUID
    browser: str | None = None


class Widened(Fact, frozen=True):
    """An agent said yes again, to more: `scopes` are all that stand from now on."""

    topic: ClassVar[str] = "consent.widened"
    consent: UUID
    client_id: str
    client_name: str
    redirect_uri: str
    scopes: tuple[Scope, ...]
    was: tuple[Scope, ...]
    grant: UUID
    browser: str | None = None


class Reused(Fact, frozen=True):
    """A client connected again within what stands: silently, unless the agent was `asked`."""

    topic: ClassVar[str] = "consent.reused"
    consent: UUID
    client_id: str
    redirect_uri: str
    scopes: tuple[Scope, ...]
    grant: UUID
    asked: bool = False


class Declined(Fact, frozen=True):
    topic: ClassVar[str] = "consent.declined"
    identity: str
    client_id: str
    client_name: str
    redirect_uri: str
    resource: str
    scopes: tuple[Scope, ...]


class Revoked(Fact, frozen=True):
    """The client may do nothing any more: its tokens are dead, and it has to ask anew."""

    topic: ClassVar[str] = "consent.revoked"
    turns_authority: ClassVar[bool] = True
    consent: UUID
    why: WhyRevoked = "revoked"


class GrantEnded(Fact, frozen=True):
    """All that came of one approval is dead, since a secret of it came twice or was given back."""

    topic: ClassVar[str] = "consent.grant_ended"
    turns_authority: ClassVar[bool] = True
    consent: UUID
    grant: UUID
    why: WhyEnded


ConsentFact = Granted | Widened | Reused | Declined | Revoked | GrantEnded
FACTS: tuple[type[Fact], ...] = (Granted, Widened, Reused, Declined, Revoked, GrantEnded)


class Consent(Struct, frozen=True):
    """What an agent allows one client: it holds for these landings and, unproved, browsers."""

    id: UUID
    scopes: frozenset[Scope]
    landings: frozenset[str]
    browsers: frozenset[str]


class Consents(Struct, frozen=True):
    """The consents that stand, by the client's identity and the resource."""

    standing: dict[tuple[str, str], Consent]

    def by_id(self, consent: UUID) -> Consent | None:
        return next((one for one in self.standing.values() if one.id == consent), None)


NONE = Consents({})


def stream_of_consents(agent: UUID) -> UUID:
    """Return the id of the one stream that holds all consents of an agent."""
    return uuid5(_NAMESPACE, str(agent))


def evolve(consents: Consents | None, fact: ConsentFact) -> Consents:
    current = consents or NONE
    match fact:
        case Granted():
            consent = Consent(fact.consent, frozenset(), frozenset(), frozenset())
            key = (fact.identity, fact.resource)
            return Consents({**current.standing, key: _grown(consent, fact)})
        case Widened():
            return Consents(
                {
                    key: _grown(one, fact) if one.id == fact.consent else one
                    for key, one in current.standing.items()
                }
            )
        case Revoked():
            left = {key: one for key, one in current.standing.items() if one.id != fact.consent}
            return Consents(left)
        case Reused() | Declined() | GrantEnded():
            return current
        case _:
            assert_never(fact)


def _grown(consent: Consent, fact: Granted | Widened) -> Consent:
    return replace(
        consent,
        scopes=consent.scopes | set(fact.scopes),
        landings=consent.landings | {without_port(fact.redirect_uri)},
        browsers=consent.browsers | ({fact.browser} if fact.browser else set[str]()),
    )


def _decide(state: Consents | None, command: Command, context: Context) -> tuple[Fact, ...]:
    raise NotImplementedError("these are for the facts that other aggregates' commands lead to")


def consents_held_by(agent: UUID) -> Ref[Consents]:
    """Return an agent's consents for others' rules, whom the consents' own rules build on."""
    return Ref(Decider("consent", _decide, evolve), stream_of_consents(agent))


def all_revoked(agent: UUID, why: WhyRevoked, context: Context) -> Iterable[On]:
    """Revoke whatever the agent ever allowed a client."""
    ref = consents_held_by(agent)
    if held := context.state(ref):
        for consent in held.standing.values():
            yield On(ref, Revoked(consent=consent.id, why=why))
