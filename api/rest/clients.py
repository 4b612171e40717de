"""OAuth clients: those that administrators register, and which others may come."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from api.rest.acting import Acting, Conditions, Outcome, etag
from api.rest.asking import Body, asked, misfit
from api.rest.secrets import refuse_conditions
from domain import registering
from domain.application import Done, Wish
from domain.clients import (
    BEGINNING,
    CLIENTS,
    ClientId,
    ClientName,
    ClientPolicy,
    Clients,
    Host,
    RemoveClient,
    SetClientPolicy,
)
from domain.oauth_client import AuthMethod, OAuthClient
from domain.permissions import Permission

Key = Annotated[str, PathParameter(description="The client's client_id.", max_length=100)]
Hosts = Annotated[
    tuple[Host, ...],
    Meta(
        max_length=200,
        description="Where codes may go and whose documents count: hosts, or a program's scheme "
        "with its colon.",
    ),
]
_NEW = ("client", "remove the client that the list shows and register it again")
AnyHost = Annotated[Hosts | None, Meta(description="null: any host.")]


class NewClient(Body, frozen=True):
    """A client to register."""

    name: Annotated[ClientName, Meta(description="What people are asked to let in.")]
    redirect_uris: Annotated[
        tuple[str, ...],
        Meta(min_length=1, max_length=10, description="Where codes may go, letter by letter."),
    ]
    client_id: (
        Annotated[ClientId, Meta(description="What it is to call itself; absent: by its name.")]
        | UnsetType
    ) = UNSET
    confidential: Annotated[bool, Meta(description="Whether it can keep a secret.")] = False


class PolicyChange(Body, frozen=True):
    """What to change of who may come; what is absent stays as it is."""

    dynamic_registration: (
        Annotated[bool, Meta(description="Whether clients may register themselves.")] | UnsetType
    ) = UNSET
    allowed_hosts: AnyHost | UnsetType = UNSET
    always_ask: (
        Annotated[bool, Meta(description="Whether agents are asked each time.")] | UnsetType
    ) = UNSET


class Policy(Struct, frozen=True):
    """Which clients may come besides those that are registered here."""

    dynamic_registration: Annotated[
        bool, Meta(description="Whether clients may register themselves.")
    ]
    allowed_hosts: AnyHost
    always_ask: Annotated[bool, Meta(description="Whether agents are asked each time.")]


class Client(Struct, frozen=True, kw_only=True):
    """A client that an administrator registered."""

    client_id: Annotated[str, Meta(description="What it calls itself.")]
    name: Annotated[str, Meta(description="What people are asked to let in.")]
    redirect_uris: Annotated[tuple[str, ...], Meta(description="Where codes may go.")]
    auth_method: Annotated[AuthMethod, Meta(description="How it proves itself; none: it cannot.")]


class ClientShown(Client, frozen=True, kw_only=True):
    """A new client with its secret, if it has one, which is shown this once."""

    client_secret: Annotated[str, Meta(description="To be kept: dl_cs_….")] | UnsetType = UNSET


class ClientList(Struct, frozen=True):
    """The account's clients."""

    clients: Annotated[list[Client], Meta(description="Those registered here, by client_id.")]
    policy: Annotated[Policy, Meta(description="Which others may come.")]


class ClientRemoved(Struct, frozen=True):
    """A client that is no more, nor what agents let it do."""

    client_id: Annotated[str, Meta(description="What it called itself.")]


@get("/clients", operation_id="list_clients", tags=["clients"])
async def list_clients(acting: NamedDependency[Acting]) -> Response[ClientList]:
    """List the clients that administrators registered, with the policy for all others."""
    clients, version = await held_clients(acting)
    lines = [_line(clients.registered[key]) for key in sorted(clients.registered)]
    return Response(ClientList(lines, _policy(clients.policy)), headers={"ETag": etag(version)})


@get("/clients/policy", operation_id="get_client_policy", tags=["clients"])
async def get_client_policy(acting: NamedDependency[Acting]) -> Response[Policy]:
    """Read which clients may come besides those that are registered here."""
    clients, version = await held_clients(acting)
    return Response(_policy(clients.policy), headers={"ETag": etag(version)})


