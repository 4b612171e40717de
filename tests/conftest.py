"""One PostgreSQL server for a test session, and the fixtures that give each test its database."""

import gc
import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Protocol

import pytest
from hypothesis import settings

from tests import examples
from tests.database import Databases, Server, choose_server

CHOICE = pytest.StashKey[Server]()
OPENED = pytest.StashKey[tuple[str, str]]()  # the server's URL and the template's name
CLEANUP = pytest.StashKey[ExitStack]()
# What takes longest; begun last, it would be waited for when all else is done.
LONGEST = (
    "test_journey_",
    "test_every_",
    "test_rest_any_request",
    "test_serving",
    "test_setup",
    "test_oauth_browser",
    "test_embedded_postgres",
    "test_any_fact",
    "test_importing",
    "test_mcp_outage",
    "test_mcp_workers",
    "test_panel_",
    "test_protocol",
)


class WorkerNode(Protocol):
    """What pytest-xdist's controller knows of a worker."""

    config: pytest.Config
    workerinput: dict[str, object]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[CLEANUP] = ExitStack()
    settings.load_profile(examples.PROFILE)
    if handed := getattr(config, "workerinput", None):
        config.stash[OPENED] = handed["postgres"]
        return
    try:
        config.stash[CHOICE] = choose_server(os.environ)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_report_header(config: pytest.Config) -> str:
    return f"postgresql: {config.stash[CHOICE].name}" if CHOICE in config.stash else ""


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerNode) -> None:
    """The controller of pytest-xdist opens the server, the workers are handed its address."""
    node.workerinput["postgres"] = opened(node.config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        file = item.path.name
        return next((n for n, name in enumerate(LONGEST) if file.startswith(name)), len(LONGEST))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    # Thousands of tests, which stay to the end: they are not looked through again and again.
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[CLEANUP].close()


def opened(config: pytest.Config) -> tuple[str, str]:
    """The session's server and its migrated template, made at the first call."""
    if OPENED not in config.stash:
        cleanup = config.stash[CLEANUP]
        url = cleanup.enter_context(config.stash[CHOICE].opened)
        databases = Databases(url, f"template_{uuid.uuid4().hex}")
        cleanup.enter_context(closing(databases))
        cleanup.callback(databases.drop_template)
        databases.make_template()
        config.stash[OPENED] = (url, databases.template)
    return config.stash[OPENED]


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Iterator[Databases]:
    """The session's server, to make databases on."""
    with closing(Databases(*opened(pytestconfig))) as made:
        yield made


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    """The URL of a migrated database of the test's own."""
    with databases.copy() as url:
        yield url


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    with databases.empty() as url:
        yield url
