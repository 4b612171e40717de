"""Secrets that are sent several times at once, to two server processes: one of them wins."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import httpx2
import psycopg
import pytest

from api.oauth.locations import REVOKE, TOKEN
from domain.application import Wish
from domain.consent import RevokeApp
from infra.desk import Desk
from infra.settings import Settings
from tests.database import Databases
from tests.mcp.company import filled
from tests.mcp.serving import workers
from tests.oauth.oauth_grants import VERIFIER, ApprovedApp, ConnectedApp, approve_app, connect_app
from tests.oauth.oauth_tokens import HOME, PUBLIC

pytestmark = pytest.mark.anyio

PARALLEL = 8
ROUNDS = 5
PUBLIC_URL = "http://127.0.0.1:8080"


class Place(NamedTuple):
    """Two workers on one database, and an agent who approves apps."""

    database: str
    ports: list[int]
    agent: UUID

    def _rows(self, table: str, grant: UUID) -> int:
        """Count what of a grant is in a table."""
        with psycopg.connect(self.database) as connection:
            counted = f"SELECT count(*) FROM acct_main.{table} WHERE grant_id = %s".encode()
            row = connection.execute(counted, (grant,)).fetchone()
            assert row
            return row[0]

    def tokens(self, grant: UUID) -> tuple[int, int]:
        """Count a grant's access and refresh tokens, old ones included."""
        return self._rows("credentials", grant), self._rows("refresh_tokens", grant)


@pytest.fixture(scope="module")
def place(databases: Databases) -> Iterator[Place]:
    with databases.copy_filled(filled) as (url, company):
        asyncio.run(register(url))
        with workers(url, public_url=PUBLIC_URL) as started:
            yield Place(url, [worker.port for worker in started], company.members["Ana"].id)


async def register(url: str) -> None:
    desk = Desk(Settings(database_url=url))
    async with desk.open(follow=False):
        await desk.oauth.add_client(PUBLIC, None, "192.0.2.0", desk.helpdesk.now())


@pytest.fixture
async def office(place: Place) -> AsyncGenerator[Desk]:
    """A third process's way in."""
    desk = Desk(Settings(database_url=place.database, public_url=PUBLIC_URL))
    async with desk.open(follow=False):
        yield desk


@pytest.fixture
async def http() -> AsyncGenerator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=20) as client:
        yield client


async def at_once(
    http: httpx2.AsyncClient, place: Place, sent: Sequence[tuple[str, Mapping[str, str]]]
) -> list[httpx2.Response]:
    """Send forms at the same time, to each worker in turn."""

    async def send(number: int, path: str, form: Mapping[str, str]) -> httpx2.Response:
        port = place.ports[number % len(place.ports)]
        return await http.post(f"http://127.0.0.1:{port}{path}", data=dict(form))

    return await asyncio.gather(*(send(n, path, form) for n, (path, form) in enumerate(sent)))


def redemption(approved: ApprovedApp) -> tuple[str, Mapping[str, str]]:
    return TOKEN, {
        "grant_type": "authorization_code",
        "client_id": PUBLIC.id,
        "code": approved.code,
        "code_verifier": VERIFIER,
        "redirect_uri": HOME,
    }


def refresh(token: str) -> tuple[str, Mapping[str, str]]:
    return TOKEN, {
        "grant_type": "refresh_token",
        "client_id": PUBLIC.id,
        "refresh_token": token,
    }


def revocation(token: str) -> tuple[str, Mapping[str, str]]:
    return REVOKE, {"client_id": PUBLIC.id, "token": token}


def refused(answers: Sequence[httpx2.Response]) -> list[Any]:
    return [answer.json()["error"] for answer in answers if answer.status_code != 200]


async def connected(office: Desk, place: Place) -> ConnectedApp:
    return await connect_app(office, place.agent, PUBLIC)


async def test_of_eight_redemptions_of_a_code_one_wins(
    place: Place, office: Desk, http: httpx2.AsyncClient
) -> None:
    # With Authlib's own hooks in threads, two of eight did.
    for _ in range(ROUNDS):
        approved = await approve_app(office, place.agent, PUBLIC)
        answers = await at_once(http, place, [redemption(approved)] * PARALLEL)
        assert refused(answers) == ["invalid_grant"] * (PARALLEL - 1)
        # None at all where the last came when the first was judged already: that is a replay.
        assert place.tokens(approved.grant) in {(1, 1), (0, 0)}


async def test_eight_refreshes_with_a_token_get_one_pair(
    place: Place, office: Desk, http: httpx2.AsyncClient
) -> None:
    for _ in range(ROUNDS):
        app = await connected(office, place)
        answers = await at_once(http, place, [refresh(app.refresh_token)] * PARALLEL)
        assert refused(answers) == []
        assert len({answer.content for answer in answers}) == 1
        assert place.tokens(app.grant) == (2, 2)


async def test_chains_of_refreshes_by_two_who_share_the_tokens_never_fork(
    place: Place, office: Desk, http: httpx2.AsyncClient
) -> None:
    app = await connected(office, place)
    token = app.refresh_token
    for number in range(ROUNDS):
        one, other = await at_once(http, place, [refresh(token)] * 2)
        assert one.content == other.content
        token = one.json()["refresh_token"]
        assert place.tokens(app.grant) == (number + 2, number + 2)


async def test_nothing_is_left_of_a_grant_that_was_revoked_while_it_was_refreshed(
    place: Place, office: Desk, http: httpx2.AsyncClient
) -> None:
    for _ in range(ROUNDS):
        app = await connected(office, place)
        sent = [refresh(app.refresh_token)] * PARALLEL
        sent[PARALLEL // 2] = revocation(app.access_token)
        answers = await at_once(http, place, sent)
        assert answers[PARALLEL // 2].status_code == 200
        assert set(refused(answers)) <= {"invalid_grant"}
        assert place.tokens(app.grant) == (0, 0)


async def test_nothing_is_left_of_a_code_that_was_redeemed_while_its_consent_was_revoked(
    place: Place, office: Desk, http: httpx2.AsyncClient
) -> None:
    for _ in range(ROUNDS):
        approved = await approve_app(office, place.agent, PUBLIC)
        revoke = RevokeApp(agent=place.agent, consent=approved.consent)
        (answer,), _ = await asyncio.gather(
            at_once(http, place, [redemption(approved)]), office.execute(Wish(revoke))
        )
        assert refused([answer]) in ([], ["invalid_grant"])
        assert place.tokens(approved.grant) == (0, 0)
