"""Clients by their ids: registered by an administrator, by themselves, or told of by a document."""

from uuid import UUID

from api.oauth.documents import Documents
from api.oauth.store import OAuthStore
from domain.clients import BEGINNING, CLIENTS, ClientPolicy
from domain.oauth_client import OAuthClient
from domain.states import States


class Clients:
    """Finds clients, as of now."""

    def __init__(self, states: States, store: OAuthStore, documents: Documents) -> None:
        self._states = states
        self._store = store
        self._documents = documents

    async def policy(self) -> ClientPolicy:
        """Return which clients may come. Raises `Unavailable`."""
        return ((await self._states.refresh(CLIENTS)).state or BEGINNING).policy

    async def find(self, client_id: str, *, fetch_for: UUID | None = None) -> OAuthClient | None:
        """Return a client; None where there is none. Raises `Unavailable`.

        A document is fetched only on behalf of an agent, who is signed in: else a stranger could
        have us ask anybody anything. Then raises `DocumentRefused` for one that is no good.
        """
        if self._documents.is_document_id(client_id):
            return await self._documents.find(
                client_id, fetch=fetch_for is not None, on_behalf=fetch_for
            )
        registered = (await self._states.refresh(CLIENTS)).state or BEGINNING
        if client := registered.registered.get(client_id):
            return client
        return await self._store.find_client(client_id)
