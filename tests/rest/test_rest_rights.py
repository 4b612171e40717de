"""Who may do what over HTTP: role by role, scope by scope, and how far managing agents reaches."""

from typing import NamedTuple

import pytest

from domain.permissions import Permission, Role, Scope
from tests.mcp.company import Company, Member, generate_token
from tests.mcp.serving import Served
from tests.rest.client import Client
from tests.rest.conftest import Hire, Hired

SOMEBODY = "00000000-0000-7000-8000-000000000001"


class Ask(NamedTuple):
    method: str
    path: str
    body: object
    permission: Permission


ADMINISTRATION = [
    Ask(
        "POST",
        "/agents",
        {"name": "V", "email": "v@new.example", "role": "agent"},
        Permission.AGENTS_MANAGE,
    ),
    Ask("PATCH", f"/agents/{SOMEBODY}", {"name": "V"}, Permission.AGENTS_MANAGE),
    Ask("POST", f"/agents/{SOMEBODY}/deactivate", None, Permission.AGENTS_MANAGE),
    Ask("POST", f"/agents/{SOMEBODY}/reactivate", None, Permission.AGENTS_MANAGE),
    Ask("POST", f"/agents/{SOMEBODY}/seat", {"email": "v@new.example"}, Permission.AGENTS_MANAGE),
    Ask("POST", f"/agents/{SOMEBODY}/password-link", None, Permission.AGENTS_MANAGE),
    Ask("GET", f"/tokens?agent_id={SOMEBODY}", None, Permission.AGENTS_MANAGE),
    Ask("GET", f"/sessions?agent_id={SOMEBODY}", None, Permission.AGENTS_MANAGE),
    Ask("GET", f"/apps?agent_id={SOMEBODY}", None, Permission.AGENTS_MANAGE),
    Ask("GET", "/clients", None, Permission.SETTINGS_MANAGE),
    Ask(
        "POST",
        "/clients",
        {"name": "V", "redirect_uris": ["https://v.example/cb"]},
        Permission.SETTINGS_MANAGE,
    ),
    Ask("POST", "/clients/v/remove", None, Permission.SETTINGS_MANAGE),
    Ask("GET", "/clients/policy", None, Permission.SETTINGS_MANAGE),
    Ask("PATCH", "/clients/policy", {"always_ask": False}, Permission.SETTINGS_MANAGE),
    Ask("POST", "/roles", {"name": "V", "permissions": []}, Permission.ROLES_MANAGE),
    Ask("PATCH", f"/roles/{SOMEBODY}", {"name": "V"}, Permission.ROLES_MANAGE),
    Ask("DELETE", f"/roles/{SOMEBODY}", None, Permission.ROLES_MANAGE),
    Ask("POST", "/departments", {"name": "V"}, Permission.DEPARTMENTS_MANAGE),
    Ask("PATCH", f"/departments/{SOMEBODY}", {"name": "V"}, Permission.DEPARTMENTS_MANAGE),
    Ask("PATCH", "/budget", {"monthly_limit": 5}, Permission.SETTINGS_MANAGE),
    Ask("GET", "/system", None, Permission.SETTINGS_MANAGE),
    Ask("GET", "/budget/usage", None, Permission.SETTINGS_MANAGE),
    Ask("GET", "/budget/limits", None, Permission.SETTINGS_MANAGE),
    Ask("GET", f"/calls?agent_id={SOMEBODY}", None, Permission.AUDIT_READ),
]
each = pytest.mark.parametrize("ask", ADMINISTRATION, ids=lambda ask: f"{ask.method} {ask.path}")


@pytest.fixture(scope="module")
def leader(olga: Client, hire: Hire) -> Hired:
    """Somebody whose role was made to manage agents, and who may do what agents may."""
    allowed = olga.get("/roles/agent").body["permissions"]
    made = olga.post("/roles", {"name": "Leaders", "permissions": [*allowed, "agents:manage"]})
    assert made.status == 201
    return hire(made.body["id"])


@each
def test_agents_administer_nothing_and_are_told_what_they_lack(ana: Client, ask: Ask) -> None:
    refused = ana.send(ask.method, ask.path, ask.body, {})
    assert ask.permission in refused.refused(403, "permission_denied")
    assert refused.body["permission"] == ask.permission


@each
def test_tokens_for_tools_administer_nothing_whosever_they_are(
    product: Served, company: Company, ask: Ask
) -> None:
    refused = Client(product.port, company.token("Olga")).send(ask.method, ask.path, ask.body, {})
    refused.refused(403, "permission_denied")
    assert refused.body["scope"] == Scope.ADMIN


@each
def test_without_a_credential_nothing_is_told(nobody: Client, ask: Ask) -> None:
    refused = nobody.send(ask.method, ask.path, ask.body, {})
    refused.refused(401, "unauthorized")
    assert refused.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/agents", "/roles", "/permissions", "/departments", "/budget"])
def test_whoever_reads_tickets_reads_the_directory(
    product: Served, company: Company, path: str
) -> None:
    assert Client(product.port, company.token("Ana")).get(path).status == 200


