"""Whose word counts on where a request comes from: a trusted proxy's, and nobody else's."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.database import Databases
from tests.mcp.company import Company, filled
from tests.mcp.records import Log
from tests.mcp.serving import workers
from tests.mcp.wire import call


@pytest.fixture(scope="module")
def site(databases: Databases) -> Iterator[tuple[Company, Log]]:
    with (
        databases.copy_filled(filled) as (url, company),
        psycopg.connect(url, autocommit=True) as connection,
    ):
        yield company, Log(url, connection)


@pytest.mark.parametrize(
    ("trusted", "recorded"),
    [
        # The client's own words stand leftmost; what the last proxy saw, rightmost.
        ("127.0.0.1,::1", {"198.51.100.9, 203.0.113.7": "203.0.113.7"}),
        (
            "127.0.0.1,10.0.0.0/8",
            {
                "198.51.100.9, 203.0.113.7, 10.1.2.3": "203.0.113.7",
                "10.1.2.3, 203.0.113.7, 172.16.0.1": "172.16.0.1",
            },
        ),
        ("10.0.0.0/8", {"198.51.100.9, 203.0.113.7": "127.0.0.1"}),
    ],
)
def test_an_address_is_believed_that_a_trusted_proxy_added(
    site: tuple[Company, Log], trusted: str, recorded: dict[str, str]
) -> None:
    company, log = site
    with workers(log.database, 1, trusted_proxies=trusted) as (worker,), log.watched() as watched:
        for said in recorded:
            request = call(company.token("Ana"), "list_departments").but(x_forwarded_for=said)
            assert request.send(worker.port).status == 200
    assert [made.envelope.by.ip for made in watched.calls] == list(recorded.values())
