"""Setting passwords, and the one-time links that let their owners set them anew.

A password's hash is in no fact: the append puts it into an inline table (`Append.password`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hmac import compare_digest
from typing import Any, ClassVar, assert_never
from uuid import UUID

from domain.agent.reach import counting, require_giving, require_own, rights_in
from domain.agent.rules import AGENT, Agent
from domain.caller import Caller
from domain.decider import Command, Context, Decider, On, Ref, existing
from domain.fact import Attribution, Fact
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
from domain.permissions import Permission
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
    "require_linking",
]


class SetPassword(Command, frozen=True):
    """Set an agent's password; its hash goes beside the command.

    With the digest of a link, the link must be alive, and the caller has made sure that so is the
    credential that it was made with. Without one the caller has made sure that it is the agent who
    asks. Either way the caller is inside the house.
    """

    permission: ClassVar[None] = None
    agent: UUID
    reset_digest: str | None = None


class IssueReset(Command, frozen=True):
    """Issue a link to set a password; the last one issued is the one that counts."""

    permission: ClassVar[Permission] = Permission.AGENTS_MANAGE
    agent: UUID
    digest: str
    expires_at: datetime


PasswordCommand = SetPassword | IssueReset


def password_of(agent: UUID) -> Ref[Password]:
    """Return the stream of an agent's password."""
    return Ref(PASSWORD, stream_of_password(agent))


def needs(password: Password | None, command: PasswordCommand) -> Iterable[Ref[Any]]:
    yield Ref(AGENT, command.agent)
    if isinstance(command, SetPassword):
        yield consents_held_by(command.agent)
        if issuer := _issuer_of(password, command):
            yield Ref(AGENT, issuer)


def then_needs(
    password: Password | None, command: PasswordCommand, states: Mapping[UUID, Any]
) -> Iterable[Ref[Any]]:
    agents = (command.agent, _issuer_of(password, command))
    for agent in (states.get(key) for key in agents if key):
        yield from counting(agent.role) if agent else ()


def _issuer_of(password: Password | None, command: PasswordCommand) -> UUID | None:
    """Return the agent by whose link the password is to be set, if there is such a one."""
    by_link = isinstance(command, SetPassword) and command.reset_digest is not None
    return password.reset.issuer if by_link and password and password.reset else None


def decide(
    password: Password | None, command: PasswordCommand, context: Context
) -> Iterable[Fact | On]:
    if isinstance(command, SetPassword):
        context.caller.require_inside()
    agent = existing(context.state(Ref(AGENT, command.agent)), "agent")
    if isinstance(command, IssueReset):
        require_linking(command.agent, agent, context)
    if not agent.active or not agent.seat or not agent.email:
        raise Refused(Code.AGENT_UNAVAILABLE, f"{agent.name} cannot sign in.")
    match command:
        case SetPassword():
            if command.reset_digest is not None and not (
                _opens(password, command, context)
                and _issuer_may(_issuer_of(password, command), command.agent, agent, context)
            ):
                raise Refused(
                    Code.NOT_FOUND, "This link was used already or is too old. Ask for a new one."
                )
            yield PasswordSet(agent=command.agent)
            if command.reset_digest is not None:
                # Whoever had the account before may have connected apps of their own.
                yield from all_revoked(command.agent, "password_reset", context)
        case IssueReset():
            caller = context.caller
            yield ResetIssued(
                digest=command.digest,
                expires_at=command.expires_at,
                issuer=None if caller.inside else caller.agent,
                credential=None if caller.inside else caller.by.credential,
            )
        case _:
            assert_never(command)


def require_linking(key: UUID, agent: Agent, context: Context) -> None:
    """Refuse unless the caller may make a link to set the agent's password.

    Whoever has the link can act in the agent's name. So it takes what adding such an agent would,
    and a credential that is good for all that the agent may. One's own password takes the old one.
    """
    caller = context.caller
    if caller.inside:
        return
    caller.require(Permission.AGENTS_MANAGE)
    if caller.agent == key:
        raise Refused(
            Code.PERMISSION_DENIED,
            "This is your own account: change your password with the one that you have.",
        )
    require_giving(agent.role, context)
    require_own(agent.departments, context)
    for permission in sorted(rights_in(agent.role, context).permissions):
        caller.require(permission)


def _issuer_may(issuer: UUID | None, key: UUID, agent: Agent, context: Context) -> bool:
    """Whether who made a link could still make it: else it would outlive its maker's access."""
    if issuer is None:
        return True
    by = existing(context.state(Ref(AGENT, issuer)), "agent")
    if not by.active or not by.seat:
        return False
    rights = rights_in(by.role, context).permissions
    caller = Caller(
        by=Attribution(via="panel", agent=issuer),
        permissions=rights,
        granted=rights,
        departments=by.departments,
    )
    try:
        require_linking(key, agent, context._replace(caller=caller))
    except Refused:
        return False
    return True


def _opens(password: Password | None, command: SetPassword, context: Context) -> bool:
    reset = password.reset if password else None
    return (
        reset is not None
        and reset.expires_at > context.now
        and compare_digest(reset.digest, command.reset_digest or "")
    )


PASSWORD: Decider[Password] = Decider("password", decide, evolve, needs, then_needs)
