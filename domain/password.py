"""Setting passwords, and the one-time links that let their owners set them anew.

A password's hash is in no fact: the append puts it into an inline table (`Append.password`).
"""

from collections.abc import Iterable
from datetime import datetime
from hmac import compare_digest
from typing import Any, ClassVar, assert_never
from uuid import UUID

from domain.agent.rules import AGENT
from domain.decider import Command, Context, Decider, On, Ref, existing
from domain.fact import Fact
from domain.held_consents import all_revoked, consents_held_by
from domain.held_password import (
    FACTS,
    Password,
    PasswordFact,
    PasswordSet,
    ResetIssued,
    evolve,
    stream_of_password,
)
from domain.refusals import Code, Refused

__all__ = [
    "FACTS",
    "PASSWORD",
    "IssueReset",
    "Password",
    "PasswordCommand",
    "PasswordFact",
    "PasswordSet",
    "ResetIssued",
    "SetPassword",
    "password_of",
]


class SetPassword(Command, frozen=True):
    """Set an agent's password; its hash goes beside the command.

    With the digest of a link, the link must be alive. Without one the caller has made sure that it
    is the agent who asks, and is inside the house.
    """

    permission: ClassVar[None] = None
    agent: UUID
    reset_digest: str | None = None


class IssueReset(Command, frozen=True):
    """Issue a link to set a password; the last one issued is the one that counts.

    For callers inside the house: whoever has the link can act in the agent's name.
    """

    permission: ClassVar[None] = None
    agent: UUID
    digest: str
    expires_at: datetime


PasswordCommand = SetPassword | IssueReset


def password_of(agent: UUID) -> Ref[Password]:
    """Return the stream of an agent's password."""
    return Ref(PASSWORD, stream_of_password(agent))


def needs(_password: Password | None, command: PasswordCommand) -> Iterable[Ref[Any]]:
    yield Ref(AGENT, command.agent)
    if isinstance(command, SetPassword):
        yield consents_held_by(command.agent)


def decide(
    password: Password | None, command: PasswordCommand, context: Context
) -> Iterable[Fact | On]:
    context.caller.require_inside()
    agent = existing(context.state(Ref(AGENT, command.agent)), "agent")
    if not agent.active or not agent.seat or not agent.email:
        raise Refused(Code.AGENT_UNAVAILABLE, f"{agent.name} cannot sign in.")
    match command:
        case SetPassword():
            if command.reset_digest is not None and not _opens(password, command, context):
                raise Refused(
                    Code.NOT_FOUND, "This link was used already or is too old. Ask for a new one."
                )
            yield PasswordSet(agent=command.agent)
            if command.reset_digest is not None:
                # Whoever had the account before may have connected apps of his own.
                yield from all_revoked(command.agent, "password_reset", context)
        case IssueReset():
            yield ResetIssued(digest=command.digest, expires_at=command.expires_at)
        case _:
            assert_never(command)


def _opens(password: Password | None, command: SetPassword, context: Context) -> bool:
    reset = password.reset if password else None
    return (
        reset is not None
        and reset.expires_at > context.now
        and compare_digest(reset.digest, command.reset_digest or "")
    )


PASSWORD: Decider[Password] = Decider("password", decide, evolve, needs)