@patch("/clients/policy", operation_id="change_client_policy", tags=["clients"])
async def change_client_policy(
    data: JSONBody[PolicyChange],
    acting: NamedDependency[Acting],
    conditions: NamedDependency[Conditions],
) -> Response[Policy]:
    """Set which clients may come besides those that are registered here.

    Whom it does not let in gets no new tokens: those that are connected work for an hour at most.
    """
    return (await set_policy(acting, data, conditions)).response()


async def set_policy(acting: Acting, data: PolicyChange, conditions: Conditions) -> Outcome[Policy]:
    """Change what is named of who may come."""
    if not any(field is not UNSET for field in msgspec.structs.astuple(data)):
        raise misfit("it names nothing to change")
    command = SetClientPolicy(
        dynamic_registration=_or_none(data.dynamic_registration),
        allowed_hosts=_or_none(data.allowed_hosts),
        any_host=data.allowed_hosts is None,
        always_ask=_or_none(data.always_ask),
    )
    return await acting.act(
        "change_client_policy",
        asked(data),
        [Wish(command)],
        lambda done: _policy((done.state or BEGINNING).policy),
        Policy,
        conditions=conditions,
    )


@post("/clients", operation_id="register_client", tags=["clients"])
async def register_client(
    data: JSONBody[NewClient], acting: NamedDependency[Acting], request: Request[Any, Any, Any]
) -> Response[ClientShown]:
    """Register a client; a confidential one's secret is shown this once.

    Takes no Idempotency-Key: what is answered under one is kept, and a secret is not.
    """
    refuse_conditions(request, *_NEW)
    return (await new_client(acting, data)).response(201)


async def new_client(acting: Acting, data: NewClient) -> Outcome[ClientShown]:
    """Register a client; its secret, if it has one, is in this answer alone."""
    services = acting.services
    client_id = data.client_id or registering.id_by(data.name) or str(services.new_id())
    random = services.random(32) if data.confidential else None
    new = registering.new_client(client_id, data.name, data.redirect_uris, random)

    def made(done: Done) -> Client:
        return _line(done.state.registered[new.command.client_id])

    outcome = await acting.act("register_client", asked(data), [Wish(new.command)], made, Client)
    # The secret joins the answer here, past all that is recorded or kept.
    shown = ClientShown(**msgspec.structs.asdict(outcome.answer), client_secret=new.secret or UNSET)
    return Outcome(shown, 0, replayed=False, views_behind=outcome.views_behind)


@post(
    "/clients/{client_id:str}/remove",
    operation_id="remove_client",
    tags=["clients"],
    status_code=200,
)
async def remove_client(
    client_id: Key, acting: NamedDependency[Acting], conditions: NamedDependency[Conditions]
) -> Response[ClientRemoved]:
    """Remove a client that an administrator registered, with all its access at once."""
    return (await end_client(acting, client_id, conditions)).response()


async def end_client(
    acting: Acting, client_id: str, conditions: Conditions
) -> Outcome[ClientRemoved]:
    """Remove a registered client."""
    return await acting.act(
        "remove_client",
        asked(client_id=client_id),
        [Wish(RemoveClient(client_id=client_id))],
        lambda _done: ClientRemoved(client_id),
        ClientRemoved,
        conditions=conditions,
    )


async def held_clients(acting: Acting) -> tuple[Clients, int]:
    """Return the account's clients and their version, to those who may manage them."""
    acting.reading(Permission.SETTINGS_MANAGE)
    state, version = await acting.services.helpdesk.states.refresh(CLIENTS)
    return state or BEGINNING, version


def _line(client: OAuthClient) -> Client:
    return Client(
        client_id=client.id,
        name=client.name,
        redirect_uris=client.redirect_uris,
        auth_method=client.auth_method,
    )


def _policy(policy: ClientPolicy) -> Policy:
    return Policy(policy.dynamic_registration, policy.allowed_hosts, policy.always_ask)


def _or_none(value: Any) -> Any:
    return None if value is UNSET else value


ENDPOINTS = (
    list_clients,
    get_client_policy,
    change_client_policy,
    register_client,
    remove_client,
)
