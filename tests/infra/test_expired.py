"""Credentials past their time go, and no answer changes by it."""

import os
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import psycopg
import pytest

from domain.access_tokens import RevokeToken
from domain.application import Unauthorized, Wish
from domain.permissions import Role
from domain.secret import ACCESS_TOKEN, SESSION, digest_of, encode_secret
from domain.session import CloseSession, OpenSession
from infra.access import generate_token
from infra.database import opened
from infra.desk import Desk, new_id
from infra.expired import BATCH
from infra.settings import Settings
from tests.mcp.company import Member, add_agent

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def desk(database: str) -> AsyncGenerator[Desk]:
    async with opened(Settings(database_url=database), follow=False) as desk:
        yield desk


@pytest.fixture
def log(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


class Held(NamedTuple):
    """A credential that was used."""

    id: UUID
    secret: str
    prefix: str


async def use(desk: Desk, held: Held) -> Held:
    await desk.authenticator.identify(held.secret, None, None, prefix=held.prefix)
    await desk.authenticator.write_down_uses()
    return held


async def session(desk: Desk, agent: UUID) -> Held:
    secret, made = encode_secret(SESSION, os.urandom(32)), new_id()
    await desk.execute(
        Wish(
            OpenSession(
                session=made,
                agent=agent,
                digest=digest_of(secret).hex(),
                expires_at=datetime.now(UTC) + timedelta(days=1),
            )
        )
    )
    return await use(desk, Held(made, secret, SESSION))


async def token(desk: Desk, ana: Member, log: psycopg.Connection) -> Held:
    secret = await generate_token(desk, ana.id, "test")
    row = log.execute(
        "SELECT credential FROM acct_main.credentials WHERE digest = %s", (digest_of(secret),)
    ).fetchone()
    assert row
    return await use(desk, Held(row[0], secret, ACCESS_TOKEN))


def expire(log: psycopg.Connection, *held: Held, hours: int) -> None:
    log.execute(
        "UPDATE acct_main.credentials SET expires_at = now() - %s WHERE credential = ANY (%s)",
        (timedelta(hours=hours), [one.id for one in held]),
    )


def kept(log: psycopg.Connection, table: str) -> set[UUID]:
    rows = log.execute(f"SELECT credential FROM acct_main.{table}".encode())
    return {credential for (credential,) in rows}


async def is_let_in(database: str, held: Held) -> bool:
    """Ask a process that has never seen the secret."""
    async with Desk(Settings(database_url=database)).open(follow=False) as other:
        try:
            await other.authenticator.identify(held.secret, None, None, prefix=held.prefix)
        except Unauthorized:
            return False
        return True


async def test_what_expired_a_day_ago_is_removed_and_refused_as_before(
    desk: Desk, database: str, log: psycopg.Connection
) -> None:
    ana = await add_agent(desk, "Ana", Role.AGENT)
    alive = [await session(desk, ana.id), await token(desk, ana, log)]
    over = [await session(desk, ana.id), await token(desk, ana, log)]
    lately = [await session(desk, ana.id), await token(desk, ana, log)]
    expire(log, *over, hours=25)
    expire(log, *lately, hours=23)
    everybody = [*alive, *over, *lately]
    before = [await is_let_in(database, held) for held in everybody]
    assert before == [True, True, False, False, False, False]

    await desk.expired.remove_old()

    left = kept(log, "credentials")
    assert [held.id in left for held in everybody] == [True, True, False, False, True, True]
    assert [await is_let_in(database, held) for held in everybody] == before


async def test_of_ended_credentials_only_the_uses_of_tokens_are_kept(
    desk: Desk, log: psycopg.Connection
) -> None:
    ana = await add_agent(desk, "Ana", Role.AGENT)
    sessions = [await session(desk, ana.id) for _ in range(3)]
    tokens = [await token(desk, ana, log) for _ in range(3)]
    await desk.execute(Wish(CloseSession(session=sessions[0].id)))
    await desk.execute(Wish(RevokeToken(agent=ana.id, token=tokens[0].id)))
    expire(log, sessions[1], tokens[1], hours=25)

    await desk.expired.remove_old()

    uses = kept(log, "last_used")
    assert [held.id in uses for held in sessions] == [False, False, True]
    assert [held.id in uses for held in tokens] == [True, True, True]


async def test_however_many_they_are_all_go_and_processes_do_not_wait_for_one_another(
    desk: Desk, log: psycopg.Connection
) -> None:
    log.execute(
        "INSERT INTO acct_main.credentials SELECT decode(md5(n::text), 'hex'), 'session', "
        "gen_random_uuid(), gen_random_uuid(), '{}', now() - interval '20 days', "
        "now() - interval '6 days' FROM generate_series(1, %s) AS n",
        (2 * BATCH + 1,),
    )
    with log.transaction():
        log.execute("SELECT FROM acct_main.credentials LIMIT 1 FOR UPDATE")
        await desk.expired.remove_old()
        assert len(kept(log, "credentials")) == 1
    await desk.expired.remove_old()
    assert kept(log, "credentials") == set()
