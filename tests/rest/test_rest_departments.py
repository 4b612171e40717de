"""Departments over HTTP."""

import pytest

from tests.rest.client import Client

NOWHERE = "/departments/00000000-0000-7000-8000-000000000001"


def test_a_department_is_added_and_renamed(adam: Client, ana: Client) -> None:
    added = adam.post("/departments", {"name": "Sales"}, Idempotency_Key="sales")
    again = adam.post("/departments", {"name": "Sales"}, Idempotency_Key="sales")
    assert (added.status, again.status) == (201, 201)
    assert again.body == added.body
    path = added.headers["location"].removeprefix("/api/v1")
    assert ana.get(path).body == {"id": added.body["id"], "name": "Sales"}
    renamed = adam.patch(path, {"name": "Shop"}, If_Match=ana.get(path).etag)
    assert (renamed.status, renamed.body["name"]) == (200, "Shop")
    adam.patch(path, {"name": "Stall"}, If_Match=added.etag).refused(412, "precondition_failed")
    listed = ana.get("/departments").body["departments"]
    assert {"id": added.body["id"], "name": "Shop", "agents": 0} in listed
    assert [line["name"] for line in listed] == sorted(line["name"] for line in listed)


def test_names_are_unlike_all_others(adam: Client) -> None:
    adam.post("/departments", {"name": "support"}).refused(409, "already_exists")


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "'name'"), ({"name": ""}, "'$.name'"), ({"name": "Q", "id": 1}, "'id'")],
)
def test_what_does_not_fit_is_named(adam: Client, body: object, field: str) -> None:
    assert field in adam.post("/departments", body).refused(400, "invalid_arguments")


def test_departments_that_there_are_not_are_not_found(adam: Client) -> None:
    for answer in (adam.get(NOWHERE), adam.patch(NOWHERE, {"name": "Q"})):
        answer.refused(404, "not_found")


def test_a_cursor_of_another_listing_is_none(ana: Client) -> None:
    for path in ("/agents?cursor=x", "/departments?cursor=WyJ4Il0"):
        assert "cursor" in ana.get(path).refused(400, "invalid_arguments")
