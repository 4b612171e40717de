"""The product served with a small company in it, and a browser whose scripts are on or off."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser as Chromium

from api.sign_in.links import setup_url
from domain.account import Account
from domain.application import Wish
from domain.budget import OpenBudget
from infra.desk import projection_of
from infra.projector.rebuild import prepare_views
from tests.chromium import launched
from tests.database import Databases
from tests.examples import TIMES
from tests.journeys.program import Program, started
from tests.journeys.walking import Walker, walking
from tests.mcp.company import Company
from tests.mcp.conftest import company, desk_database, founded, product
from tests.mcp.serving import Served, served
from tests.panel.conftest import enter, join, olga, ticket, word
from tests.sign_in.browser import Browser

Walk = Callable[..., AbstractContextManager[Walker]]

# Fixtures from elsewhere, anew for these.
__all__ = [
    "company",
    "desk_database",
    "enter",
    "founded",
    "join",
    "olga",
    "product",
    "ticket",
    "word",
]


@pytest.fixture(scope="module")
def chromium(product: Served, olga: Browser, company: Company) -> Iterator[Chromium]:  # noqa: ARG001 - see below
    """A browser, begun when all is there that runs an event loop in this thread to be made."""
    with launched() as browser:
        yield browser


# Without them every page works, too; that is walked where there is time for it, as in CI.
SCRIPTS = {"scripts": True, "no-scripts": False} if TIMES > 1 else {"scripts": True}


@pytest.fixture(params=SCRIPTS.values(), ids=list(SCRIPTS))
def walk(chromium: Chromium, request: pytest.FixtureRequest) -> Walk:
    """Let somebody walk through a product, signed in or not; each journey with and without scripts."""
    return partial(walking, chromium, scripts=request.param)


@pytest.fixture
def program() -> Iterator[Program]:
    with started() as program:
        yield program


@pytest.fixture
def begun(databases: Databases) -> Iterator[Served]:
    """A served account with nobody in it yet."""
    with databases.copy() as url, ThreadPoolExecutor(1) as elsewhere:
        views = prepare_views(url, projection_of(Account.named("main")))
        elsewhere.submit(asyncio.run, views).result()
        with served(url) as product:
            product.run(product.desk.execute(Wish(OpenBudget())))
            yield product


def setup_path(product: Served) -> str:
    secret = product.run(product.desk.entrance.links.issue_setup("cli"))
    parts = urlsplit(setup_url("http://x", secret))
    return f"{parts.path}?{parts.query}"
