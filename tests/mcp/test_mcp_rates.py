"""Rate limits as clients meet them, with two server processes on one database."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import psycopg
import pytest

from domain.secret import ACCESS_TOKEN, encode_secret
from infra.desk import Desk
from infra.settings import Settings
from tests.database import Databases
from tests.mcp.company import Company, filled, generate_token
from tests.mcp.serving import Worker, served, workers
from tests.mcp.wire import Answer, Request, call

LIMIT = 10


class Site(NamedTuple):
    database: str
    company: Company
    workers: list[Worker]

    def fresh_token(self) -> str:
        """Generate a token whose minute does not end within a test."""

        async def generated() -> str:
            desk = Desk(Settings(database_url=self.database))
            async with desk.open(follow=False):
                token, credential = await generate_token(desk, self.company.members["Ana"].id)
            let_last(self.database, f"credential {credential}")
            return token

        return asyncio.run(generated())

    def send_all(self, request: Request, number: int) -> list[Answer]:
        """Send the same over and over, to each worker in turn and all at once."""
        ports = [self.workers[n % len(self.workers)].port for n in range(number)]
        with ThreadPoolExecutor(8) as threads:
            return list(threads.map(request.send, ports))


def let_last(database: str, key: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO acct_main.rates "
            "VALUES (%s, date_trunc('minute', now()) + interval '1 minute', 0) "
            "ON CONFLICT (key) DO UPDATE SET minute = excluded.minute, taken = 0",
            (key,),
        )


@pytest.fixture(scope="module")
def site(databases: Databases) -> Iterator[Site]:
    with (
        databases.copy_filled(filled) as (url, company),
        workers(url, rate_per_credential=LIMIT) as started,
    ):
        yield Site(url, company, started)


def test_a_credential_has_its_limit_over_all_workers_and_is_told_when_it_may_come_again(
    site: Site,
) -> None:
    answers = site.send_all(call(site.fresh_token(), "list_departments"), 3 * LIMIT)
    assert sorted(answer.status for answer in answers) == [200] * LIMIT + [429] * 2 * LIMIT
    for answer in answers:
        if answer.status == 429:
            told = answer.json()
            assert told["error"] == "rate_limited"
            assert 1 <= told["retry_after"] <= 60
            assert answer.headers["retry-after"] == str(told["retry_after"])
            assert answer.headers["cache-control"] == "no-store"


def test_another_credential_of_the_same_agent_is_not_concerned(site: Site) -> None:
    used_up, another = site.fresh_token(), site.fresh_token()
    assert site.send_all(call(used_up, "list_departments"), LIMIT + 1)[-1].status in {200, 429}
    assert site.send_all(call(another, "list_departments"), 1)[0].status == 200


def test_refused_requests_leave_no_record_and_cost_nothing(site: Site) -> None:
    request = call(site.fresh_token(), "list_departments")
    site.send_all(request, LIMIT)
    with psycopg.connect(site.database) as connection:
        before = connection.execute("SELECT max(notification_id) FROM acct_main.events").fetchone()
        assert {answer.status for answer in site.send_all(request, 6)} == {429}
        connection.rollback()
        after = connection.execute("SELECT max(notification_id) FROM acct_main.events").fetchone()
    assert before == after


def test_whoever_tries_tokens_is_stopped_by_address_and_junk_is_not_even_counted(
    site: Site,
) -> None:
    let_last(site.database, "address 127.0.0.1")
    with served(site.database, rate_per_address=LIMIT) as product:

        def tried(secret: str) -> int:
            return call(secret, "list_departments").send(product.port).status

        junk = [tried("dl_pat_junk") for _ in range(2 * LIMIT)]
        guesses = [
            tried(encode_secret(ACCESS_TOKEN, number.to_bytes(32))) for number in range(LIMIT + 5)
        ]
        good = tried(site.company.token("Ben"))
    assert junk == [401] * 2 * LIMIT
    assert guesses == [401] * LIMIT + [429] * 5
    assert good == 429
