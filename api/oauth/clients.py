"""Clients by their ids: registered by an administrator, by themselves, or told of by a document."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from api.oauth.store import OAuthStore
from domain.clients import BEGINNING, CLIENTS, ClientPolicy
from domain.oauth_client import OAuthClient
from domain.states import States

# An id that is an address is its own document's; whoever asks, and may ask the network, is told.
FindDocument = Callable[[str, UUID | None], Awaitable[OAuthClient | None]]


class Clients:
    """Finds clients, as of now."""

    def __init__(self, states: States, store: OAuthStore, find_document: FindDocument) -> None:
        self._states = states
        self._store = store
        self._find_document = find_document

    async def policy(self) -> ClientPolicy:
        """Return which clients may come. Raises `Unavailable`."""
        return ((await self._states.refresh(CLIENTS)).state or BEGINNING).policy

    async def find(self, client_id: str, *, fetch_for: UUID | None = None) -> OAuthClient | None:
        """Return a client; None where there is none. Raises `Unavailable`.

        A document is fetched only on behalf of an agent, who is signed in: else a stranger could
        have us ask anybody anything. Then raises `DocumentRefused` for one that is no good.
        """
        if client_id.startswith("https://"):
            return await self._find_document(client_id, fetch_for)
        registered = (await self._states.refresh(CLIENTS)).state or BEGINNING
        if client := registered.registered.get(client_id):
            return client
        return await self._store.find_client(client_id)
