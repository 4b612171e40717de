"""The rules of consent: what a client may do in an agent's name, and when the agent is not asked again."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, assert_never
from uuid import UUID

from domain.access_tokens import require_own_or_managed
from domain.agent.reach import counting
from domain.agent.rules import AGENT
from domain.clients import BEGINNING, CLIENTS, ClientPolicy
from domain.decider import Command, Context, Decider, Ref, existing
from domain.fact import Fact
from domain.held_consents import (
    FACTS,
    NONE,
    Consent,
    ConsentFact,
    Consents,
    Declined,
    Granted,
    GrantEnded,
    Reused,
    Revoked,
    WhyEnded,
    Widened,
    evolve,
    stream_of_consents,
)
from domain.oauth_client import OAuthClient, identity_of
from domain.permissions import TOOL_SCOPES, Permission, Scope
from domain.redirects import without_port
from domain.refusals import Code, Refused

__all__ = [
    "CONSENT",
    "FACTS",
    "ApproveApp",
    "Consent",
    "ConsentCommand",
    "ConsentFact",
    "Consents",
    "ContinueApp",
    "DeclineApp",
    "Declined",
    "EndGrant",
    "GrantEnded",
    "Granted",
    "Reused",
    "RevokeApp",
    "Revoked",
    "Widened",
    "consents_of",
    "remembered",
]


class AppCommand(Command, frozen=True):
    """What a client asks of the agent who is signed in, who alone can answer."""

    permission: ClassVar[Permission | None] = None
    agent: UUID
    client: OAuthClient
    redirect_uri: str
    resource: str
    scopes: tuple[Scope, ...]


class ApproveApp(AppCommand, frozen=True):
    """Say yes to a client, which takes what a token of one's own takes.

    `grant` is the new grant's id, `consent` the id in case that none stands yet, `browser` the
    digest of what the agent's browser keeps: a client that proves nothing is remembered there only.
    """

    permission: ClassVar[Permission] = Permission.TOKENS_OWN
    consent: UUID
    grant: UUID
    browser: str | None = None


class ContinueApp(AppCommand, frozen=True):
    """Let a client connect again without a question, where the consent is remembered.

    `lives`: whether anything issued under the consent can still be used.
    """

    permission: ClassVar[Permission] = Permission.TOKENS_OWN
    grant: UUID
    lives: bool
    browser: str | None = None


class DeclineApp(AppCommand, frozen=True):
    """Say no to a client; what stands already stays."""


class RevokeApp(Command, frozen=True):
    """Revoke a consent: one's own, or an agent's whose account the caller manages."""

    permission: ClassVar[None] = None
    agent: UUID
    consent: UUID


class EndGrant(Command, frozen=True):
    """End what came of one approval; from inside the house, on what a token endpoint saw."""

    permission: ClassVar[None] = None
    agent: UUID
    consent: UUID
    grant: UUID
    why: WhyEnded


ConsentCommand = ApproveApp | ContinueApp | DeclineApp | RevokeApp | EndGrant


def consents_of(agent: UUID) -> Ref[Consents]:
    """Return the one stream that holds all consents of an agent."""
    return Ref(CONSENT, stream_of_consents(agent))


def standing(consents: Consents | None, asked: AppCommand) -> Consent | None:
    """Return what the agent allows this client already."""
    identity = identity_of(asked.client, asked.redirect_uri)
    return (consents or NONE).standing.get((identity.key, asked.resource))


def remembered(
    consents: Consents | None, policy: ClientPolicy, asked: ContinueApp
) -> Consent | None:
    """Return the consent by which nobody need be asked (OAuth 2.1 §7.3.1), or None."""
    consent = standing(consents, asked)
    if consent is None or policy.always_ask or not policy.allows(asked.client, asked.redirect_uri):
        return None
    if not set(asked.scopes) <= consent.scopes:
        return None
    if without_port(asked.redirect_uri) not in consent.landings:
        return None
    if identity_of(asked.client, asked.redirect_uri).proved:
        return consent
    return consent if asked.lives and asked.browser in consent.browsers else None


def needs(_consents: Consents | None, command: ConsentCommand) -> Iterable[Ref[Any]]:
    if isinstance(command, EndGrant):
        return
    yield Ref(AGENT, command.agent)
    if isinstance(command, AppCommand):
        yield CLIENTS


def then_needs(
    _consents: Consents | None, command: ConsentCommand, states: Mapping[UUID, Any]
) -> Iterable[Ref[Any]]:
    if isinstance(command, RevokeApp) and (agent := states[command.agent]):
        yield from counting(agent.role)


def decide(consents: Consents | None, command: ConsentCommand, context: Context) -> Iterable[Fact]:
    match command:
        case ApproveApp():
            _require_asked(command, context)
            yield _approved(standing(consents, command), command)
        case ContinueApp():
            _require_asked(command, context)
            consent = remembered(consents, _policy(context), command)
            if consent is None:
                raise Refused(Code.PERMISSION_DENIED, "The agent has to be asked.")
            yield Reused(
                consent=consent.id,
                client_id=command.client.id,
                redirect_uri=command.redirect_uri,
                scopes=command.scopes,
                grant=command.grant,
            )
        case DeclineApp():
            _require_asked(command, context)
            yield Declined(
                identity=identity_of(command.client, command.redirect_uri).key,
                client_id=command.client.id,
                client_name=command.client.name,
                redirect_uri=command.redirect_uri,
                resource=command.resource,
                scopes=command.scopes,
            )
        case RevokeApp():
            agent = existing(context.state(Ref(AGENT, command.agent)), "agent")
            own = context.caller.agent == command.agent
            require_own_or_managed(own=own, role=agent.role, context=context)
            if (consents or NONE).by_id(command.consent):
                yield Revoked(consent=command.consent)
        case EndGrant():
            context.caller.require_inside()
            if (consents or NONE).by_id(command.consent):
                yield GrantEnded(consent=command.consent, grant=command.grant, why=command.why)
        case _:
            assert_never(command)


def _require_asked(command: ApproveApp | ContinueApp | DeclineApp, context: Context) -> None:
    """Refuse what nobody but the agent, signed in, may answer, or what no client may ask."""
    caller = context.caller
    agent = existing(context.state(Ref(AGENT, command.agent)), "agent")
    if not caller.inside and (caller.agent != command.agent or caller.by.via != "panel"):
        # An app that could approve others would never be got rid of.
        raise Refused(Code.PERMISSION_DENIED, f"Only {agent.name}, signed in, can answer an app.")
    if not agent.active or not agent.seat:
        raise Refused(Code.AGENT_UNAVAILABLE, f"{agent.name} cannot connect apps.")
    if not _policy(context).allows(command.client, command.redirect_uri):
        raise Refused(
            Code.PERMISSION_DENIED,
            "An administrator has not allowed this app here. Ask one to put its host on the list.",
        )
    held = (context.state(CLIENTS) or BEGINNING).registered.get(command.client.id)
    if command.client.source == "registered" and held != command.client:
        # Found a moment ago, and removed meanwhile: nothing may be let in under its name.
        raise Refused(Code.NOT_FOUND, "The app is not registered here any more.")
    if not command.client.may_land(command.redirect_uri):
        raise Refused(Code.INVALID_ARGUMENTS, "The app never said that codes may go there.")
    if not command.scopes or not set(command.scopes) <= TOOL_SCOPES:
        raise Refused(Code.INVALID_ARGUMENTS, "The app asks for what it cannot have.")


def _policy(context: Context) -> ClientPolicy:
    return (context.state(CLIENTS) or BEGINNING).policy


def _approved(consent: Consent | None, command: ApproveApp) -> Fact:
    client, scopes = command.client, set(command.scopes)
    if consent is None:
        return Granted(
            consent=command.consent,
            agent=command.agent,
            identity=identity_of(client, command.redirect_uri).key,
            client_id=client.id,
            client_name=client.name,
            redirect_uri=command.redirect_uri,
            resource=command.resource,
            scopes=tuple(sorted(scopes)),
            grant=command.grant,
            browser=command.browser,
        )
    grows = (
        not scopes <= consent.scopes
        or without_port(command.redirect_uri) not in consent.landings
        or (command.browser is not None and command.browser not in consent.browsers)
    )
    if grows:
        return Widened(
            consent=consent.id,
            client_id=client.id,
            client_name=client.name,
            redirect_uri=command.redirect_uri,
            scopes=tuple(sorted(scopes | consent.scopes)),
            was=tuple(sorted(consent.scopes)),
            grant=command.grant,
            browser=command.browser,
        )
    return Reused(
        consent=consent.id,
        client_id=client.id,
        redirect_uri=command.redirect_uri,
        scopes=command.scopes,
        grant=command.grant,
        asked=True,
    )


CONSENT: Decider[Consents] = Decider("consent", decide, evolve, needs, then_needs)
