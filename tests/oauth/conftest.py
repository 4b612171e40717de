"""The product served at a time that tests can move, with a small company in it."""

from collections.abc import Generator, Iterator

import pytest

from tests.database import Databases
from tests.mcp.company import Company, filled
from tests.mcp.serving import Served, served
from tests.oauth.oauth_tables import tables
from tests.oauth.oauth_tokens import CLIENTS, App
from tests.oauth.oauth_visiting import keep
from tests.oauth.oauth_wire import Wire
from tests.sign_in.conftest import Clock

__all__ = ["tables"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def founded(databases: Databases) -> Iterator[tuple[str, Company]]:
    with databases.copy_filled(filled) as made:
        yield made


@pytest.fixture(scope="module")
def desk_database(founded: tuple[str, Company]) -> str:
    return founded[0]


@pytest.fixture(scope="module")
def company(founded: tuple[str, Company]) -> Company:
    return founded[1]


@pytest.fixture(scope="module")
def moving(desk_database: str) -> Generator[tuple[Served, Clock]]:
    clock = Clock()
    with served(desk_database, clock) as product:
        yield product, clock


@pytest.fixture
def product(moving: tuple[Served, Clock]) -> Served:
    return moving[0]


@pytest.fixture
def clock(moving: tuple[Served, Clock]) -> Iterator[Clock]:
    clock = moving[1]
    yield clock
    clock.reset()


@pytest.fixture
def wire(product: Served) -> Wire:
    return Wire(product.port)


@pytest.fixture(scope="module")
def registered(moving: tuple[Served, Clock]) -> None:
    """The clients of `oauth_tokens` are known."""
    for client in CLIENTS:
        keep(moving[0], client)


@pytest.fixture
def app(
    product: Served,
    company: Company,
    wire: Wire,
    desk_database: str,
    registered: None,  # noqa: ARG001 - known first
) -> App:
    """An app of Ana's."""
    return App(product, wire, company.members["Ana"].id, desk_database)
