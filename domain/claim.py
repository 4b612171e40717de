"""Claims: a word that only one may hold, made unique by a stream of its own."""

from typing import ClassVar, assert_never
from uuid import UUID, uuid5

from domain.decider import Command, Context, Decider, Ref
from domain.fact import Fact

# What words are claimed for; stored with each claim.
AGENT_EMAIL = "agent-email"
DEPARTMENT_NAME = "department-name"
ROLE_NAME = "role-name"

_NAMESPACE = UUID("8f5a1d0e-6c3b-5b0e-9a77-0d9f6a3f2c11")


class Claimed(Fact, frozen=True):
    """A word (an address, a name) belongs to `holder` from now on."""

    topic: ClassVar[str] = "claim.claimed"
    kind: str
    holder: UUID


class Released(Fact, frozen=True):
    """A word is free again."""

    topic: ClassVar[str] = "claim.released"
    kind: str


ClaimFact = Claimed | Released
FACTS: tuple[type[Fact], ...] = (Claimed, Released)


def _decide(state: UUID | None, command: Command, context: Context) -> tuple[Fact, ...]:
    raise NotImplementedError("claims are made by other aggregates' commands")


def _evolve(_state: UUID | None, fact: ClaimFact) -> UUID | None:
    match fact:
        case Claimed():
            return fact.holder
        case Released():
            return None
        case _:
            assert_never(fact)


CLAIM: Decider[UUID | None] = Decider("claim", _decide, _evolve)


def claim_of(kind: str, word: str) -> Ref[UUID | None]:
    """Return the stream of a word; case and surrounding space do not tell two words apart."""
    return Ref(CLAIM, uuid5(_NAMESPACE, f"{kind}:{word.strip().casefold()}"))
