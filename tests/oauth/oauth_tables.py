"""The tables of OAuth on a database of a test's own, as two processes reach them."""

from collections.abc import AsyncGenerator
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest

from api.oauth.store import RefreshToken
from domain.agent import AddAgent
from domain.application import Wish
from domain.budget import OpenBudget
from domain.permissions import Role
from domain.secret import digest_of
from infra.desk import Desk, new_id
from infra.oauth.store import PostgresOAuthStore
from infra.settings import Settings
from tests.oauth.oauth_grants import ConnectedApp, Tokens, new_tokens


class Tables(NamedTuple):
    """The tables of an account in which Ana works, as two processes reach them."""

    url: str
    here: Desk
    there: Desk
    ana: UUID

    @property
    def stores(self) -> list[PostgresOAuthStore]:
        return [PostgresOAuthStore(desk.pool, desk.account) for desk in (self.here, self.there)]

    @property
    def store(self) -> PostgresOAuthStore:
        return self.stores[0]

    async def query(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            found = await connection.execute(text.encode(), values)
            return await found.fetchall() if found.description else []

    async def counts(self) -> tuple[int, int, int]:
        """Return how many grants, refresh tokens and access tokens of apps there are."""
        ((*found,),) = await self.query(
            "SELECT (SELECT count(*) FROM acct_main.grants), "
            "(SELECT count(*) FROM acct_main.refresh_tokens), "
            "(SELECT count(*) FROM acct_main.credentials WHERE kind = 'app')"
        )
        grants, refresh_tokens, access_tokens = found
        return grants, refresh_tokens, access_tokens


@pytest.fixture
async def tables(database: str) -> AsyncGenerator[Tables]:
    here, there = (Desk(Settings(database_url=database)) for _ in range(2))
    async with here.open(follow=False), there.open(follow=False):
        await here.execute(Wish(OpenBudget()))
        ana = new_id()
        add = AddAgent(agent=ana, name="Ana", role=Role.AGENT, email="ana@desk.example")
        await here.execute(Wish(add))
        yield Tables(database, here, there, ana)


async def rotated(
    tables: Tables, app: ConnectedApp, new: Tokens | None = None
) -> tuple[Tokens, RefreshToken | None]:
    """Put new tokens in the place of an app's; its own is sealed as b"sealed"."""
    new = new or new_tokens(tables.here)
    now = tables.here.helpdesk.now()
    return new, await tables.store.rotate(digest_of(app.refresh_token), new.issued, b"sealed", now)
