"""What may be asked of an account's views: each question is one method and one round trip."""

from datetime import date, datetime
from uuid import UUID

from projections import (
    apps,
    audit,
    clients_in_use,
    directory_queries,
    facts,
    lineage,
    role_queries,
    sessions,
    token_queries,
    usage,
)
from projections.apps import AppLine
from projections.audit import CallFilter, CallPage
from projections.clients_in_use import ClientInUse
from projections.directory_queries import AgentDetailsPage, AgentFilter, AgentPage, DepartmentPage
from projections.facts import FactFilter, FactPage
from projections.pages import MAX_BYTES
from projections.reading import reading
from projections.role_queries import RoleLine
from projections.sessions import SessionLine
from projections.ticket_views import TicketViews
from projections.token_queries import TokenLine, TokenRef
from projections.usage import LimitPage, ThresholdLine, Usage, UsageQuestion


class Views(TicketViews):
    """All views of one account: of its tickets, of its people, and of what was done."""

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
