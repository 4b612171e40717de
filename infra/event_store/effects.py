"""What facts change in the tables that appends and gates decide by, told to the append function."""

from typing import Any

import msgspec

from domain import access_tokens, agent, budget, clients, consent, session
from domain.fact import Event
from domain.ledger import Append, NewGrant
from domain.password import PasswordSet
from domain.permissions import ALL_SCOPES

Effects = dict[str, Any]


def effects_of(request: Append) -> str:
    """Say what an append changes in the inline tables, as JSON for it; empty for nothing."""
    effects: Effects = {}
    if request.password:
        effects["password"] = request.password._asdict()
    for event in request.events:
        if event.fact.turns_authority:
            effects["turns_authority"] = True
        _note_access(effects, event)
        _note_apps(effects, event, request.grant)
    return msgspec.json.encode(effects).decode() if effects else ""


def _note_access(effects: Effects, event: Event) -> None:
    match event.fact:
        case access_tokens.Generated() | session.Opened():
            effects.setdefault("admit", []).append(_admission(event))
        case access_tokens.Revoked() | session.Closed() as fact:
            effects.setdefault("expel", []).append(fact.digest)
        case agent.RoleChanged() | agent.EmailChanged() | agent.Deactivated():
            effects.setdefault("sign_out", []).append(event.originator_id)
        case PasswordSet() as fact:
            effects.setdefault("sign_out", []).append(fact.agent)
        case (
            budget.Opened()
            | budget.SeatsCounted()
            | budget.LimitSet()
            | budget.CallsPerSeatSet() as fact
        ):
            effects["limit"] = fact.limit
        case _:
            pass


def _note_apps(effects: Effects, event: Event, grant: NewGrant | None) -> None:
    match event.fact:
        case consent.Granted() | consent.Widened() | consent.Reused() as fact:
            if grant and grant.id == fact.grant:
                effects["grant"] = {**grant._asdict(), "consent": fact.consent}
        case consent.Revoked() as fact:
            effects.setdefault("end_consents", []).append(fact.consent)
        case consent.GrantEnded() as fact:
            effects.setdefault("end_grants", []).append(fact.grant)
        case clients.Removed() as fact:
            effects.setdefault("end_clients", []).append(fact.client_id)
        case _:
            pass


def _admission(event: Event) -> dict[str, Any]:
    """Return the row by which a new credential opens the door."""
    match event.fact:
        case access_tokens.Generated() as fact:
            kind, credential, scopes = "token", fact.token, fact.scopes
        case session.Opened() as fact:
            kind, credential, scopes = "session", event.originator_id, tuple(sorted(ALL_SCOPES))
        case other:
            raise TypeError(f"{type(other).__name__} admits nobody")
    return {
        "digest": fact.digest,
        "kind": kind,
        "credential": credential,
        "agent": fact.agent,
        "scopes": scopes,
        "since": event.envelope.recorded_at,
        "expires_at": fact.expires_at,
    }
