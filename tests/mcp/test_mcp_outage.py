"""The database goes away under a running server: nothing is answered, and work resumes by itself."""

import asyncio
import logging
from collections.abc import Awaitable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import psycopg
import pytest

from domain.ledger import Unavailable
from infra.migrations import migrate
from infra.postgres.embedded import EmbeddedPostgres
from tests.database import temporary_folder
from tests.mcp.company import Company, filled
from tests.mcp.records import Log
from tests.mcp.serving import Served, served, until
from tests.mcp.wire import Answer, Request, call, legacy_call, modern


class Mortal(NamedTuple):
    """A product on a database server of its own, which can be stopped and started."""

    server: EmbeddedPostgres
    product: Served
    company: Company

    def send(self, request: Request) -> Answer:
        return request.send(self.product.port)


@pytest.fixture(scope="module")
def mortal() -> Generator[Mortal]:
    with temporary_folder() as folder, EmbeddedPostgres(folder, durable=False) as server:
        migrate(server.url())
        company = filled(server.url())
        with served(server.url(), rate_per_credential=100_000, rate_per_address=100_000) as product:
            yield Mortal(server, product, company)


async def outcomes(*attempts: Awaitable[None]) -> list[BaseException | None]:
    return await asyncio.gather(*attempts, return_exceptions=True)


def test_without_its_database_the_server_answers_nothing_and_then_resumes(
    mortal: Mortal, caplog: pytest.LogCaptureFixture
) -> None:
    ticket = mortal.company.tickets["new"].code
    ana, ben = mortal.company.token("Ana"), mortal.company.token("Ben")
    read = call(ana, "get_tags", ticket_id=ticket)
    write = call(ana, "add_tags", ticket_id=ticket, tags=["during"], idempotency_key="outage")
    assert mortal.send(read).status == mortal.send(call(ben, "list_departments")).status == 200
    with psycopg.connect(mortal.server.url(), autocommit=True) as connection:
        before = Log(mortal.server.url(), connection).head()

    mortal.server.stop()
    requests = (
        read,
        write,
        modern(ana, "tools/list"),
        legacy_call(ben, "list_departments"),
        call(ana, "get_tags", {"progressToken": 1}, ticket_id=ticket),
        call(mortal.company.token("Cora"), "list_departments"),  # of whom nothing is known yet
    )
    with ThreadPoolExecutor(len(requests)) as threads:
        answers = list(threads.map(mortal.send, requests))
    for answer in answers:
        assert (answer.status, answer.json()["error"]) == (503, "unavailable"), answer
        assert int(answer.headers["retry-after"]) > 0
    assert mortal.send(read.but(authorization="Bearer junk")).status == 401
    desk = mortal.product.desk
    # Who comes anew has no free pass; uses are kept to be written down later.
    for outcome in mortal.product.run_blind(
        outcomes(desk.rates.require_address("192.0.2.1"), desk.authenticator.write_down_uses())
    ):
        assert isinstance(outcome, Unavailable)

    mortal.server.start()
    until(lambda: mortal.send(write).status == 200)
    until(lambda: b'"during"' in mortal.send(read).body)
    with psycopg.connect(mortal.server.url(), autocommit=True) as connection:
        calls = Log(mortal.server.url(), connection).calls_above(before)
    mortal.product.run(desk.authenticator.write_down_uses())
    used = [mortal.company.members[name].credential for name in ("Ana", "Ben")]
    assert set(mortal.product.run(desk.ledger.last_used(used))) == set(used)
    # What was answered with 503 was not done.
    done = [made.fact.tool for made in calls if made.fact.outcome == "ok"]
    assert done[0] == "add_tags"
    assert set(done[1:]) == {"get_tags"}
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == []
