"""What the tables hold while codes are redeemed and tokens rotated, and when it goes by itself."""

import asyncio
from datetime import timedelta

import pytest

from domain.application import Wish
from domain.consent import RevokeApp
from domain.oauth_client import OAuthClient
from domain.permissions import Scope
from domain.secret import digest_of
from tests.oauth.oauth_grants import (
    CURSOR,
    HOUR,
    MONTH,
    YEAR,
    ConnectedApp,
    approve_app,
    connect_app,
    new_tokens,
    redeem,
)
from tests.oauth.oauth_tables import Tables, rotated

pytestmark = pytest.mark.anyio

PARALLEL = 8
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


async def revoke(tables: Tables, app: ConnectedApp) -> None:
    await tables.there.execute(Wish(RevokeApp(agent=tables.ana, consent=app.consent)))


async def test_of_eight_who_redeem_a_code_one_gets_tokens(tables: Tables) -> None:
    approved = await approve_app(tables.here, tables.ana)
    now = tables.here.helpdesk.now()
    offered = [new_tokens(tables.here) for _ in range(PARALLEL)]
    done = await asyncio.gather(
        *(
            tables.stores[number % 2].redeem(approved.grant, tokens.issued, now)
            for number, tokens in enumerate(offered)
        )
    )
    assert sorted(done) == [False] * (PARALLEL - 1) + [True]
    assert await tables.counts() == (1, 1, 1)
    winner = offered[done.index(True)].issued
    for digest in (winner.access_digest, winner.refresh_digest):
        assert digest
        found = await tables.store.find_issued(digest)
        assert found
        assert (found.id, found.consent) == (approved.grant, approved.consent)
        assert found.redeemed_at == now
    grant = await tables.store.find_grant(digest_of(approved.code))
    assert grant == found


async def test_of_eight_who_rotate_a_refresh_token_one_gets_a_successor(tables: Tables) -> None:
    app = await connect_app(tables.here, tables.ana)
    now = tables.here.helpdesk.now()
    offered = [new_tokens(tables.here) for _ in range(PARALLEL)]
    answers = await asyncio.gather(
        *(
            tables.stores[number % 2].rotate(
                digest_of(app.refresh_token), tokens.issued, str(number).encode(), now
            )
            for number, tokens in enumerate(offered)
        )
    )
    (winner,) = (number for number, answer in enumerate(answers) if answer is None)
    losers = [answer for answer in answers if answer]
    assert len(losers) == PARALLEL - 1
    for seen in losers:
        assert (seen.grant.id, seen.rotated_at) == (app.grant, now)
        assert seen.sealed == str(winner).encode()
    # The old access token goes on until its end.
    assert await tables.counts() == (1, 2, 2)
    successor = offered[winner].issued.refresh_digest
    assert successor
    found = await tables.store.find_refresh_token(successor)
    assert found
    assert (found.rotated_at, found.sealed) == (None, None)


async def test_what_was_answered_is_forgotten_when_the_successor_is_used(tables: Tables) -> None:
    app = await connect_app(tables.here, tables.ana)
    first, _ = await rotated(tables, app)
    kept = await tables.store.find_refresh_token(digest_of(app.refresh_token))
    assert kept
    assert kept.sealed == b"sealed"
    again = app._replace(refresh_token=first.refresh_token)
    await rotated(tables, again)
    forgotten = await tables.store.find_refresh_token(digest_of(app.refresh_token))
    used = await tables.store.find_refresh_token(digest_of(first.refresh_token))
    assert forgotten
    assert used
    assert (forgotten.rotated_at, forgotten.sealed) == (kept.rotated_at, None)
    assert used.sealed == b"sealed"


async def test_a_rotation_that_comes_too_late_uses_no_successor(tables: Tables) -> None:
    app = await connect_app(tables.here, tables.ana)
    first, _ = await rotated(tables, app)
    await rotated(tables, app._replace(refresh_token=first.refresh_token))
    counts = await tables.counts()
    _, seen = await rotated(tables, app._replace(refresh_token=first.refresh_token))
    assert seen
    assert seen.sealed == b"sealed"
    assert await tables.counts() == counts


