"""Whatever ends an app's access: nothing that was issued is left, whoever came at the same time."""

import asyncio
from collections.abc import Callable

import pytest

from api.oauth.store import Unknown
from domain.agent import DeactivateAgent
from domain.application import Wish
from domain.clients import RegisterClient, RemoveClient
from domain.consent import EndGrant, RevokeApp
from domain.decider import Command
from domain.oauth_client import OAuthClient
from domain.secret import digest_of
from tests.oauth.oauth_grants import (
    CLAUDE,
    CURSOR,
    ConnectedApp,
    approve_app,
    connect_app,
    new_tokens,
)
from tests.oauth.oauth_tables import Tables, rotated

pytestmark = pytest.mark.anyio

ROUNDS = 12
PORTAL = OAuthClient(
    id="portal",
    source="registered",
    name="Portal",
    redirect_uris=("https://portal.example/callback",),
)
Ending = Callable[[ConnectedApp], Command]
ENDINGS: dict[str, Ending] = {
    "the app is revoked": lambda app: RevokeApp(agent=app.approved.agent, consent=app.consent),
    "its grant ends": lambda app: EndGrant(
        agent=app.approved.agent, consent=app.consent, grant=app.grant, why="code_reused"
    ),
    "its agent leaves": lambda app: DeactivateAgent(agent=app.approved.agent),
    "its client is removed": lambda _app: RemoveClient(client_id=PORTAL.id),
}


@pytest.fixture(params=list(ENDINGS.values()), ids=list(ENDINGS))
def ending(request: pytest.FixtureRequest) -> Ending:
    return request.param


async def with_portal(tables: Tables) -> None:
    register = RegisterClient(
        client_id=PORTAL.id, name=PORTAL.name, redirect_uris=PORTAL.redirect_uris
    )
    await tables.here.execute(Wish(register))


async def test_whatever_ends_an_app_ends_all_that_came_of_it(
    tables: Tables, ending: Ending
) -> None:
    await with_portal(tables)
    app = await connect_app(tables.here, tables.ana, PORTAL)
    new, _ = await rotated(tables, app)
    assert await tables.counts() == (1, 2, 2)

    await tables.there.execute(Wish(ending(app)))

    assert await tables.counts() == (0, 0, 0)
    store = tables.store
    assert await store.find_grant(digest_of(app.approved.code)) is None
    for secret in (app.access_token, app.refresh_token, new.access_token, new.refresh_token):
        assert await store.find_issued(digest_of(secret)) is None
        assert await tables.here.ledger.find_credential(digest_of(secret)) is None
    assert not await store.redeem(
        app.grant, new_tokens(tables.here).issued, tables.here.helpdesk.now()
    )
    with pytest.raises(Unknown):
        await rotated(tables, app._replace(refresh_token=new.refresh_token))
    assert await tables.counts() == (0, 0, 0)


@pytest.mark.parametrize("kind", ["redeem", "rotate"])
async def test_nothing_comes_of_an_app_that_is_revoked_meanwhile(tables: Tables, kind: str) -> None:
    """Whoever is first: nothing is left, and nobody waits for the other for ever."""
    for number in range(ROUNDS):
        if kind == "redeem":
            approved = await approve_app(tables.here, tables.ana)
            consent = approved.consent
            attempts = [
                tables.stores[place % 2].redeem(
                    approved.grant, new_tokens(tables.here).issued, tables.here.helpdesk.now()
                )
                for place in range(3)
            ]
        else:
            app = await connect_app(tables.here, tables.ana)
            consent = app.consent
            attempts = [_rotates(tables, app) for _ in range(3)]
        revoke = Wish(RevokeApp(agent=tables.ana, consent=consent))
        async with asyncio.TaskGroup() as group:
            if number % 2:
                group.create_task(tables.there.execute(revoke))
            done = [group.create_task(attempt) for attempt in attempts]
            if not number % 2:
                group.create_task(tables.there.execute(revoke))
        assert sum(attempt.result() for attempt in done) <= 1
        assert await tables.counts() == (0, 0, 0)


async def _rotates(tables: Tables, app: ConnectedApp) -> bool:
    try:
        _, seen = await rotated(tables, app)
    except Unknown:
        return False
    return seen is None


async def test_other_apps_and_grants_go_on(tables: Tables) -> None:
    first, second = [await connect_app(tables.here, tables.ana) for _ in range(2)]
    other = await connect_app(tables.here, tables.ana, CURSOR)
    assert first.consent == second.consent
    await tables.here.execute(Wish(ENDINGS["its grant ends"](first)))
    found = await tables.here.ledger.find_credential(digest_of(second.access_token))
    assert found
    assert found.app
    assert (found.credential, found.app.client_id) == (second.consent, CLAUDE.id)
    await tables.here.execute(Wish(ENDINGS["the app is revoked"](second)))
    assert await tables.counts() == (1, 1, 1)
    assert await tables.store.find_issued(digest_of(other.refresh_token))
