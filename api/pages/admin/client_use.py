"""Clients that agents let in, as Admin's page tells them, and what a policy would make of each."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from domain.clients import ClientPolicy
from domain.oauth_client import OAuthClient, Source, source_of
from domain.redirects import host_of
from domain.refusals import Refused
from projections.clients_in_use import ClientInUse

_SOURCES: dict[Source, str] = {
    "document": "a document",
    "dynamic": "registering itself",
    "registered": "registered here",
}


class ClientUse(NamedTuple):
    """A client in use; `stopped` tells that it gets no new tokens, at some of its places at least."""

    client: ClientInUse
    known_by: str
    address: str
    hosts: list[str]
    stopped: bool

    @property
    def label(self) -> str:
        agents = self.client.agents
        return f"“{self.client.name}” ({agents} agent{'s' * (agents != 1)})"


def uses_under(policy: ClientPolicy, clients: Sequence[ClientInUse]) -> list[ClientUse]:
    """Return the clients with what the policy makes of them."""
    return [_use(policy, client) for client in clients]


def stopped_by(
    policy: ClientPolicy, now: ClientPolicy, clients: Sequence[ClientInUse]
) -> list[ClientUse]:
    """Return the clients that a policy would stop, and that come in now."""
    pairs = zip(uses_under(policy, clients), uses_under(now, clients), strict=True)
    return [then for then, today in pairs if then.stopped and not today.stopped]


def agents_by_id(clients: Collection[ClientInUse]) -> dict[str, int]:
    """Return how many agents let a client in, by its id."""
    agents: dict[str, int] = {}
    for client in clients:
        agents[client.client_id] = agents.get(client.client_id, 0) + client.agents
    return agents


def _use(policy: ClientPolicy, client: ClientInUse) -> ClientUse:
    known = OAuthClient(
        id=client.client_id,
        source=source_of(client.client_id),
        name=client.name,
        redirect_uris=tuple(client.redirect_uris),
    )
    return ClientUse(
        client=client,
        known_by=_SOURCES[known.source],
        address=known.id if known.source == "document" else "",
        hosts=list(dict.fromkeys(map(_host, client.redirect_uris))),
        stopped=not all(_allows(policy, known, uri) for uri in client.redirect_uris),
    )


def _allows(policy: ClientPolicy, client: OAuthClient, uri: str) -> bool:
    try:
        return policy.allows(client, uri)
    except Refused:  # by rules that are newer than the approval
        return False


def _host(uri: str) -> str:
    try:
        return host_of(uri)
    except Refused:
        return uri
