"""Roles and permissions over HTTP."""

import pytest

from domain.permissions import ALL, PRIVILEGES, Permission, Role
from domain.role import counted
from tests.mcp.records import Log
from tests.rest.client import Client
from tests.rest.conftest import Hire

OWNERS = counted(Role.OWNER)
assert OWNERS
NO_ROLE = "/roles/00000000-0000-7000-8000-000000000001"


def test_built_in_roles_come_first_with_all_that_they_allow(ana: Client) -> None:
    roles = ana.get("/roles").body["roles"]
    assert [role["id"] for role in roles[:3]] == ["owner", "admin", "agent"]
    assert all(role["built_in"] for role in roles[:3])
    assert not any(role["built_in"] for role in roles[3:])
    assert set(roles[0]["permissions"]) == ALL
    assert roles[0]["holders"] == 1
    assert ana.get("/roles/owner").body == roles[0]


def test_permissions_tell_their_scope_and_who_may_be_given_them(ana: Client) -> None:
    listed = ana.get("/permissions").body["permissions"]
    assert [line["name"] for line in listed] == list(Permission)
    assert {line["name"] for line in listed if line["grantable"]} == PRIVILEGES
    assert listed[0] == {
        "name": "tickets:read",
        "scope": "tickets:read",
        "sentence": Permission.TICKETS_READ.sentence,
        "grantable": True,
    }


def test_a_role_is_made_changed_and_removed(adam: Client) -> None:
    made = adam.post("/roles", {"name": " Night  shift ", "permissions": ["tags:add"]})
    path = made.headers["location"].removeprefix("/api/v1")
    assert (made.status, made.body["name"], made.body["holders"]) == (201, "Night shift", 0)
    assert made.body in adam.get("/roles").body["roles"]
    changed = adam.patch(path, {"name": "Nights", "permissions": ["tags:add", "tickets:read"]})
    assert (changed.status, changed.body["name"]) == (200, "Nights")
    assert set(changed.body["permissions"]) == {"tags:add", "tickets:read"}
    read = adam.get(path)
    assert (read.body, read.etag) == (changed.body, changed.etag)
    assert adam.delete(path).status == 204
    adam.get(path).refused(404, "not_found")
    assert adam.delete(path).status == 204
    assert made.body["id"] not in {role["id"] for role in adam.get("/roles").body["roles"]}


def test_a_role_that_is_removed_under_a_key_is_removed_once(adam: Client) -> None:
    path = f"/roles/{adam.post('/roles', {'name': 'Brief', 'permissions': []}).body['id']}"
    first, again = (adam.delete(path, Idempotency_Key=f"remove {path}") for _ in range(2))
    assert (first.status, first.raw, again.status, again.raw) == (204, b"", 204, b"")
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"


def test_a_role_that_was_changed_meanwhile_stays_as_it_is(adam: Client) -> None:
    made = adam.post("/roles", {"name": "Guarded", "permissions": []})
    path = f"/roles/{made.body['id']}"
    assert adam.patch(path, {"permissions": ["tags:add"]}, If_Match=made.etag).status == 200
    late = adam.patch(path, {"permissions": ["tags:remove"]}, If_Match=made.etag)
    late.refused(412, "precondition_failed")
    adam.delete(path, If_Match=made.etag).refused(412, "precondition_failed")
    assert adam.get(path).body["permissions"] == ["tags:add"]


def test_a_role_that_somebody_has_stays(adam: Client, hire: Hire) -> None:
    made = adam.post("/roles", {"name": "Held", "permissions": ["tickets:read"]}).body["id"]
    hired = hire(made)
    assert adam.get(f"/roles/{made}").body["holders"] == 1
    refused = adam.delete(f"/roles/{made}")
    refused.refused(409, "limit_reached")
    assert refused.body["holders"] == 1
    assert adam.patch(hired.path, {"role": "agent"}).status == 200
    assert adam.delete(f"/roles/{made}").status == 204


def test_what_owners_alone_may_goes_into_no_role(olga: Client) -> None:
    body = {"name": "Almost owners", "permissions": ["admins:manage"]}
    olga.post("/roles", body).refused(403, "permission_denied")


def test_whoever_tries_to_change_a_built_in_role_is_on_record(ana: Client, log: Log) -> None:
    with log.watched() as watched:
        ana.patch("/roles/agent", {"permissions": ["settings:manage"]}).refused(
            403, "permission_denied"
        )
    assert watched.call.fact.tool == "change_role"
    assert watched.call.fact.outcome == "permission_denied"
    assert watched.call.fact.arguments["role_id"] == "agent"
    assert (watched.facts, watched.charged) == ([], 0)


def test_built_in_roles_stay_as_they_are(olga: Client) -> None:
    for answer in (olga.patch("/roles/agent", {"name": "Agents"}), olga.delete("/roles/agent")):
        assert "built-in" in answer.refused(403, "permission_denied")


def test_names_are_unlike_all_others(adam: Client) -> None:
    assert adam.post("/roles", {"name": "Once", "permissions": []}).status == 201
    for name in ("ONCE", "Owner"):
        adam.post("/roles", {"name": name, "permissions": []}).refused(409, "already_exists")


def test_what_a_role_is_asked_to_allow_is_recorded(adam: Client, log: Log) -> None:
    with log.watched() as watched:
        adam.post("/roles", {"name": "Recorded", "permissions": ["tags:add"]})
    assert watched.call.fact.tool == "add_role"
    assert watched.call.fact.arguments == {"name": "Recorded", "permissions": ["tags:add"]}
    assert watched.charged == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Q"}, "'permissions'"),
        ({"name": "Q", "permissions": ["tickets:eat"]}, "'$.permissions[0]'"),
        ({"name": "Q" * 61, "permissions": []}, "'$.name'"),
        ({"name": "Q", "permissions": [], "holders": 5}, "'holders'"),
    ],
)
def test_what_does_not_fit_is_named(adam: Client, body: object, field: str) -> None:
    assert field in adam.post("/roles", body).refused(400, "invalid_arguments")


# The last one is where owners are counted, so it is no role.
@pytest.mark.parametrize(
    "path", [NO_ROLE, "/roles/boss", f"/roles/{OWNERS.id}"], ids=["id", "word", "owners"]
)
def test_roles_that_there_are_not_are_not_found(adam: Client, path: str) -> None:
    for answer in (adam.get(path), adam.patch(path, {"name": "Q"}), adam.delete(path)):
        answer.refused(404, "not_found")