def asked(client: Client, hired: Hired) -> set[tuple[int, str]]:
    """Try all that managing an agent allows; return how each answer refused."""
    answers = [
        client.patch(hired.path, {"name": "Other"}),
        client.patch(hired.path, {"role": "agent"}),
        client.post(f"{hired.path}/deactivate"),
        client.post(f"{hired.path}/reactivate"),
        client.get(f"/tokens?agent_id={hired.member.id}"),
        client.post(f"/tokens/{hired.member.credential}/revoke"),
        client.get(f"/sessions?agent_id={hired.member.id}"),
    ]
    return {(answer.status, answer.body.get("permission", "")) for answer in answers}


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OWNER])
def test_accounts_of_admins_and_owners_are_owners_alone_to_manage(
    olga: Client, adam: Client, leader: Hired, hire: Hire, role: Role
) -> None:
    hired = hire(role)
    try:
        for client in (adam, leader.client):
            assert asked(client, hired) == {(403, Permission.ADMINS_MANAGE)}
        assert hired.client.get("/session").status == 200
        tokens = olga.get(f"/tokens?agent_id={hired.member.id}")
        assert (tokens.status, len(tokens.body["tokens"])) == (200, 2)
        assert olga.post(f"/tokens/{hired.member.credential}/revoke").body["changed"]
    finally:
        assert olga.patch(hired.path, {"role": "agent"}).status == 200


def test_who_manages_agents_sees_and_ends_their_access(leader: Hired, hire: Hire) -> None:
    hired = hire()
    listed = leader.client.get(f"/tokens?agent_id={hired.member.id}").body["tokens"]
    assert len(listed) == 2
    for token in listed:
        assert leader.client.post(f"/tokens/{token['id']}/revoke").body["changed"]
    hired.client.get("/session").refused(401, "unauthorized")
    assert leader.client.post(f"{hired.path}/deactivate").status == 200


def test_nobody_gives_more_than_he_has(leader: Hired, adam: Client, hire: Hire) -> None:
    path = hire().path
    for role in ("admin", "owner"):
        leader.client.patch(path, {"role": role}).refused(403, "permission_denied")
        adam.patch(path, {"role": role}).refused(403, "permission_denied")
    newcomer = {"name": "U", "email": "u@new.example", "role": "admin"}
    adam.post("/agents", newcomer).refused(403, "permission_denied")


def test_the_last_owner_stays(olga: Client, company: Company) -> None:
    path = f"/agents/{company.members['Olga'].id}"
    for answer in (olga.post(f"{path}/deactivate"), olga.patch(path, {"role": "admin"})):
        assert "last owner" in answer.refused(409, "limit_reached")


def test_a_role_is_what_it_allows_now(olga: Client, hire: Hire) -> None:
    made = olga.post("/roles", {"name": "Readers", "permissions": ["tickets:read"]}).body["id"]
    reader = hire(made)
    lacking = reader.client.get("/agents").refused(403, "permission_denied")
    assert Permission.DIRECTORY_READ in lacking
    allowed = ["tickets:read", "directory:read"]
    assert olga.patch(f"/roles/{made}", {"permissions": allowed}).status == 200
    assert reader.client.get("/agents").status == 200
    assert olga.patch(f"/roles/{made}", {"permissions": []}).status == 200
    reader.client.get("/agents").refused(403, "permission_denied")


@pytest.mark.parametrize(
    ("managed", "path"),
    [
        (Permission.AGENTS_MANAGE, "/agents"),
        (Permission.ROLES_MANAGE, "/roles"),
        (Permission.DEPARTMENTS_MANAGE, "/departments"),
    ],
)
def test_who_manages_something_lists_it_and_nothing_else_of_the_directory(
    olga: Client, hire: Hire, managed: Permission, path: str
) -> None:
    role = olga.post("/roles", {"name": f"Of {managed}", "permissions": [managed]}).body["id"]
    client = hire(role).client
    for each in ("/agents", "/roles", "/departments"):
        if each == path:
            (first, *_) = client.get(each).body[each.removeprefix("/")]
            assert client.get(f"{each}/{first['id']}").status == 200
        else:
            client.get(each).refused(403, "permission_denied")


def test_a_new_role_counts_at_the_next_answer(olga: Client, hire: Hire) -> None:
    hired = hire()
    hired.client.get("/budget/usage").refused(403, "permission_denied")
    assert olga.patch(hired.path, {"role": "admin"}).status == 200
    assert hired.client.get("/budget/usage").status == 200
    assert olga.patch(hired.path, {"role": "agent"}).status == 200
    hired.client.get("/budget/usage").refused(403, "permission_denied")


def test_a_read_only_token_reads_the_directory_and_acts_on_nothing(
    product: Served, company: Company
) -> None:
    olga: Member = company.members["Olga"]
    narrow = generate_token(product.desk, olga.id, scopes=[Scope.TICKETS_READ])
    client = Client(product.port, product.run(narrow)[0])
    assert client.get("/agents").status == 200
    for answer in (client.post("/departments", {"name": "T"}), client.get("/tokens")):
        answer.refused(403, "permission_denied")
        assert answer.body["scope"] == Scope.ADMIN
