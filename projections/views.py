"""What may be asked of an account's views: each question is one method and one round trip."""

from collections.abc import Collection
from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

from domain.caller import Caller
from projections import (
    apps,
    audit,
    clients_in_use,
    directory_queries,
    facts,
    history,
    lineage,
    message_queries,
    metadata,
    role_queries,
    search_queries,
    sessions,
    tags,
    token_queries,
    usage,
)
from projections.apps import AppLine
from projections.audit import CallFilter, CallPage
from projections.clients_in_use import ClientInUse
from projections.codes import Codes
from projections.conversation import FOR_MODELS, MessagePage, Order, Room, TicketContext
from projections.directory_queries import AgentDetailsPage, AgentFilter, AgentPage, DepartmentPage
from projections.facts import FactFilter, FactPage
from projections.history import EVERYTHING, ActivityPage, HistoryFilter
from projections.metadata import TicketMetadata
from projections.pages import MAX_BYTES
from projections.question import TicketSearch
from projections.reading import Pool, reading
from projections.role_queries import RoleLine
from projections.search_queries import TicketPage
from projections.sessions import SessionLine
from projections.tags import TicketTags
from projections.token_queries import TokenLine, TokenRef
from projections.usage import LimitPage, ThresholdLine, Usage, UsageQuestion
from projections.view import qualified

_ANY: LiteralString = "SELECT EXISTS (SELECT 1 FROM {views}.tickets)"


class Views:
    """The views of one account. `reference` is a ticket's id or its code.

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

    async def list_calls(
        self,
        wanted: CallFilter,
        *,
        cursor: str | None = None,
        limit: int = 50,
        size: int = MAX_BYTES,
    ) -> CallPage:
        """Return a page of the audit trail's calls, the latest first, whoever asks."""
        async with reading(self._pool) as connection:
            return await audit.list_calls(
                connection, self._schema, wanted, cursor=cursor, limit=limit, size=size
            )

    async def list_facts(
        self,
        wanted: FactFilter,
        *,
        cursor: str | None = None,
        limit: int = 50,
        size: int = MAX_BYTES,
    ) -> FactPage:
        """Return a page of the audit trail's facts, the latest first, whoever asks."""
        async with reading(self._pool) as connection:
            return await facts.list_facts(
                connection, self._schema, wanted, cursor=cursor, limit=limit, size=size
            )

    async def get_tags(self, caller: Caller, reference: str) -> TicketTags:
        async with reading(self._pool) as connection:
            return await tags.get_tags(connection, self._schema, caller, reference)

    async def search_tickets(self, caller: Caller, search: TicketSearch) -> TicketPage:
        async with reading(self._pool) as connection:
            return await search_queries.search_tickets(connection, self._schema, caller, search)

    async def list_agents(
        self,
        *,
        department_id: UUID | None = None,
        cursor: str | None = None,
        include_inactive: bool = False,
    ) -> AgentPage:
        async with reading(self._pool) as connection:
            return AgentPage(
                *await directory_queries.list_agents(
                    connection,
                    self._schema,
                    AgentFilter(department_id, include_inactive),
                    cursor,
                    directory_queries.agent_line,
                )
            )

    async def list_agent_details(
        self,
        *,
        department_id: UUID | None = None,
        cursor: str | None = None,
        include_inactive: bool = False,
        role: str | None = None,
        letters: str = "",
    ) -> AgentDetailsPage:
        """Return agents with their roles' ids, for those who manage agents.

        `letters` are looked for in names and addresses, whatever their case.
        """
        async with reading(self._pool) as connection:
            return AgentDetailsPage(
                *await directory_queries.list_agents(
                    connection,
                    self._schema,
                    AgentFilter(department_id, include_inactive, role, letters),
                    cursor,
                    directory_queries.agent_details,
                )
            )

    async def list_departments(self, *, cursor: str | None = None) -> DepartmentPage:
        async with reading(self._pool) as connection:
            return await directory_queries.list_departments(connection, self._schema, cursor)

    async def list_tokens(
        self,
        *,
        agent_id: UUID | None = None,
        token_id: UUID | None = None,
        include_revoked: bool = True,
    ) -> list[TokenLine]:
        """Return access tokens, one agent's or the one named, oldest first."""
        async with reading(self._pool) as connection:
            return await token_queries.list_tokens(
                connection, self._schema, agent_id, token_id, revoked=include_revoked
            )

    async def tokens_come_of(self, agent: UUID, token: UUID, now: datetime) -> list[TokenRef]:
        """Return those active of an agent's tokens that come of one, oldest first."""
        async with reading(self._pool) as connection:
            return await lineage.still_active(connection, self._schema, agent, token, now)

    async def list_roles(self) -> list[RoleLine]:
        """Return the built-in roles, then those that people made, by name."""
        async with reading(self._pool) as connection:
            return await role_queries.list_roles(connection, self._schema)

    async def get_usage(self, question: UsageQuestion) -> Usage:
        """Return who used the budget for what, as far as the views are."""
        async with reading(self._pool) as connection:
            return await usage.get_usage(connection, self._schema, question)

    async def list_limits(self, *, cursor: str | None = None) -> LimitPage:
        """Return the changes of the budget's limit, the last one first."""
        async with reading(self._pool) as connection:
            return await usage.list_limits(connection, self._schema, cursor)

    async def list_thresholds(self, day: date) -> list[ThresholdLine]:
        """Return the thresholds that were reached in the month (UTC) of a day."""
        async with reading(self._pool) as connection:
            return await usage.list_thresholds(connection, self._schema, day)

    async def list_sessions(
        self, agent_id: UUID | None = None, *, include_ended: bool = False
    ) -> list[SessionLine]:
        """Return one agent's sessions or all, newest first; those that are not over unless asked."""
        async with reading(self._pool) as connection:
            return await sessions.list_sessions(
                connection, self._schema, agent_id, ended=include_ended
            )

    async def list_apps(
        self,
        *,
        agent_id: UUID | None = None,
        app_id: UUID | None = None,
        include_revoked: bool = False,
    ) -> list[AppLine]:
        """Return the apps that agents let in, one agent's or the one named, last connected first."""
        async with reading(self._pool) as connection:
            return await apps.list_apps(
                connection, self._schema, agent_id, app_id, revoked=include_revoked
            )

    async def list_clients_in_use(self) -> list[ClientInUse]:
        """Return the OAuth clients that most agents let in, with how many did."""
        async with reading(self._pool) as connection:
            return await clients_in_use.list_clients_in_use(connection, self._schema)
