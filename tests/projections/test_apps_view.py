"""What the view of apps holds, in pages as large as the log and as small as a fact."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from domain import clients
from domain.consent import Declined, Granted, GrantEnded, Reused, Revoked, Widened, consents_of
from domain.fact import Attribution, Fact
from domain.permissions import Scope
from projections.apps import AppLine
from tests.known import ANA, BEN, NOW
from tests.projections.book import Desk, Shown, showing

pytestmark = pytest.mark.anyio

FIRST, SECOND, BENS = (UUID(int=number) for number in (700, 701, 702))
SITE, LOCAL = "https://app.example/cb", "http://127.0.0.1:4711/cb"
READ: tuple[Scope, ...] = (Scope.TICKETS_READ,)
BOTH: tuple[Scope, ...] = (Scope.TICKETS_READ, Scope.TICKETS_WRITE)
PANEL = Attribution(via="panel", agent=ANA)
GRANTED = Granted(
    consent=FIRST,
    agent=ANA,
    identity=f"redirect {SITE}",
    client_id="dcr_first",
    client_name="App",
    redirect_uri=SITE,
    resource="https://desk.example/mcp",
    scopes=READ,
    grant=UUID(int=800),
    browser="ab" * 32,
)
LOCALS = replace(GRANTED, consent=SECOND, identity="client portal", client_id="portal")
WIDENED = Widened(
    consent=FIRST,
    client_id="dcr_second",
    client_name="App 2",
    redirect_uri=LOCAL,
    scopes=BOTH,
    was=READ,
    grant=UUID(int=801),
)
REUSED = Reused(
    consent=FIRST, client_id="dcr_third", redirect_uri=SITE, scopes=READ, grant=UUID(int=802)
)
REMOVED = clients.Removed(client_id="portal")


def hours(number: int) -> datetime:
    return NOW + timedelta(hours=number)


class Connected(Desk):
    """A desk where apps are let in, an hour a fact."""

    def happened(self, *facts: Fact, by: Attribution = PANEL, agent: UUID = ANA) -> None:
        for fact in facts:
            ref = clients.CLIENTS if isinstance(fact, clients.Removed) else consents_of(agent)
            self.write(ref.id, fact, at=hours(len(self.log) - 4), by=by)


async def lines(shown: Shown, desk: Desk, *, paged: bool, **asked: Any) -> list[AppLine]:
    await showing(shown, desk, paged=paged)
    return await shown.views.list_apps(**asked)


async def ended(shown: Shown) -> dict[UUID, tuple[datetime | None, str | None]]:
    rows = await shown.rows("apps", "id, revoked_at, why")
    return {row["id"]: (row["revoked_at"], row["why"]) for row in rows}


async def test_an_app_is_shown_as_it_was_let_in(shown: Shown) -> None:
    desk = Connected()
    desk.happened(replace(GRANTED, client_name="A\u202epp\0"))
    (line,) = await lines(shown, desk, paged=False)
    assert line == AppLine(
        id=FIRST,
        agent=line.agent,
        client="App",
        client_id="dcr_first",
        hosts=["app.example"],
        redirect_uris=[SITE],
        resource="https://desk.example/mcp",
        scopes=[Scope.TICKETS_READ],
        granted_at=NOW,
        last_connected_at=NOW,
    )
    assert (line.agent.id, line.agent.name) == (ANA, "Ana")
    (row,) = await shown.rows("apps")
    assert "ab" * 32 not in {str(value) for value in row.values()}


async def test_a_wider_yes_is_told_with_all_that_stands(shown: Shown, paged: bool) -> None:
    desk = Connected()
    desk.happened(GRANTED, WIDENED, replace(WIDENED, redirect_uri="http://127.0.0.1:4712/cb"))
    (line,) = await lines(shown, desk, paged=paged)
    assert (line.client, line.client_id, line.scopes) == ("App 2", "dcr_second", list(BOTH))
    assert line.redirect_uris == [SITE, "http://127.0.0.1/cb"]
    assert line.hosts == ["app.example", "127.0.0.1"]
    assert (line.granted_at, line.last_connected_at) == (NOW, hours(2))


async def test_an_app_that_comes_again_is_told_with_its_new_id(shown: Shown, paged: bool) -> None:
    desk = Connected()
    desk.happened(GRANTED, REUSED)
    (line,) = await lines(shown, desk, paged=paged)
    assert (line.client_id, line.client, line.scopes) == ("dcr_third", "App", list(READ))
    assert (line.granted_at, line.last_connected_at) == (NOW, hours(1))


@pytest.mark.parametrize("why", ["revoked", "password_reset", "deactivated"])
async def test_a_revoked_app_is_kept_for_those_who_ask(shown: Shown, paged: bool, why: Any) -> None:
    desk = Connected()
    desk.happened(GRANTED, LOCALS, Revoked(consent=FIRST, why=why))
    (left,) = await lines(shown, desk, paged=paged)
    assert left.id == SECOND
    everything = await shown.views.list_apps(include_revoked=True)
    (gone,) = (line for line in everything if line.id == FIRST)
    assert (gone.revoked_at, gone.revoked_by, gone.revoked_via, gone.why) == (
        hours(2),
        ANA,
        "panel",
        why,
    )


async def test_an_app_that_was_signed_out_stays_allowed(shown: Shown, paged: bool) -> None:
    desk = Connected()
    over = GrantEnded(consent=FIRST, grant=GRANTED.grant, why="refresh_token_reused")
    desk.happened(GRANTED, over)
    (line,) = await lines(shown, desk, paged=paged)
    assert (line.last_ended_at, line.last_ended_why) == (hours(1), "refresh_token_reused")
    assert line.revoked_at is UNSET


async def test_all_apps_of_a_removed_client_are_gone_and_no_others(
    shown: Shown, paged: bool
) -> None:
    desk = Connected()
    desk.happened(GRANTED, LOCALS)
    desk.happened(replace(LOCALS, consent=BENS, agent=BEN), agent=BEN)
    desk.happened(REMOVED, by=Attribution(via="cli"))
    (left,) = await lines(shown, desk, paged=paged)
    assert left.id == FIRST
    assert await ended(shown) == {
        FIRST: (None, None),
        SECOND: (hours(3), "client_removed"),
        BENS: (hours(3), "client_removed"),
    }


async def test_an_app_that_was_let_in_after_the_removal_lives(shown: Shown, paged: bool) -> None:
    desk = Connected()
    again = Reused(
        consent=SECOND, client_id="portal", redirect_uri=SITE, scopes=READ, grant=UUID(int=9)
    )
    desk.happened(LOCALS, REMOVED, again, replace(LOCALS, consent=BENS, agent=BEN))
    found = await lines(shown, desk, paged=paged)
    assert {line.id for line in found} == {SECOND, BENS}
    assert await ended(shown) == {SECOND: (None, None), BENS: (None, None)}


async def test_the_first_end_is_the_one_that_counts(shown: Shown, paged: bool) -> None:
    desk = Connected()
    desk.happened(LOCALS, Revoked(consent=SECOND), REMOVED)
    await showing(shown, desk, paged=paged)
    assert await ended(shown) == {SECOND: (hours(1), "revoked")}


async def test_what_was_declined_is_no_app(shown: Shown) -> None:
    desk = Connected()
    desk.happened(
        Declined(
            identity=GRANTED.identity,
            client_id=GRANTED.client_id,
            client_name=GRANTED.client_name,
            redirect_uri=SITE,
            resource=GRANTED.resource,
            scopes=BOTH,
        )
    )
    assert await lines(shown, desk, paged=False, include_revoked=True) == []


async def test_apps_are_asked_for_by_agent_or_one_by_one_the_last_to_connect_first(
    shown: Shown,
) -> None:
    desk = Connected()
    desk.happened(GRANTED, LOCALS)
    desk.happened(replace(GRANTED, consent=BENS, agent=BEN), agent=BEN)
    desk.happened(REUSED, Revoked(consent=SECOND))
    await shown.show(desk)

    async def found(**asked: Any) -> list[UUID]:
        return [line.id for line in await shown.views.list_apps(**asked)]

    assert await found() == [FIRST, BENS]
    assert await found(include_revoked=True) == [FIRST, BENS, SECOND]
    assert await found(agent_id=ANA) == [FIRST]
    assert await found(agent_id=BEN, include_revoked=True) == [BENS]
    assert await found(app_id=SECOND) == []
    assert await found(app_id=SECOND, include_revoked=True) == [SECOND]


async def test_an_odd_landing_is_told_as_it_is(shown: Shown) -> None:
    desk = Connected()
    desk.happened(replace(GRANTED, redirect_uri="no uri\u202e at all"))
    (line,) = await lines(shown, desk, paged=False)
    assert line.hosts == line.redirect_uris == ["no uri at all"]


async def test_clients_in_use_are_told_together_but_not_with_others_of_their_name(
    shown: Shown,
) -> None:
    desk = Connected()
    desk.happened(GRANTED)
    desk.happened(replace(GRANTED, consent=BENS, agent=BEN, client_id="dcr_other"), agent=BEN)
    desk.happened(LOCALS)
    gone = UUID(int=703)
    desk.happened(replace(LOCALS, consent=gone, agent=BEN), Revoked(consent=gone), agent=BEN)
    await showing(shown, desk, paged=False)
    itself, portal = await shown.views.list_clients_in_use()
    assert (itself.name, itself.client_id, itself.agents) == ("App", "dcr_first", 2)
    assert (portal.name, portal.client_id, portal.agents) == ("App", "portal", 1)
    assert itself.last_connected_at == hours(1)
    assert portal.redirect_uris == [SITE]
