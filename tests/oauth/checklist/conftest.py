"""Strangers before the product, who know its MCP endpoint's URL and the standards."""

import pytest

from tests.mcp.serving import Served
from tests.oauth.clients.person import Person
from tests.oauth.oauth_stranger import CALLBACK, NAME, PORTLESS, SCHEME, Stranger, welcome
from tests.oauth.oauth_wire import Wire
from tests.sign_in.browser import Browser


@pytest.fixture(scope="module")
def pia(moving: tuple[Served, object]) -> Person:
    return welcome(moving[0], "Pia")


@pytest.fixture(scope="module")
def client(moving: tuple[Served, object], pia: Person) -> Stranger:
    """A client that nobody has approved."""
    uris = [CALLBACK, PORTLESS, "http://localhost/callback", SCHEME]
    return Stranger(Wire(moving[0].port), pia, client_name=NAME, redirect_uris=uris)


@pytest.fixture(scope="module")
def approved(moving: tuple[Served, object], pia: Person) -> Stranger:
    """A client that is told what is wrong, as the person has approved it."""
    client = Stranger(Wire(moving[0].port), pia)
    client.connect()
    return client


@pytest.fixture
def nobody(product: Served) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(product.port)
