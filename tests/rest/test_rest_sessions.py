"""Sessions over HTTP: seen, ended, and worth nothing to other sites."""

from domain.permissions import Role
from domain.secret import digest_of
from tests.mcp.records import Log
from tests.mcp.serving import Served
from tests.rest.client import Client
from tests.rest.conftest import Hire, SignIn

UNKNOWN = "/sessions/00000000-0000-7000-8000-000000000001"


def test_one_sees_where_one_is_signed_in(hire: Hire, sign_in: SignIn, product: Served) -> None:
    hired = hire()
    there, here = sign_in(hired.member.id), sign_in(hired.member.id)
    product.run(product.desk.authenticator.write_down_uses())
    answer = here.client.get("/sessions")
    listed = answer.body["sessions"]
    assert [(line["id"], line["current"]) for line in listed] == [
        (str(here.id), True),
        (str(there.id), False),
    ]
    assert {"last_used_at", "opened_at", "expires_at", "agent"} <= listed[0].keys()
    assert digest_of(here.secret).hex().encode() not in answer.raw
    by_token = hired.client.get("/sessions").body["sessions"]
    assert [line["current"] for line in by_token] == [False, False]


def test_a_revoked_session_opens_nothing_and_the_others_do(
    hire: Hire, sign_in: SignIn, log: Log
) -> None:
    hired = hire()
    there, here = sign_in(hired.member.id), sign_in(hired.member.id)
    assert there.client.get("/session").status == 200
    with log.watched() as watched:
        ended = here.client.post(f"/sessions/{there.id}/revoke")
    assert (ended.status, ended.body) == (200, {"id": str(there.id), "changed": True})
    assert watched.call.envelope.by.via == "panel"
    there.client.get("/session").refused(401, "unauthorized")
    assert here.client.get("/session").status == 200
    assert here.client.post(f"/sessions/{there.id}/revoke").body["changed"] is False
    (left,) = here.client.get("/sessions").body["sessions"]
    assert left["id"] == str(here.id)


def test_who_manages_agents_ends_their_sessions(adam: Client, hire: Hire, sign_in: SignIn) -> None:
    hired = hire()
    session = sign_in(hired.member.id)
    (listed,) = adam.get(f"/sessions?agent_id={hired.member.id}").body["sessions"]
    assert listed["id"] == str(session.id)
    assert adam.post(f"/sessions/{session.id}/revoke").body["changed"] is True
    session.client.get("/session").refused(401, "unauthorized")


def test_sessions_of_others_are_not_ones_own_to_end(
    ana: Client, adam: Client, olga: Client, hire: Hire, sign_in: SignIn
) -> None:
    agents = sign_in(hire().member.id)
    admin = hire(Role.ADMIN)
    admins = sign_in(admin.member.id)
    ana.post(f"/sessions/{agents.id}/revoke").refused(403, "permission_denied")
    adam.post(f"/sessions/{admins.id}/revoke").refused(403, "permission_denied")
    for session in (agents, admins):
        assert session.client.get("/session").status == 200
    assert olga.post(f"/sessions/{admins.id}/revoke").body["changed"] is True


def test_a_deactivated_agents_sessions_end(adam: Client, hire: Hire, sign_in: SignIn) -> None:
    hired = hire()
    session = sign_in(hired.member.id)
    assert adam.post(f"{hired.path}/deactivate").status == 200
    session.client.get("/session").refused(401, "unauthorized")
    assert adam.get(f"/sessions?agent_id={hired.member.id}").body["sessions"] == []


def test_a_cookie_alone_changes_nothing(hire: Hire, sign_in: SignIn) -> None:
    session = sign_in(hire().member.id)
    bare = Client(session.client.port, Cookie=session.client.headers["Cookie"])
    path = f"/sessions/{session.id}/revoke"
    bare.post(path).refused(403, "cross_site")
    session.client.post(path, Sec_Fetch_Site="cross-site").refused(403, "cross_site")
    session.client.post(path, Origin="https://elsewhere.example").refused(403, "cross_site")
    assert bare.get("/session").status == 200


def test_sessions_that_there_are_not_are_not_found(olga: Client) -> None:
    olga.post(f"{UNKNOWN}/revoke").refused(404, "not_found")
