"""The product served with a small company in it, once for all tests, and the log behind it."""

from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from typing import Any

import httpx2
import psycopg
import pytest
from mcp.client.client import Client

from infra.desk import Desk
from infra.settings import Settings
from tests.database import Databases
from tests.mcp.clients import ERAS, Era, connected
from tests.mcp.company import SUPPORT, Company, Ticket, filled, open_ticket
from tests.mcp.records import Log
from tests.mcp.serving import Served, served, workers
from tests.mcp.site import CALLERS, PUBLIC_URL, Site


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def founded(databases: Databases) -> Iterator[tuple[str, Company]]:
    with databases.copy_filled(filled) as made:
        yield made


@pytest.fixture(scope="session")
def desk_database(founded: tuple[str, Company]) -> str:
    return founded[0]


@pytest.fixture(scope="session")
def company(founded: tuple[str, Company]) -> Company:
    return founded[1]


@pytest.fixture(scope="session")
def product(desk_database: str) -> Generator[Served]:
    with served(desk_database) as product:
        yield product


@pytest.fixture(scope="session")
def log(desk_database: str) -> Iterator[Log]:
    with psycopg.connect(desk_database, autocommit=True) as connection:
        yield Log(desk_database, connection)


@pytest.fixture(params=ERAS, scope="session")
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


@pytest.fixture(scope="module")
async def ana(product: Served, company: Company, era: Era) -> AsyncGenerator[Client]:
    """An agent of Support, in both eras."""
    async with connected(product.url, company.token("Ana"), era) as client:
        yield client


@pytest.fixture(scope="module")
async def olga(product: Served, company: Company, era: Era) -> AsyncGenerator[Client]:
    """The owner, who sees all departments, in both eras."""
    async with connected(product.url, company.token("Olga"), era) as client:
        yield client


@pytest.fixture
def fresh(product: Served, company: Company) -> Callable[..., Ticket]:
    """Open a ticket of the test's own, in Support unless said otherwise."""

    def opened(department: str = SUPPORT, **properties: Any) -> Ticket:
        department_id = company.departments[department]
        return product.run(open_ticket(product.desk, department_id, **properties))

    return opened


@pytest.fixture(scope="module")
def site(databases: Databases) -> Iterator[Site]:
    with (
        databases.copy_filled(filled) as (url, company),
        workers(url, public_url=PUBLIC_URL) as started,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        yield Site(url, company, started, Log(url, connection))


@pytest.fixture
async def office(site: Site) -> AsyncGenerator[Desk]:
    """A third process's way in: commands that no worker is told of."""
    desk = Desk(Settings(database_url=site.database, public_url=PUBLIC_URL))
    async with desk.open():
        yield desk


@pytest.fixture
async def http() -> AsyncGenerator[httpx2.AsyncClient]:
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=CALLERS)
    async with httpx2.AsyncClient(limits=limits, timeout=20) as client:
        yield client
