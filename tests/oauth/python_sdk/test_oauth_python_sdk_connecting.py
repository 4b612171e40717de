"""The official Python SDK as it comes connects by the MCP URL alone, and works as an app."""

import os
from collections.abc import Generator

import psycopg
import pytest
from mcp.client.auth import OAuthRegistrationError
from mcp.shared.auth import OAuthClientInformationFull

from api.oauth.locations import AUTHORIZE, RESOURCE
from domain.application import Wish
from domain.caller import insider
from domain.clients import RegisterClient, SetClientPolicy
from domain.fact import Client as Recorded
from domain.secret import CLIENT_SECRET, digest_of, encode_secret
from mcp_server.tools import TOOLS
from tests.mcp.clients import Era, connected
from tests.mcp.company import Company, Ticket
from tests.mcp.records import Log
from tests.mcp.serving import Served, served
from tests.oauth.clients.person import Person
from tests.oauth.clients.python_sdk import App, Denied, Proxied, add_a_tag, names_of
from tests.oauth.python_sdk.conftest import BOTH, DOCUMENT, grant_of
from tests.sign_in.browser import Browser
from tests.sign_in.conftest import PASSWORD, Clock

pytestmark = pytest.mark.anyio

PUBLIC = "https://desk.example"
REVISIONS = {"modern": "2026-07-28", "legacy": "2025-11-25"}


@pytest.fixture(scope="module")
def proxied(desk_database: str, moving: tuple[Served, Clock]) -> Generator[Served]:  # noqa: ARG001 - with Ana's password
    """Serve the same behind a proxy."""
    with served(desk_database, public_url=PUBLIC) as product:
        yield product


@pytest.fixture
def log(desk_database: str) -> Generator[Log]:
    with psycopg.connect(desk_database, autocommit=True) as connection:
        yield Log(desk_database, connection)


async def test_an_app_that_knows_the_url_alone_has_the_tools_that_a_token_has(
    product: Served, company: Company, ana: Person, era: Era
) -> None:
    app = App(product.url, ana, "Registered App")
    async with app.started(era) as client, connected(product.url, company.token("Ana")) as same:
        assert client.protocol_version == REVISIONS[era]
        names = await names_of(client)
        assert len(names) == len(TOOLS)
        assert names == await names_of(same)
    assert app.client_id.startswith("dcr_")
    assert app.token.scope == BOTH
    assert (ana.signed_in, len(ana.asked)) == (1, 1)
    assert "Registered App" in ana.asked[0]


async def test_what_an_app_does_is_recorded_as_the_agents_through_it(
    product: Served, ana: Person, ticket: Ticket, log: Log, era: Era
) -> None:
    app = App(product.url, ana, "Registered App")
    async with app.started(era) as client:
        with log.watched() as watched:
            await add_a_tag(client, ticket)
    by = watched.call.envelope.by
    grant = grant_of(product, app)
    assert (by.via, by.agent, by.credential) == ("app", grant.agent, grant.consent)
    # Before 2026-07-28 requests do not tell the version; a server without sessions knows it not.
    version = "1.2.3" if era == "modern" else None
    assert by.client == Recorded("Registered App", version, app.client_id)
    assert watched.charged == watched.call.fact.units > 0
    assert through_of(product, ticket) == "via Registered App"


async def test_an_app_with_a_document_connects_and_works(
    product: Served, ana: Person, ticket: Ticket, era: Era
) -> None:
    app = App(product.url, ana, "Not what it says", document=DOCUMENT)
    async with app.started(era) as client:
        await add_a_tag(client, ticket)
    assert app.client_id == DOCUMENT
    assert through_of(product, ticket) == "via Published App"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_an_app_may_have_a_secret(
    product: Served, ana: Person, ticket: Ticket, site: str, method: str
) -> None:
    app = App(product.url, ana, redirect_uri=site, auth_method=method)
    async with app.started() as client:
        await add_a_tag(client, ticket)
    assert app.kept.client
    assert app.kept.client.client_secret


async def test_an_app_that_an_administrator_registered_connects_where_none_registers_itself(
    product: Served, ana: Person, ticket: Ticket, site: str
) -> None:
    secret = encode_secret(CLIENT_SECRET, os.urandom(32))
    known = RegisterClient(
        client_id="crm", name="Our CRM", redirect_uris=(site,), digest=digest_of(secret).hex()
    )
    product.run(product.desk.execute(Wish(known)))
    app = App(product.url, ana, "Not what it says", redirect_uri=site)
    app.kept.client = OAuthClientInformationFull(
        client_id="crm",
        client_secret=secret,
        token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - a method's name
    )
    product.run(product.desk.execute(Wish(SetClientPolicy(dynamic_registration=False))))
    try:
        async with app.started() as client:
            await add_a_tag(client, ticket)
        with pytest.RaisesGroup(OAuthRegistrationError, flatten_subgroups=True):
            async with App(product.url, ana, redirect_uri=site).started():
                pass
    finally:
        product.run(product.desk.execute(Wish(SetClientPolicy(dynamic_registration=True))))
    assert through_of(product, ticket) == "via Our CRM"


async def test_an_app_that_is_denied_gets_nothing(product: Served, ana: Person) -> None:
    ana.choice = "deny"
    app = App(product.url, ana, "Unwanted App")
    denied = pytest.RaisesExc(Denied, match="access_denied")
    with pytest.RaisesGroup(denied, flatten_subgroups=True):
        async with app.started():
            pass
    assert app.kept.tokens is None


async def test_behind_a_proxy_an_app_knows_the_public_address_alone(
    proxied: Served, company: Company, ticket: Ticket, era: Era
) -> None:
    ana = Person(Browser(proxied.port), company.members["Ana"].email, PASSWORD)
    app = App(f"{PUBLIC}{RESOURCE}", ana, transport=Proxied(proxied.port))
    async with app.started(era) as client:
        await add_a_tag(client, ticket)
    assert app.opened[0].startswith(f"{PUBLIC}{AUTHORIZE}?")


def through_of(product: Served, ticket: Ticket) -> str:
    """Tell by which way the last change of a ticket came, as its history has it."""
    house = insider("system")
    page = product.run(product.desk.views.list_activity(house, ticket.code, limit=1))
    return page.activity[0].through
