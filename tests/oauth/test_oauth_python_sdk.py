"""The official Python SDK as it comes connects by the MCP URL alone, and works as an app."""

import json
import os
import time
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from mcp.client.auth import OAuthRegistrationError
from mcp.shared.auth import OAuthClientInformationFull

from api.oauth.locations import AUTHORIZE, RESOURCE
from api.oauth.store import Grant
from domain.application import Wish
from domain.caller import insider
from domain.clients import RegisterClient, SetClientPolicy
from domain.consent import RevokeApp
from domain.fact import Client as Recorded
from domain.secret import CLIENT_SECRET, digest_of, encode_secret
from mcp_server.tools import TOOLS
from tests.mcp.clients import ERAS, Era, answer_of, connected
from tests.mcp.company import SUPPORT, Company, Ticket, open_ticket
from tests.mcp.records import Log
from tests.mcp.serving import Served, served
from tests.oauth.clients.person import Person
from tests.oauth.clients.python_sdk import (
    LOOPBACK,
    App,
    Denied,
    Proxied,
    add_a_tag,
    names_of,
    reading_only,
    scope_of,
)
from tests.sign_in.browser import Browser
from tests.sign_in.conftest import PASSWORD, Clock, give_password

pytestmark = pytest.mark.anyio

DOCUMENT = "https://app.example/oauth/client.json"
PUBLIC = "https://desk.example"
BOTH = "tickets:read tickets:write"
REVISIONS = {"modern": "2026-07-28", "legacy": "2025-11-25"}


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


@pytest.fixture(scope="module")
def proxied(desk_database: str, moving: tuple[Served, Clock]) -> Generator[Served]:  # noqa: ARG001 - with Ana's password
    """Serve the same behind a proxy."""
    with served(desk_database, public_url=PUBLIC) as product:
        yield product


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


async def test_a_token_whose_hour_is_over_is_refreshed_and_nobody_notices(
    product: Served, ana: Person, ticket: Ticket, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = App(product.url, ana)
    async with app.started() as client:
        await add_a_tag(client, ticket)
        before = app.token
        later(clock, monkeypatch, timedelta(hours=1, minutes=1))
        await add_a_tag(client, ticket)
    assert app.token.access_token != before.access_token
    assert app.token.refresh_token != before.refresh_token
    assert app.token.scope == before.scope
    assert len(app.opened) == 1


async def test_an_app_that_starts_again_works_on_with_its_token(
    product: Served, ana: Person, ticket: Ticket
) -> None:
    app = App(product.url, ana)
    for _ in range(2):
        async with app.started() as client:
            await add_a_tag(client, ticket)
    assert len(app.opened) == 1


async def test_an_app_that_starts_again_when_its_hour_is_over_asks_nothing_of_anybody(
    product: Served, ana: Person, ticket: Ticket, clock: Clock
) -> None:
    """The SDK forgets when a token ends: it shows it, and begins anew when that is refused."""
    app = App(product.url, ana)
    async with app.started():
        pass
    clock.ahead = timedelta(hours=1, minutes=1)
    async with app.started() as client:
        await add_a_tag(client, ticket)
    assert (len(app.opened), ana.signed_in, len(ana.asked)) == (2, 1, 1)


@pytest.mark.parametrize("where", ["on a site", "on her computer"])
async def test_an_app_that_forgot_everything_connects_again_without_a_question(
    product: Served, ana: Person, ticket: Ticket, site: str, where: str
) -> None:
    """Programs on a computer land on another port with each start."""
    here = ("http://localhost:52311/callback", "http://localhost:52312/callback")
    for redirect_uri in here if where == "on her computer" else (site, site):
        app = App(product.url, ana, redirect_uri=redirect_uri)
        async with app.started() as client:
            await add_a_tag(client, ticket)
        assert len(app.opened) == 1
    assert (ana.signed_in, len(ana.asked)) == (1, 1)


async def test_an_app_that_may_only_read_asks_for_more_when_it_needs_it(
    product: Served, ana: Person, ticket: Ticket, site: str, era: Era
) -> None:
    app = App(product.url, ana, redirect_uri=site)
    app.narrowed = reading_only
    async with app.started(era) as client:
        assert app.token.scope == "tickets:read"
        asked = {"ticket_id": ticket.code}
        assert answer_of(await client.call_tool("get_ticket_metadata", asked))
        app.narrowed = str
        await add_a_tag(client, ticket)
    assert app.token.scope == BOTH
    assert [scope_of(address) for address in app.opened] == [BOTH, BOTH]
    assert [page.count("(new)") for page in ana.asked] == [0, 1]


async def test_a_revoked_app_has_to_ask_anew(
    product: Served, ana: Person, ticket: Ticket, site: str, era: Era
) -> None:
    app = App(product.url, ana, redirect_uri=site)
    async with app.started(era) as client:
        await add_a_tag(client, ticket)
        grant = grant_of(product, app)
        revoke = RevokeApp(agent=grant.agent, consent=grant.consent)
        product.run(product.desk.execute(Wish(revoke)))
        await add_a_tag(client, ticket)
    assert len(app.opened) == len(ana.asked) == 2


async def test_an_app_that_is_denied_gets_nothing(product: Served, ana: Person) -> None:
    ana.choice = "deny"
    app = App(product.url, ana, "Unwanted App")
    denied = pytest.RaisesExc(Denied, match="access_denied")
    with pytest.RaisesGroup(denied, flatten_subgroups=True):
        async with app.started():
            pass
    assert app.kept.tokens is None


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


async def test_behind_a_proxy_an_app_knows_the_public_address_alone(
    proxied: Served, company: Company, ticket: Ticket, era: Era
) -> None:
    ana = Person(Browser(proxied.port), company.members["Ana"].email, PASSWORD)
    app = App(f"{PUBLIC}{RESOURCE}", ana, transport=Proxied(proxied.port))
    async with app.started(era) as client:
        await add_a_tag(client, ticket)
    assert app.opened[0].startswith(f"{PUBLIC}{AUTHORIZE}?")


def grant_of(product: Served, app: App) -> Grant:
    """Return what an app's token came of."""
    found = product.run(product.desk.oauth.find_issued(digest_of(app.token.access_token)))
    assert found
    return found


def through_of(product: Served, ticket: Ticket) -> str:
    """Tell by which way the last change of a ticket came, as its history has it."""
    house = insider("system")
    page = product.run(product.desk.views.list_activity(house, ticket.code, limit=1))
    return page.activity[0].through


def later(clock: Clock, monkeypatch: pytest.MonkeyPatch, ahead: timedelta) -> None:
    """Move the time of the server and of the client."""
    clock.ahead = ahead
    told = time.time
    monkeypatch.setattr(time, "time", lambda: told() + ahead.total_seconds())
