"""The product served at a time that tests can move, with a small company in it."""

import pytest

from tests.mcp.company import Company
from tests.mcp.serving import Served
from tests.oauth.oauth_tables import tables
from tests.oauth.oauth_tokens import CLIENTS, App
from tests.oauth.oauth_visiting import keep
from tests.oauth.oauth_wire import Wire
from tests.sign_in.conftest import (
    Clock,
    anyio_backend,
    clock,
    company,
    desk_database,
    founded,
    moving,
)

# Fixtures from elsewhere, anew for these.
__all__ = ["anyio_backend", "clock", "company", "desk_database", "founded", "moving", "tables"]


@pytest.fixture
def product(moving: tuple[Served, Clock]) -> Served:
    return moving[0]


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
