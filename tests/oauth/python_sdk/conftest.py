"""The product as an app of the official Python SDK meets it: with its document known, and Ana at a browser."""

import json
from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import pytest

from api.oauth.store import Grant
from domain.secret import digest_of
from tests.mcp.clients import ERAS, Era
from tests.mcp.company import SUPPORT, Company, Ticket, open_ticket
from tests.mcp.serving import Served, served
from tests.oauth.clients.person import Person
from tests.oauth.clients.python_sdk import LOOPBACK, App
from tests.sign_in.browser import Browser
from tests.sign_in.conftest import PASSWORD, Clock, give_password

DOCUMENT = "https://app.example/oauth/client.json"
BOTH = "tickets:read tickets:write"


@pytest.fixture(scope="module")
def moving(
    desk_database: str, company: Company, tmp_path_factory: pytest.TempPathFactory
) -> Generator[tuple[Served, Clock]]:
    """Serve with a pinned document: the SDK takes https URLs only, and nothing is at this one."""
    document = {
        "client_id": DOCUMENT,
        "client_name": "Published App",
        "redirect_uris": [LOOPBACK],
        "token_endpoint_auth_method": "none",
    }
    file: Path = tmp_path_factory.mktemp("pinned") / "app.json"
    file.write_text(json.dumps(document))
    clock = Clock()
    with served(desk_database, clock, client_documents=str(file)) as product:
        give_password(product, company.members["Ana"], PASSWORD)
        yield product, clock


@pytest.fixture
def ana(product: Served, company: Company) -> Person:
    """Ana at a browser that nothing is known of yet."""
    return Person(Browser(product.port), company.members["Ana"].email, PASSWORD)


@pytest.fixture
def site() -> str:
    """A redirect URI that no other test's app has."""
    return f"https://{uuid4()}.example/callback"


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


@pytest.fixture
def ticket(product: Served, company: Company) -> Ticket:
    return product.run(open_ticket(product.desk, company.departments[SUPPORT]))


def grant_of(product: Served, app: App) -> Grant:
    """Return what an app's token came of."""
    found = product.run(product.desk.oauth.find_issued(digest_of(app.token.access_token)))
    assert found
    return found
