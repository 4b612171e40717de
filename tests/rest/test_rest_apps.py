"""Authorized apps over HTTP: seen by whom they act for, and gone at once when they are revoked."""

from uuid import UUID

from domain.agent import DeactivateAgent
from domain.application import Wish
from domain.oauth_client import OAuthClient
from domain.permissions import Role, Scope
from domain.secret import digest_of
from tests.mcp.records import Log
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.oauth.oauth_grants import CLAUDE, CURSOR, ConnectedApp, connect_app
from tests.rest.client import Client
from tests.rest.conftest import Hire, SignIn

UNKNOWN = "/apps/00000000-0000-7000-8000-000000000001"


def connect(product: Served, agent: UUID, client: OAuthClient = CLAUDE) -> ConnectedApp:
    return product.run(connect_app(product.desk, agent, client, scopes=(Scope.TICKETS_READ,)))


def opens(product: Served, app: ConnectedApp) -> bool:
    status = call(app.access_token, "list_departments").send(product.port).status
    assert status in {200, 401}
    return status == 200


def test_one_sees_the_apps_that_one_let_in(product: Served, hire: Hire) -> None:
    hired = hire()
    local, site = (connect(product, hired.member.id, client) for client in (CURSOR, CLAUDE))
    assert opens(product, site)
    product.run(product.desk.authenticator.write_down_uses())
    answer = hired.client.get("/apps")
    first, second = answer.body["apps"]
    assert [first["id"], second["id"]] == [str(site.consent), str(local.consent)]
    assert first["agent"] == {"id": str(hired.member.id), "name": hired.member.name}
    assert (first["client"], first["client_id"]) == (CLAUDE.name, CLAUDE.id)
    assert (first["hosts"], first["scopes"]) == (["claude.example"], ["tickets:read"])
    assert first["granted_at"] <= first["last_connected_at"] <= first["last_used_at"]
    assert second["hosts"] == ["127.0.0.1"]
    assert {"last_used_at", "revoked_at", "why"}.isdisjoint(second)
    for secret in (site.access_token, site.refresh_token):
        assert secret[6:-6].encode() not in answer.raw
        assert digest_of(secret).hex().encode() not in answer.raw


def test_a_revoked_app_opens_nothing_and_the_others_do(
    product: Served, hire: Hire, log: Log
) -> None:
    hired = hire()
    gone, stays = (connect(product, hired.member.id, client) for client in (CLAUDE, CURSOR))
    assert opens(product, gone)
    with log.watched() as watched:
        revoked = hired.client.post(f"/apps/{gone.consent}/revoke")
    assert (revoked.status, revoked.body) == (200, {"id": str(gone.consent), "changed": True})
    assert [fact.topic for fact in watched.facts] == ["consent.revoked"]
    assert watched.call.fact.arguments == {"app_id": str(gone.consent)}
    assert not opens(product, gone)
    assert opens(product, stays)
    assert hired.client.post(f"/apps/{gone.consent}/revoke").body["changed"] is False

    (left,) = hired.client.get("/apps").body["apps"]
    assert left["id"] == str(stays.consent)
    everything = hired.client.get("/apps?include_revoked=true").body["apps"]
    (shown,) = [app for app in everything if app["id"] == str(gone.consent)]
    assert (shown["why"], shown["revoked_by"]) == ("revoked", str(hired.member.id))
    assert shown["revoked_via"] == "rest"


def test_who_manages_agents_sees_and_revokes_their_apps(
    product: Served, adam: Client, hire: Hire
) -> None:
    hired = hire()
    app = connect(product, hired.member.id)
    (listed,) = adam.get(f"/apps?agent_id={hired.member.id}").body["apps"]
    assert listed["id"] == str(app.consent)
    assert adam.post(f"/apps/{app.consent}/revoke").body["changed"] is True
    assert not opens(product, app)


def test_apps_of_others_are_not_ones_own_to_revoke(
    product: Served, ana: Client, adam: Client, olga: Client, hire: Hire
) -> None:
    agents, admin = connect(product, hire().member.id), hire(Role.ADMIN)
    admins = connect(product, admin.member.id)
    ana.post(f"/apps/{agents.consent}/revoke").refused(403, "permission_denied")
    adam.post(f"/apps/{admins.consent}/revoke").refused(403, "permission_denied")
    adam.get(f"/apps?agent_id={admin.member.id}").refused(403, "permission_denied")
    assert opens(product, agents)
    assert opens(product, admins)
    assert olga.post(f"/apps/{admins.consent}/revoke").body["changed"] is True


def test_a_session_revokes_its_agents_app(product: Served, hire: Hire, sign_in: SignIn) -> None:
    hired = hire()
    app = connect(product, hired.member.id)
    assert sign_in(hired.member.id).client.post(f"/apps/{app.consent}/revoke").body["changed"]
    assert not opens(product, app)


def test_a_deactivated_agents_apps_are_revoked(product: Served, adam: Client, hire: Hire) -> None:
    hired = hire()
    app = connect(product, hired.member.id)
    product.run(product.desk.execute(Wish(DeactivateAgent(agent=hired.member.id))))
    assert not opens(product, app)
    path = f"/apps?agent_id={hired.member.id}"
    assert adam.get(path).body["apps"] == []
    (shown,) = adam.get(f"{path}&include_revoked=true").body["apps"]
    assert shown["why"] == "deactivated"


def test_an_app_manages_no_apps_since_its_token_opens_no_rest(product: Served, hire: Hire) -> None:
    app = connect(product, hire().member.id)
    client = Client(product.port, app.access_token)
    client.get("/apps").refused(401, "unauthorized")
    client.post(f"/apps/{app.consent}/revoke").refused(401, "unauthorized")
    assert opens(product, app)


def test_apps_that_there_are_not_are_not_found(olga: Client) -> None:
    olga.post(f"{UNKNOWN}/revoke").refused(404, "not_found")
