"""Apps whose consent ends while they call through two server processes: they are out at once."""

import httpx2
import pytest

from domain.agent import DeactivateAgent
from domain.application import Insider, Wish
from domain.caller import insider
from domain.clients import RegisterClient, RemoveClient
from domain.consent import EndGrant, RevokeApp
from domain.decider import Command
from domain.ledger import NewPassword
from domain.oauth_client import OAuthClient
from domain.password import IssueReset, SetPassword
from domain.permissions import Role
from infra.desk import Desk
from tests.mcp.company import SUPPORT, add_agent
from tests.mcp.site import Site, narrowed, read_and_tag, sent
from tests.mcp.wire import modern
from tests.oauth.oauth_grants import ConnectedApp, connect_app

pytestmark = pytest.mark.anyio


async def cut_off(
    site: Site, office: Desk, http: httpx2.AsyncClient, app: ConnectedApp, narrow: Command
) -> None:
    requests = read_and_tag(app.access_token, site.company.tickets["open"])
    found = await narrowed(
        site, office, http, credential=app.consent, requests=requests, narrow=narrow
    )
    assert {response.status_code for response in found.late} == {401}
    assert max(c.position for c in found.calls) < found.position


async def test_no_call_of_a_revoked_app_is_recorded_above_its_revocation(
    site: Site, office: Desk, http: httpx2.AsyncClient
) -> None:
    ana = site.company.members["Ana"].id
    app = await connect_app(office, ana)
    await cut_off(site, office, http, app, RevokeApp(agent=ana, consent=app.consent))


async def test_no_call_of_an_app_is_recorded_above_the_deactivation_of_its_agent(
    site: Site, office: Desk, http: httpx2.AsyncClient
) -> None:
    leaver = await add_agent(office, "Lea", Role.AGENT, site.company.departments[SUPPORT])
    app = await connect_app(office, leaver.id)
    await cut_off(site, office, http, app, DeactivateAgent(agent=leaver.id))


async def test_an_app_is_let_in_nowhere_once_a_secret_of_its_came_twice(
    site: Site, office: Desk, http: httpx2.AsyncClient
) -> None:
    ana = site.company.members["Ana"].id
    app, other = await connect_app(office, ana), await connect_app(office, ana)
    assert other.consent == app.consent
    end = EndGrant(agent=ana, consent=app.consent, grant=app.grant, why="refresh_token_reused")
    await used_everywhere(site, http, app)
    await office.execute(Wish(end))
    await refused_everywhere(site, http, app)
    await used_everywhere(site, http, other)  # another approval of the same app goes on


async def test_a_reset_of_the_password_ends_all_apps_of_the_agent(
    site: Site, office: Desk, http: httpx2.AsyncClient
) -> None:
    member = await add_agent(office, "Rea", Role.AGENT, site.company.departments[SUPPORT])
    app = await connect_app(office, member.id)
    await used_everywhere(site, http, app)
    until = office.helpdesk.now().replace(year=2099)
    await office.execute(Wish(IssueReset(agent=member.id, digest="00", expires_at=until)))
    wish = Wish(
        SetPassword(agent=member.id, reset_digest="00"),
        password=NewPassword(member.id, "$argon2id$"),
    )
    await office.helpdesk.execute(Insider(insider("panel")), wish)
    await refused_everywhere(site, http, app)


async def test_a_client_that_an_administrator_removed_is_let_in_nowhere(
    site: Site, office: Desk, http: httpx2.AsyncClient
) -> None:
    landing = "https://partner.example/callback"
    await office.execute(
        Wish(RegisterClient(client_id="partner", name="Partner", redirect_uris=(landing,)))
    )
    partner = OAuthClient(
        id="partner", source="registered", name="Partner", redirect_uris=(landing,)
    )
    app = await connect_app(office, site.company.members["Ana"].id, partner)
    await used_everywhere(site, http, app)
    await office.execute(Wish(RemoveClient(client_id="partner")))
    await refused_everywhere(site, http, app)


async def used_everywhere(site: Site, http: httpx2.AsyncClient, app: ConnectedApp) -> None:
    for worker in site.workers:
        answer = await sent(http, worker, modern(app.access_token, "tools/list"))
        assert answer.status_code == 200


async def refused_everywhere(site: Site, http: httpx2.AsyncClient, app: ConnectedApp) -> None:
    for worker in site.workers:
        answer = await sent(http, worker, modern(app.access_token, "tools/list"))
        assert answer.status_code == 401
