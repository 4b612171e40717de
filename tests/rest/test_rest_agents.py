"""Agents over HTTP: added, read, changed, gone and back."""

from uuid import UUID

import pytest

from domain.agent import Added, DepartmentsChanged, EmailChanged, Renamed, RoleChanged
from tests.mcp.company import BILLING, SUPPORT, Company
from tests.mcp.records import Log
from tests.rest.client import Client
from tests.rest.conftest import Hire

NOBODY = "/agents/00000000-0000-7000-8000-000000000001"


def newcomer(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "email": f"{name.lower()}@new.example", "role": "agent", **more}


def test_an_added_agent_is_where_the_location_says(adam: Client, company: Company) -> None:
    support = str(company.departments[SUPPORT])
    added = adam.post("/agents", newcomer("Zoe", department_ids=[support]))
    assert added.status == 201
    assert added.headers["location"] == f"/api/v1/agents/{added.body['id']}"
    assert added.headers["cache-control"] == "no-store"
    read = adam.get(f"/agents/{added.body['id']}")
    assert (read.status, read.body, read.etag) == (200, added.body, added.etag)
    assert read.body["department_ids"] == [support]
    assert (read.body["role"], read.body["active"], read.body["seat"]) == ("agent", True, True)
    (listed,) = [
        agent
        for agent in adam.get(f"/agents?department_id={support}").body["agents"]
        if agent["id"] == added.body["id"]
    ]
    assert (listed["name"], listed["role"], listed["role_name"]) == ("Zoe", "agent", "agent")


def test_adding_twice_under_one_key_adds_once(adam: Client, log: Log) -> None:
    with log.watched() as watched:
        first = adam.post("/agents", newcomer("Yara"), Idempotency_Key="add-yara")
        again = adam.post("/agents", newcomer("Yara"), Idempotency_Key="add-yara")
    assert [type(fact) for fact in watched.facts].count(Added) == 1
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["location"] == first.headers["location"]
    assert [call.fact.outcome for call in watched.calls] == ["ok", "replayed"]
    other = adam.post("/agents", newcomer("Yasmin"), Idempotency_Key="add-yara")
    other.refused(422, "idempotency_conflict")


def test_an_address_belongs_to_one_agent(adam: Client, hire: Hire) -> None:
    taken = hire().member.email
    refused = adam.post("/agents", newcomer("Xena", email=taken.upper()))
    assert taken.upper() in refused.refused(409, "already_exists")


def test_a_change_is_all_that_is_named_in_one_append(
    adam: Client, hire: Hire, company: Company, log: Log
) -> None:
    hired = hire()
    billing = str(company.departments[BILLING])
    with log.watched() as watched:
        changed = adam.patch(
            hired.path,
            {
                "name": "Renamed",
                "email": "renamed@new.example",
                "role": "admin",
                "department_ids": [billing],
            },
        )
    # An admin cannot make another one, so nothing of all that happened.
    changed.refused(403, "permission_denied")
    assert (watched.facts, watched.call.fact.tool) == ([], "change_agent")
    with log.watched() as watched:
        changed = adam.patch(hired.path, {"name": "Renamed", "department_ids": [billing]})
    assert changed.status == 200
    assert (changed.body["name"], changed.body["department_ids"]) == ("Renamed", [billing])
    assert changed.body["email"] == hired.member.email
    assert [type(fact) for fact in watched.facts] == [Renamed, DepartmentsChanged]
    assert watched.call.fact.arguments == {
        "agent_id": str(hired.member.id),
        "name": "Renamed",
        "department_ids": [billing],
    }
    assert watched.call.envelope.by.via == "rest"
    assert watched.charged == 0


def test_an_owner_changes_name_address_and_role_at_once(olga: Client, hire: Hire, log: Log) -> None:
    hired = hire()
    with log.watched() as watched:
        changed = olga.patch(
            hired.path, {"name": "Boss", "email": "boss@new.example", "role": "admin"}
        )
    assert (changed.status, changed.body["role"]) == (200, "admin")
    assert {Renamed, EmailChanged, RoleChanged} <= {type(fact) for fact in watched.facts}


def test_what_was_changed_meanwhile_stays_as_it_is(adam: Client, hire: Hire) -> None:
    hired = hire()
    seen = adam.get(hired.path).etag
    assert adam.patch(hired.path, {"name": "First"}, If_Match=seen).status == 200
    late = adam.patch(hired.path, {"name": "Second"}, If_Match=seen)
    late.refused(412, "precondition_failed")
    read = adam.get(hired.path)
    assert (read.body["name"], late.body["version"]) == ("First", int(read.etag.strip('v"')))


def test_a_deactivated_agent_has_no_access_from_the_next_answer_on(
    adam: Client, hire: Hire
) -> None:
    hired = hire()
    seats = adam.get("/budget").body["seats"]
    assert hired.client.get("/session").status == 200
    gone = adam.post(f"{hired.path}/deactivate")
    assert (gone.status, gone.body["active"]) == (200, False)
    hired.client.get("/session").refused(401, "unauthorized")
    assert adam.get("/budget").body["seats"] == seats - 1
    listed = {agent["id"] for agent in adam.get("/agents").body["agents"]}
    assert str(hired.member.id) not in listed
    everybody = adam.get("/agents?include_inactive=true").body["agents"]
    assert {"id": str(hired.member.id), "active": False}.items() <= next(
        agent for agent in everybody if agent["id"] == str(hired.member.id)
    ).items()
    back = adam.post(f"{hired.path}/reactivate")
    assert (back.status, back.body["active"]) == (200, True)
    assert adam.get("/budget").body["seats"] == seats


def test_an_imported_agent_gets_a_seat_with_an_address(adam: Client, imported: UUID) -> None:
    ivo = f"/agents/{imported}"
    assert adam.get(ivo).body["seat"] is False
    seated = adam.post(f"{ivo}/seat", {"email": "ivo@seat.example"})
    assert (seated.status, seated.body["seat"]) == (200, True)
    assert seated.body["email"] == "ivo@seat.example"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", NOBODY, None),
        ("PATCH", NOBODY, {"name": "Nobody"}),
        ("POST", f"{NOBODY}/deactivate", None),
        ("POST", f"{NOBODY}/reactivate", None),
        ("POST", f"{NOBODY}/seat", {"email": "nobody@new.example"}),
        ("GET", "/agents?department_id=00000000-0000-7000-8000-000000000001", None),
        ("GET", "/agents/nobody", None),
    ],
)
def test_who_is_not_there_is_not_found(olga: Client, method: str, path: str, body: object) -> None:
    olga.send(method, path, body, {}).refused(404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "a@new.example", "role": "agent"}, "'name'"),
        (newcomer("Wim", email="no address"), "'$.email'"),
        (newcomer("", email="wim@new.example"), "'$.name'"),
        (newcomer("Wim", role=5), "'$.role'"),
        (newcomer("Wim", department_ids=["Support"]), "'$.department_ids[0]'"),
        (newcomer("Wim", first=True), "'first'"),
    ],
)
def test_what_does_not_fit_is_named(adam: Client, body: object, field: str) -> None:
    assert field in adam.post("/agents", body).refused(400, "invalid_arguments")


def test_a_change_names_something(adam: Client, hire: Hire) -> None:
    adam.patch(hire().path, {}).refused(400, "invalid_arguments")


def test_roles_and_departments_that_there_are_not_are_not_found(olga: Client, hire: Hire) -> None:
    path, unknown = hire().path, str(UUID(int=1))
    for change in ({"role": "boss"}, {"role": unknown}, {"department_ids": [unknown]}):
        olga.patch(path, change).refused(404, "not_found")
