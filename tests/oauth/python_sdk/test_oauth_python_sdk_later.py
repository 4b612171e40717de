"""The official Python SDK once it is connected: its hour ends, it starts again, needs more, is revoked."""

import time
from datetime import timedelta

import pytest

from domain.application import Wish
from domain.consent import RevokeApp
from tests.mcp.clients import Era, answer_of
from tests.mcp.company import Ticket
from tests.mcp.serving import Served
from tests.oauth.clients.person import Person
from tests.oauth.clients.python_sdk import App, add_a_tag, reading_only, scope_of
from tests.oauth.python_sdk.conftest import BOTH, grant_of
from tests.sign_in.conftest import Clock

pytestmark = pytest.mark.anyio


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


def later(clock: Clock, monkeypatch: pytest.MonkeyPatch, ahead: timedelta) -> None:
    """Move the time of the server and of the client."""
    clock.ahead = ahead
    told = time.time
    monkeypatch.setattr(time, "time", lambda: told() + ahead.total_seconds())
