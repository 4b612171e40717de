"""The product served at a time that tests can move, with people in it who have passwords."""

from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from api.sign_in.people import Visitor
from domain.permissions import Role
from tests.database import Databases
from tests.mcp.company import Company, Member, add_agent, filled
from tests.mcp.serving import Served, served
from tests.sign_in.browser import Browser

PASSWORD = "correct horse battery"  # noqa: S105 - of people who do not exist


class Clock:
    """The time, moved ahead by `ahead`; it stands still from `stop` on."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._stopped: datetime | None = None

    def __call__(self) -> datetime:
        return (self._stopped or datetime.now(UTC)) + self.ahead

    def stop(self) -> None:
        self._stopped = datetime.now(UTC)

    def reset(self) -> None:
        self.ahead, self._stopped = timedelta(), None


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
def clock(moving: tuple[Served, Clock]) -> Iterator[Clock]:
    clock = moving[1]
    yield clock
    clock.reset()


@pytest.fixture
def product(moving: tuple[Served, Clock], desk_database: str) -> Served:
    """The product, with no attempt to sign in counted yet."""
    with psycopg.connect(desk_database) as connection:
        connection.execute("DELETE FROM acct_main.attempts")
    return moving[0]


@pytest.fixture
def browser(product: Served) -> Browser:
    return Browser(product.port)


@pytest.fixture
def hired(product: Served) -> Callable[[str], Member]:
    """Hire somebody by name, as an agent with a password."""

    def hire(name: str) -> Member:
        member = product.run(add_agent(product.desk, name, Role.AGENT))
        give_password(product, member, PASSWORD)
        return member

    return hire


def give_password(product: Served, member: Member, password: str) -> None:
    links = product.desk.entrance.links
    secret = product.run(links.issue_reset(member.id, "cli"))
    product.run(links.set_password(member.id, secret, password, Visitor()))


def failures_in(connection: psycopg.Connection) -> dict[bytes, int]:
    """Return the failures that are counted, by what they count on."""
    rows = connection.execute("SELECT key, failures FROM acct_main.attempts").fetchall()
    return dict(rows)
