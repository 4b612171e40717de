"""What happened to the account (its people, their access, its settings), told in a sentence."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import assert_never
from uuid import UUID

from domain import (
    access_tokens,
    budget,
    clients,
    consent,
    department,
    held_password,
    role,
    session,
    setup,
    thresholds,
)
from domain.agent import facts as agent
from domain.clients import ClientPolicy
from domain.fact import Via
from domain.permissions import Role
from domain.role import RoleRef, counted
from projections.sentences import HOUSE, Names
from projections.text import clean, named

TokenFact = access_tokens.Generated | access_tokens.Revoked
SettingsFact = budget.BudgetFact | clients.ClientsFact | setup.SetupFact
_Deed = (
    agent.AgentFact
    | department.DepartmentFact
    | role.Added
    | role.Renamed
    | role.PermissionsSet
    | role.Removed
    | TokenFact
    | consent.ConsentFact
    | held_password.PasswordFact
    | session.SessionFact
    | SettingsFact
)
AccountFact = _Deed | role.HoldersCounted | thresholds.ThresholdReached

_OWNERS = counted(Role.OWNER)
_UNKNOWN = "somebody unknown"


class Teller:
    """Tells what an agent did to a stream, or nobody but the house.

    `names` are of all that a fact mentions: agents, departments, roles, tokens and apps. `about` is
    the agent whose stream it is, if it is one's.
    """

    def __init__(
        self, stream: UUID, by: UUID | None, via: Via, names: Names, about: UUID | None
    ) -> None:
        self._stream = stream
        self._by = by
        self._via: Via = via
        self._names = names
        self._about = about

    def sentence(self, fact: AccountFact) -> str:
        match fact:
            case thresholds.ThresholdReached(threshold=percent, used=used, limit=limit):
                month = f"{fact.period:%Y-%m}"
                return f"The use in {month} reached {percent} % of the limit: {used:,} of {limit:,}"
            case role.HoldersCounted(holders=holders):
                have = "1 active agent has" if holders == 1 else f"{holders:,} active agents have"
                return f"{have} {self._role(str(self._stream))} now"
            case _:
                who = self._name(self._by) if self._by else HOUSE.get(self._via, "Somebody")
                return f"{who} {self._deed(fact)}"

    def _deed(self, fact: _Deed) -> str:
        if isinstance(fact, agent.AgentFact):
            return self._of_agent(fact)
        if isinstance(fact, TokenFact | held_password.PasswordFact | session.SessionFact):
            return self._of_credentials(fact)
        if isinstance(fact, consent.ConsentFact):
            return self._of_app(fact)
        if isinstance(fact, SettingsFact):
            return _of_settings(fact)
        match fact:
            case department.Added(name=name):
                return f"added the department {_quoted(name)}"
            case department.Renamed(name=name, was=was):
                return f"renamed the department {_quoted(was)} to {_quoted(name)}"
            case role.Added(name=name, permissions=permissions):
                return f"made the role {_quoted(name)}, which allows {_all(permissions)}"
            case role.Renamed(name=name, was=was):
                return f"renamed the role {_quoted(was)} to {_quoted(name)}"
            case role.PermissionsSet(permissions=permissions, was=was):
                changes = _difference(permissions, was)
                return f"changed what {self._role(str(self._stream))} allows: {changes}"
            case role.Removed():
                return f"removed {self._role(str(self._stream))}"
            case _:
                assert_never(fact)

    def _of_agent(self, fact: agent.AgentFact) -> str:
        match fact:
            case agent.Added(name=name, role=ref):
                seat = "" if fact.seat else ", without a seat"
                places = f" in {self._places(fact.departments)}" if fact.departments else ""
                return f"added {named(name)}{places} with {self._role(ref)}{seat}"
            case agent.RoleChanged(role=ref, was=was):
                return f"gave {self._whom} {self._role(ref)} (before: {self._role_name(was)})"
            case agent.DepartmentsChanged(departments=places, was=was):
                before = self._places(was)
                return f"set {self._whose} departments to {self._places(places)} (before: {before})"
            case agent.Renamed(name=name, was=was):
                return f"renamed {_quoted(was)} to {_quoted(name)}"
            case agent.EmailChanged(email=email, was=was):
                before = f" (before: {named(was)})" if was else ""
                return f"set {self._whose} address to {named(email)}{before}"
            case agent.Seated(email=email):
                return f"gave {self._whom} a seat, with the address {named(email)}"
            case agent.Deactivated():
                return f"deactivated {self._whom}"
            case agent.Reactivated():
                return f"took {self._whom} back"
            case _:
                assert_never(fact)

    def _of_credentials(
        self, fact: TokenFact | held_password.PasswordFact | session.SessionFact
    ) -> str:
        own = self._about == self._by
        match fact:
            case access_tokens.Generated(mask=mask, label=label, scopes=scopes):
                called = f" {_quoted(label)}" if label else ""
                whose = "" if own else f" for {self._whom}"
                end = f"{fact.expires_at:%Y-%m-%d}"
                token = f"the token …{named(mask).rpartition('…')[2]}{called}"
                return f"generated {token}{whose}, for {_all(scopes)}, good until {end}"
            case access_tokens.Revoked(token=token):
                return f"revoked {self._whose} token {self._names.get(token, '')}".rstrip()
            case held_password.PasswordSet():
                return f"set {self._whose} password"
            case held_password.ResetIssued(expires_at=end):
                return f"made a link to set {self._whose} password, good until {_minute(end)}"
            case held_password.ResetWithdrawn():
                return f"withdrew the link to set {self._whose} password"
            case session.Opened():
                return "signed in" if own else f"signed in {self._whom}"
            case session.Closed(why="signed_out"):
                return "signed out"
            case session.Closed(why="replaced"):
                return f"ended {self._whose} session by a new one"
            case session.Closed():
                return f"ended {self._whose} session"
            case _:
                assert_never(fact)

    def _of_app(self, fact: consent.ConsentFact) -> str:
        match fact:
            case consent.Granted(client_name=name, scopes=scopes):
                return f"let the app {_quoted(name)} in, for {_all(scopes)}"
            case consent.Widened(client_name=name, scopes=scopes, was=was):
                return f"let the app {_quoted(name)} do more: {_difference(scopes, was)}"
            case consent.Reused(consent=key, asked=asked):
                how = "after a question" if asked else "without a question"
                return f"connected {self._app(key)} again, {how}"
            case consent.Declined(client_name=name):
                return f"declined the app {_quoted(name)}"
            case consent.Revoked(consent=key, why="revoked"):
                return f"revoked {self._whose} consent to {self._app(key)}"
            case consent.Revoked(consent=key, why=why):
                reason = {"password_reset": "password was set", "deactivated": "account ended"}
                ended = f"{self._app(key)}: {self._whose} {reason.get(why, clean(why))}"
                return f"ended the consent to {ended}"
            case consent.GrantEnded(consent=key, why="revoked_by_client"):
                return f"signed {self._app(key)} out, as it asked for"
            case consent.GrantEnded(consent=key, why=why):
                secret = "code" if why == "code_reused" else "refresh token"
                return f"signed {self._app(key)} out, as one {secret} of it came twice"
            case _:
                assert_never(fact)

    @property
    def _whom(self) -> str:
        if self._about and self._about == self._by:
            return "themselves"
        return self._name(self._about) if self._about else _UNKNOWN

    @property
    def _whose(self) -> str:
        whom = self._whom
        return "their own" if whom == "themselves" else f"{whom}'s"

    def _name(self, key: UUID) -> str:
        return self._names.get(key) or _UNKNOWN

    def _app(self, consent: UUID) -> str:
        name = self._names.get(consent)
        return f"the app {_quoted(name)}" if name else "an app"

    def _role(self, ref: RoleRef) -> str:
        return f"the role {self._role_name(ref)}"

    def _role_name(self, ref: RoleRef) -> str:
        if ref in set(Role):
            return ref
        if _OWNERS and ref == str(_OWNERS.id):
            return Role.OWNER.value
        try:
            return _quoted(self._names.get(UUID(ref), "unknown"))
        except ValueError:
            return _quoted(ref)

    def _places(self, departments: Collection[UUID]) -> str:
        return _all([self._names.get(key) or "an unknown department" for key in departments])


def _of_settings(fact: SettingsFact) -> str:
    match fact:
        case budget.Opened(calls_per_seat=calls):
            return f"opened the budget, with {calls:,} calls a seat and month"
        case budget.SeatsCounted(seats=seats, limit=limit):
            return f"brought the seats to {seats:,}: the monthly limit is {limit:,} calls"
        case budget.LimitSet(limit=limit, fixed=True):
            return f"set the monthly limit to {limit:,} calls"
        case budget.LimitSet(limit=limit):
            return f"let the seats decide the monthly limit, which is {limit:,} calls"
        case budget.CallsPerSeatSet(calls_per_seat=calls, limit=limit):
            return f"set {calls:,} calls a seat: the monthly limit is {limit:,} calls"
        case clients.Registered(client_id=client, name=name):
            return f"registered the client {_quoted(name)} ({named(client)})"
        case clients.Removed(client_id=client):
            return f"removed the client {named(client)}"
        case clients.PolicySet(policy=policy, was=was):
            return f"changed which clients may connect: {_policy(policy, was)}"
        case setup.LinkIssued(expires_at=end):
            return f"made a link to set the account up, good until {_minute(end)}"
        case _:
            assert_never(fact)


def _policy(policy: ClientPolicy, was: ClientPolicy) -> str:
    changes: list[str] = []
    if policy.dynamic_registration != was.dynamic_registration:
        able = "may" if policy.dynamic_registration else "may no longer"
        changes.append(f"they {able} register themselves")
    if policy.allowed_hosts != was.allowed_hosts:
        changes.append(f"from {_hosts(policy)} (before: {_hosts(was)})")
    if policy.always_ask != was.always_ask:
        again = "each time" if policy.always_ask else "once"
        changes.append(f"agents are asked {again}")
    return "; ".join(changes) or "nothing"


def _hosts(policy: ClientPolicy) -> str:
    return "any host" if policy.allowed_hosts is None else _all(policy.allowed_hosts)


def _difference(now: Sequence[str], was: Sequence[str]) -> str:
    more, less = [one for one in now if one not in was], [one for one in was if one not in now]
    changes = [f"now {_all(more)}"] if more else []
    return ", ".join([*changes, f"no longer {_all(less)}"] if less else changes) or "nothing else"


def _all(words: Sequence[str]) -> str:
    *others, last = [named(word) for word in words] or ["nothing"]
    return f"{', '.join(others)} and {last}" if others else last


def _quoted(words: str) -> str:
    return f"“{named(words)}”"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
