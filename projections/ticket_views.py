"""What may be asked of the views about tickets: each question is one method and one round trip."""

from collections.abc import Collection
from typing import LiteralString
from uuid import UUID

from domain.caller import Caller
from projections import history, message_queries, metadata, search_queries, tags
from projections.codes import Codes
from projections.conversation import FOR_MODELS, MessagePage, Order, Room, TicketContext
from projections.history import EVERYTHING, ActivityPage, HistoryFilter
from projections.metadata import TicketMetadata
from projections.question import TicketSearch
from projections.reading import Pool, reading
from projections.search_queries import TicketPage
from projections.tags import TicketTags
from projections.view import qualified

_ANY: LiteralString = "SELECT EXISTS (SELECT 1 FROM {views}.tickets)"


class TicketViews:
    """The views of one account's tickets. `reference` is a ticket's id or its code.

    Connections of the pool are expected as `configure` leaves them. A ticket that the caller may
    not see is refused as one that does not exist.
    """

    def __init__(self, pool: Pool, schema: str) -> None:
        self._pool = pool
        self._schema = schema
        self._codes = Codes(pool, schema)

    async def find_ticket(self, code: str) -> UUID | None:
        """Return the id of a ticket by its code in capitals."""
        return await self._codes.find_ticket(code)

    async def has_tickets(self) -> bool:
        """Whether the account has any ticket."""
        async with reading(self._pool) as connection:
            cursor = await connection.execute(qualified(_ANY, self._schema))
            return await cursor.fetchone() == (True,)

    async def get_ticket_metadata(self, caller: Caller, reference: str) -> TicketMetadata:
        ticket, _version = await self.get_ticket(caller, reference)
        return ticket

    async def get_ticket(self, caller: Caller, reference: str) -> tuple[TicketMetadata, int]:
        """Return the metadata and the ticket's version, which a change may be made to expect."""
        async with reading(self._pool) as connection:
            return await metadata.get_metadata(connection, self._schema, caller, reference)

    async def tickets_open_to(self, caller: Caller, tickets: Collection[UUID]) -> frozenset[UUID]:
        """Return those of the tickets, by their ids, that the caller sees."""
        async with reading(self._pool) as connection:
            return await metadata.open_to(connection, self._schema, caller, tickets)

    async def get_ticket_context(
        self, caller: Caller, reference: str, message_limit: int = 10
    ) -> TicketContext:
        """Return the metadata and the last messages, at most 50."""
        async with reading(self._pool) as connection:
            return await message_queries.get_context(
                connection, self._schema, caller, reference, message_limit
            )

    async def get_ticket_messages(
        self,
        caller: Caller,
        reference: str,
        *,
        cursor: str | None = None,
        limit: int = 20,
        order: Order = "asc",
        include_quoted: bool = False,
        message_id: UUID | None = None,
        offset: int = 0,
        room: Room = FOR_MODELS,
    ) -> MessagePage:
        """Return a page of at most 100 messages, or the one named, from an offset in characters."""
        async with reading(self._pool) as connection:
            if message_id:
                return await message_queries.get_message(
                    connection,
                    self._schema,
                    caller,
                    reference,
                    message_id,
                    offset=offset,
                    include_quoted=include_quoted,
                )
            return await message_queries.get_messages(
                connection,
                self._schema,
                caller,
                reference,
                cursor=cursor,
                limit=limit,
                order=order,
                include_quoted=include_quoted,
                room=room,
            )

    async def list_activity(
        self,
        caller: Caller,
        reference: str,
        *,
        cursor: str | None = None,
        limit: int = 50,
        order: Order = "desc",
        wanted: HistoryFilter = EVERYTHING,
    ) -> ActivityPage:
        """Return a page of what happened to a ticket, the latest first unless asked otherwise."""
        async with reading(self._pool) as connection:
            return await history.list_activity(
                connection,
                self._schema,
                caller,
                reference,
                cursor=cursor,
                limit=limit,
                order=order,
                wanted=wanted,
            )

    async def list_ticket_clients(self, caller: Caller, reference: str) -> list[str]:
        """Return the names of the clients that acted on a ticket, as they call themselves."""
        async with reading(self._pool) as connection:
            return await history.list_clients(connection, self._schema, caller, reference)

    async def get_tags(self, caller: Caller, reference: str) -> TicketTags:
        async with reading(self._pool) as connection:
            return await tags.get_tags(connection, self._schema, caller, reference)

    async def search_tickets(self, caller: Caller, search: TicketSearch) -> TicketPage:
        async with reading(self._pool) as connection:
            return await search_queries.search_tickets(connection, self._schema, caller, search)
