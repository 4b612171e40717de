"""Setting an account up: the one-time link by which its first owner comes in."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, assert_never
from uuid import UUID

from msgspec import Struct

from domain.decider import Command, Context, Decider, Ref
from domain.fact import Fact


class LinkIssued(Fact, frozen=True):
    """A link was printed for the first owner; the last one counts, and only while there is none."""

    topic: ClassVar[str] = "setup.link_issued"
    digest: str
    expires_at: datetime


SetupFact = LinkIssued
FACTS: tuple[type[Fact], ...] = (LinkIssued,)


class IssueLink(Command, frozen=True):
    """Issue the link, from inside the house; `digest` is of its 256 random bits."""

    permission: ClassVar[None] = None
    digest: str
    expires_at: datetime


SetupCommand = IssueLink


class Link(Struct, frozen=True):
    digest: str
    expires_at: datetime


def decide(_link: Link | None, command: SetupCommand, context: Context) -> Iterable[Fact]:
    context.caller.require_inside()
    yield LinkIssued(digest=command.digest, expires_at=command.expires_at)


def evolve(_link: Link | None, fact: SetupFact) -> Link:
    match fact:
        case LinkIssued():
            return Link(fact.digest, fact.expires_at)
        case _:
            assert_never(fact)


SETUP: Ref[Link] = Ref(
    Decider("setup", decide, evolve), UUID("b6c0a9de-7b1f-5a0d-8c55-5f4b0f6f3a11")
)
