"""The account's OAuth clients: those that an administrator registered, and which others may come."""

from collections.abc import Iterable
from typing import Annotated, ClassVar, assert_never
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace

from domain.decider import Command, Context, Decider, Ref
from domain.fact import Fact
from domain.oauth_client import AuthMethod, OAuthClient, hosts_of
from domain.permissions import Permission
from domain.redirects import landing_of
from domain.refusals import Code, Refused

# Not to be taken for a document's address, nor for an id of a client that registers itself.
ClientId = Annotated[
    str, Meta(pattern=r"^(?!dcr_)[A-Za-z0-9][A-Za-z0-9._-]*$", min_length=1, max_length=100)
]
ClientName = Annotated[str, Meta(min_length=1, max_length=100)]
# A host name, or a program's scheme with its colon.
Host = Annotated[str, Meta(pattern=r"^([a-z0-9.:-]+|[a-z][a-z0-9+.-]*:)$", max_length=253)]
MAX_CLIENTS = 1_000


class ClientPolicy(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which clients may connect besides those that an administrator registered.

    `allowed_hosts` are where codes may go and whose documents count; None: anywhere. With
    `always_ask` no consent is remembered.
    """

    dynamic_registration: bool = True
    allowed_hosts: tuple[str, ...] | None = None
    always_ask: bool = False

    def allows(self, client: OAuthClient, redirect_uri: str) -> bool:
        """Whether a client may have a code sent there."""
        if self.allowed_hosts is None or client.source == "registered":
            return True
        return hosts_of(client, redirect_uri) <= set(self.allowed_hosts)


class Registered(Fact, frozen=True):
    """An administrator registered a client; `digest` is SHA-256 of its secret, if it has one."""

    topic: ClassVar[str] = "clients.registered"
    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    auth_method: AuthMethod
    digest: str | None = None


class Removed(Fact, frozen=True):
    """A client is no more; nor is what anybody granted it."""

    topic: ClassVar[str] = "clients.removed"
    turns_authority: ClassVar[bool] = True
    client_id: str


class PolicySet(Fact, frozen=True):
    topic: ClassVar[str] = "clients.policy_set"
    policy: ClientPolicy
    was: ClientPolicy


ClientsFact = Registered | Removed | PolicySet
FACTS: tuple[type[Fact], ...] = (Registered, Removed, PolicySet)


class RegisterClient(Command, frozen=True):
    """Register a client; with the digest of a secret it is a confidential one (OAuth 2.1 §2.1)."""

    permission: ClassVar[Permission] = Permission.SETTINGS_MANAGE
    client_id: ClientId
    name: ClientName
    redirect_uris: Annotated[tuple[str, ...], Meta(min_length=1, max_length=10)]
    digest: str | None = None


class RemoveClient(Command, frozen=True):
    permission: ClassVar[Permission] = Permission.SETTINGS_MANAGE
    client_id: str


class SetClientPolicy(Command, frozen=True):
    """Set who may connect; what is not named stays as it is. `any_host` takes the list away."""

    permission: ClassVar[Permission] = Permission.SETTINGS_MANAGE
    dynamic_registration: bool | None = None
    allowed_hosts: Annotated[tuple[Host, ...], Meta(max_length=200)] | None = None
    any_host: bool = False
    always_ask: bool | None = None


ClientsCommand = RegisterClient | RemoveClient | SetClientPolicy


class Clients(Struct, frozen=True):
    """Registered clients by id, how many of an id were removed, and the policy for all others."""

    registered: dict[str, OAuthClient]
    removed: dict[str, int]
    policy: ClientPolicy


BEGINNING = Clients({}, {}, ClientPolicy())


def decide(clients: Clients | None, command: ClientsCommand, _context: Context) -> Iterable[Fact]:
    current = clients or BEGINNING
    match command:
        case RegisterClient():
            if command.client_id in current.registered:
                raise Refused(
                    Code.ALREADY_EXISTS,
                    f"There is a client {command.client_id} already. Give this one another id.",
                )
            if len(current.registered) >= MAX_CLIENTS:
                raise Refused(
                    Code.LIMIT_REACHED,
                    f"There are {MAX_CLIENTS} registered clients. Remove one first.",
                    {"limit": MAX_CLIENTS},
                )
            for uri in command.redirect_uris:
                landing_of(uri)
            name = command.name.strip()
            if not name:
                raise Refused(Code.INVALID_ARGUMENTS, "A client needs a name.")
            yield Registered(
                client_id=command.client_id,
                name=name,
                redirect_uris=tuple(dict.fromkeys(command.redirect_uris)),
                auth_method="client_secret_basic" if command.digest else "none",
                digest=command.digest,
            )
        case RemoveClient():
            if command.client_id not in current.registered:
                raise Refused(
                    Code.NOT_FOUND,
                    f"There is no registered client {command.client_id}. See the list.",
                )
            yield Removed(client_id=command.client_id)
        case SetClientPolicy():
            policy = _changed(current.policy, command)
            if policy != current.policy:
                yield PolicySet(policy=policy, was=current.policy)
        case _:
            assert_never(command)


def _changed(policy: ClientPolicy, command: SetClientPolicy) -> ClientPolicy:
    if command.any_host and command.allowed_hosts is not None:
        raise Refused(Code.INVALID_ARGUMENTS, "Name hosts, or allow any host: not both.")
    if command.dynamic_registration is not None:
        policy = replace(policy, dynamic_registration=command.dynamic_registration)
    if command.always_ask is not None:
        policy = replace(policy, always_ask=command.always_ask)
    if command.allowed_hosts is not None:
        return replace(policy, allowed_hosts=tuple(sorted(set(command.allowed_hosts))))
    return replace(policy, allowed_hosts=None) if command.any_host else policy


def evolve(clients: Clients | None, fact: ClientsFact) -> Clients:
    current = clients or BEGINNING
    match fact:
        case Registered():
            client = OAuthClient(
                id=fact.client_id,
                source="registered",
                name=fact.name,
                redirect_uris=fact.redirect_uris,
                auth_method=fact.auth_method,
                secret_digest=fact.digest,
                before=current.removed.get(fact.client_id, 0),
            )
            return replace(current, registered={**current.registered, client.id: client})
        case Removed(client_id=client_id):
            left = {key: one for key, one in current.registered.items() if key != client_id}
            removed = {**current.removed, client_id: current.removed.get(client_id, 0) + 1}
            return replace(current, registered=left, removed=removed)
        case PolicySet(policy=policy):
            return replace(current, policy=policy)
        case _:
            assert_never(fact)


CLIENTS: Ref[Clients] = Ref(
    Decider("clients", decide, evolve), UUID("3c7e1b52-9d0f-5a64-8f4b-1d2e6a7c9b08")
)