async def test_a_consent_lives_as_long_as_something_of_it_can_be_used(tables: Tables) -> None:
    store, now = tables.store, tables.here.helpdesk.now()
    approved = await approve_app(tables.here, tables.ana)
    assert not await store.has_living_grant(approved.consent, now)  # nothing but a code
    app = await redeem(tables.here, approved)
    await rotated(tables, app)
    for later, lives in (
        (2 * HOUR, True),  # by the refresh token alone
        (MONTH - HOUR, True),
        (MONTH + HOUR, False),
    ):
        assert await store.has_living_grant(app.consent, now + later) is lives
    await revoke(tables, app)
    assert not await store.has_living_grant(app.consent, now)


async def test_a_rotated_refresh_token_keeps_nothing_alive(tables: Tables) -> None:
    app = await connect_app(tables.here, tables.ana)
    new = new_tokens(tables.here)
    short = new._replace(issued=new.issued._replace(idle_until=tables.here.helpdesk.now() + DAY))
    await rotated(tables, app, short)
    now = tables.here.helpdesk.now()
    assert await tables.store.has_living_grant(app.consent, now + DAY - HOUR)
    assert not await tables.store.has_living_grant(app.consent, now + DAY + HOUR)


async def test_a_client_that_takes_no_refresh_tokens_gets_none(tables: Tables) -> None:
    approved = await approve_app(tables.here, tables.ana)
    new, now = new_tokens(tables.here, [Scope.TICKETS_READ]), tables.here.helpdesk.now()
    assert await tables.store.redeem(approved.grant, new.issued._replace(refresh_digest=None), now)
    assert await tables.counts() == (1, 0, 1)
    found = await tables.here.ledger.find_credential(digest_of(new.access_token))
    assert found
    assert found.scopes == ["tickets:read"]
    assert not await tables.store.has_living_grant(approved.consent, now + HOUR + SECOND)


async def test_grants_are_removed_a_day_after_the_last_that_came_of_them(tables: Tables) -> None:
    store, now = tables.store, tables.here.helpdesk.now()
    await approve_app(tables.here, tables.ana)  # and never redeemed
    await connect_app(tables.here, tables.ana, CURSOR)
    for later, left in (
        (DAY - HOUR, 2),
        (DAY + HOUR, 1),
        (MONTH + DAY - HOUR, 1),
        (MONTH + DAY + HOUR, 0),
    ):
        await store.remove_old(now + later)
        assert (await tables.counts())[0] == left, later
    assert await tables.counts() == (0, 0, 0)


async def test_a_grant_lasts_as_long_as_its_newest_tokens(tables: Tables) -> None:
    app = await connect_app(tables.here, tables.ana)
    now = tables.here.helpdesk.now()
    new = new_tokens(tables.here)
    later = new._replace(issued=new.issued._replace(idle_until=now + 2 * MONTH))
    await rotated(tables, app, later)
    await tables.store.remove_old(now + MONTH + 2 * DAY)
    assert (await tables.counts())[0] == 1
    await tables.store.remove_old(now + 2 * MONTH + 2 * DAY)
    assert (await tables.counts())[0] == 0


async def test_clients_that_nobody_uses_are_removed_and_no_others(tables: Tables) -> None:
    store, now = tables.store, tables.here.helpdesk.now()
    never = OAuthClient(
        id="dcr_never", source="dynamic", name="N", redirect_uris=("http://[::1]/",)
    )
    for client in (CURSOR, never):
        await store.add_client(client, None, "192.0.2.0/24", now)
    app = await connect_app(tables.here, tables.ana, CURSOR)
    await store.remove_old(now + DAY - HOUR)
    assert await store.find_client(never.id) == never
    await store.remove_old(now + DAY + HOUR)
    assert await store.find_client(never.id) is None
    assert await store.find_client(CURSOR.id) == CURSOR
    # Nobody loses a client whose tokens are good: here, for as long as a year.
    await tables.query("UPDATE acct_main.grants SET until = %s", now + YEAR)
    await store.remove_old(now + 91 * DAY)
    assert await store.find_client(CURSOR.id) == CURSOR
    await revoke(tables, app)
    await store.remove_old(now + 89 * DAY)
    assert await store.find_client(CURSOR.id) == CURSOR
    await store.remove_old(now + 91 * DAY)
    assert await store.find_client(CURSOR.id) is None
