"""Access tokens over HTTP: shown once, ten at most, over at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from domain.access_tokens import MAX_ACTIVE, two_years_after
from domain.permissions import TOOL_SCOPES, Role, Scope
from domain.secret import ACCESS_TOKEN, digest_of, is_well_formed, mask_of
from tests.mcp.company import generate_token
from tests.mcp.records import Log
from tests.mcp.serving import Served
from tests.rest.client import Client
from tests.rest.conftest import Hire

UNKNOWN = "/tokens/00000000-0000-7000-8000-000000000001"


def test_a_new_token_is_shown_once_and_opens(hire: Hire, log: Log) -> None:
    hired = hire()
    with log.watched() as watched:
        made = hired.client.post("/tokens", {"label": " laptop "})
    secret = made.body["token"]
    assert (made.status, made.headers["cache-control"]) == (201, "no-store")
    assert is_well_formed(ACCESS_TOKEN, secret)
    assert made.body["mask"] == mask_of(ACCESS_TOKEN, secret)
    assert (made.body["label"], set(made.body["scopes"])) == ("laptop", TOOL_SCOPES)
    assert watched.call.fact.tool == "generate_token"
    assert watched.call.fact.arguments == {"label": " laptop ", "read_only": False}
    mine = Client(hired.client.port, secret)
    assert mine.get("/agents").status == 200
    later = [
        hired.client.get("/tokens?include_revoked=true"),
        hired.client.get("/calls"),
        hired.client.get("/session"),
        mine.get("/session"),
        hired.client.post(f"/tokens/{made.body['id']}/revoke"),
    ]
    digest = digest_of(secret).hex()
    for answer in later:
        assert answer.status == 200
        assert secret[len(ACCESS_TOKEN) : -4].encode() not in answer.raw
        assert digest.encode() not in answer.raw


def test_the_list_tells_all_but_the_secret(hire: Hire, product: Served) -> None:
    hired = hire()
    made = hired.client.post("/tokens", {"read_only": True}).body
    assert Client(hired.client.port, made["token"]).get("/agents").status == 200
    product.run(product.desk.authenticator.write_down_uses())
    listed = hired.client.get("/tokens").body
    assert listed["limit"] == MAX_ACTIVE
    assert [token["label"] for token in listed["tokens"]] == ["tests", "tests", ""]
    shown = listed["tokens"][-1]
    assert (shown["id"], shown["mask"]) == (made["id"], made["mask"])
    assert (shown["scopes"], shown["state"]) == (["tickets:read"], "active")
    assert shown["agent"] == {"id": str(hired.member.id), "name": hired.member.name}
    expires = two_years_after(datetime.fromisoformat(shown["generated_at"]))
    until = datetime.fromisoformat(shown["expires_at"])
    # Recorded and counted from within one append, but not by one look at the clock.
    assert abs(until - expires) < timedelta(seconds=1)
    assert datetime.now(UTC) - datetime.fromisoformat(shown["last_used_at"]) < timedelta(minutes=5)
    assert "last_used_at" not in listed["tokens"][0]


@pytest.mark.parametrize(
    ("days_left", "state", "within"),
    [
        (61, "active", None),
        (59, "expiring", 60),
        (29, "expiring", 30),
        (6, "expiring", 7),
        (0.5, "expiring", 1),
        (-1, "expired", None),
    ],
)
def test_the_end_is_announced(
    product: Served, hire: Hire, days_left: float, state: str, within: int | None
) -> None:
    hired = hire()
    generated = datetime.now(UTC) + timedelta(days=days_left)
    generated = generated.replace(year=generated.year - 2, day=min(generated.day, 28))
    shift = timedelta(days=days_left) - (two_years_after(generated) - datetime.now(UTC))
    made = generate_token(product.desk, hired.member.id, generated + shift)
    _, token = product.run(made)
    (shown,) = [
        line for line in hired.client.get("/tokens").body["tokens"] if line["id"] == str(token)
    ]
    assert (shown["state"], shown.get("expires_within_days")) == (state, within)


def test_there_are_ten_at_most(hire: Hire) -> None:
    hired = hire()  # with two
    for _ in range(MAX_ACTIVE - 2):
        assert hired.client.post("/tokens", {}).status == 201
    refused = hired.client.post("/tokens", {})
    refused.refused(409, "limit_reached")
    assert refused.body["limit"] == MAX_ACTIVE
    first = hired.client.get("/tokens").body["tokens"][0]["id"]
    assert hired.client.post(f"/tokens/{first}/revoke").status == 200
    assert hired.client.post("/tokens", {}).status == 201


def test_twenty_at_once_come_to_ten(hire: Hire) -> None:
    hired = hire()  # with two
    bodies = [{"label": str(number)} for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(hired.client.post, ["/tokens"] * 20, bodies))
    assert sorted(answer.status for answer in answers) == [201] * 8 + [409] * 12
    tokens = hired.client.get("/tokens").body["tokens"]
    assert [token["state"] for token in tokens] == ["active"] * MAX_ACTIVE


def test_a_revoked_token_opens_nothing_and_the_others_do(hire: Hire) -> None:
    hired = hire()
    gone, kept = (hired.client.post("/tokens", {}).body for _ in range(2))
    port = hired.client.port
    assert Client(port, gone["token"]).get("/session").status == 200
    revoked = hired.client.post(f"/tokens/{gone['id']}/revoke")
    assert revoked.status == 200
    assert revoked.body == {"id": gone["id"], "changed": True, "still_active": []}
    Client(port, gone["token"]).get("/session").refused(401, "unauthorized")
    assert Client(port, kept["token"]).get("/session").status == 200
    again = hired.client.post(f"/tokens/{gone['id']}/revoke")
    assert again.body["changed"] is False
    assert gone["id"] not in {token["id"] for token in hired.client.get("/tokens").body["tokens"]}
    everything = hired.client.get("/tokens?include_revoked=true").body["tokens"]
    (shown,) = [token for token in everything if token["id"] == gone["id"]]
    assert (shown["state"], shown["revoked_by"]) == ("revoked", str(hired.member.id))
    assert "expires_within_days" not in shown


def test_a_token_may_revoke_itself(hire: Hire) -> None:
    hired = hire()
    scopes = [scope.value for scope in Scope]
    made = hired.client.post("/tokens", {"scopes": scopes}).body
    mine = Client(hired.client.port, made["token"])
    assert mine.post(f"/tokens/{made['id']}/revoke").status == 200
    mine.get("/session").refused(401, "unauthorized")


def test_a_lost_token_is_replaced_in_one_step(hire: Hire, log: Log) -> None:
    hired = hire()
    lost = hired.client.post("/tokens", {"label": "phone", "read_only": True}).body
    with log.watched() as watched:
        found = hired.client.post(f"/tokens/{lost['id']}/replace")
    assert found.status == 201
    assert [fact.topic for fact in watched.facts] == [
        "access_tokens.revoked",
        "access_tokens.generated",
    ]
    assert watched.call.fact.arguments == {"token_id": lost["id"]}
    assert (found.body["label"], found.body["scopes"]) == ("phone", ["tickets:read"])
    port = hired.client.port
    Client(port, lost["token"]).get("/session").refused(401, "unauthorized")
    assert Client(port, found.body["token"]).get("/session").status == 200
    hired.client.post(f"/tokens/{lost['id']}/replace").refused(404, "not_found")


def test_what_a_revoked_token_generated_lives_on_and_is_named(hire: Hire) -> None:
    hired = hire()
    port, everything = hired.client.port, {"scopes": [scope.value for scope in Scope]}
    first = hired.client.post("/tokens", everything).body
    second = Client(port, first["token"]).post("/tokens", everything).body
    behind = Client(port, second["token"]).post("/tokens", {}).body
    assert hired.client.post(f"/tokens/{second['id']}/revoke").status == 200
    revoked = hired.client.post(f"/tokens/{first['id']}/revoke").body
    assert revoked["still_active"] == [{"id": behind["id"], "mask": behind["mask"]}]
    assert Client(port, behind["token"]).get("/session").status == 200
    listed = {token["id"]: token for token in hired.client.get("/tokens").body["tokens"]}
    origin = listed[behind["id"]]
    assert (origin["generated_via"], origin["generated_with"]) == (
        "rest",
        {"id": second["id"], "mask": second["mask"], "revoked": True},
    )
    assert "generated_with" not in listed[str(hired.member.credential)]
    assert hired.client.post(f"/tokens/{behind['id']}/revoke").body["still_active"] == []


def test_a_repeated_key_names_no_tokens_to_who_may_not_list_them(hire: Hire, olga: Client) -> None:
    boss, hired = hire(Role.ADMIN), hire()
    everything = {"scopes": [scope.value for scope in Scope]}
    first = hired.client.post("/tokens", everything).body
    child = Client(olga.port, first["token"]).post("/tokens", everything).body
    path = f"/tokens/{first['id']}/revoke"
    revoked = boss.client.post(path, Idempotency_Key="once").body
    assert [token["id"] for token in revoked["still_active"]] == [child["id"]]
    assert boss.client.post(path, Idempotency_Key="once").body == revoked
    assert olga.patch(boss.path, {"role": "agent"}).status == 200
    repeated = boss.client.post(path, Idempotency_Key="once")
    assert (repeated.status, repeated.headers["idempotency-replayed"]) == (200, "true")
    assert repeated.body == {"id": first["id"], "changed": True}


def test_a_token_that_replaces_itself_leaves_those_it_generated(hire: Hire) -> None:
    hired = hire()
    port, everything = hired.client.port, {"scopes": [scope.value for scope in Scope]}
    lost = hired.client.post("/tokens", everything).body
    lone = Client(port, lost["token"])
    child = lone.post("/tokens", {}).body
    found = lone.post(f"/tokens/{lost['id']}/replace").body
    assert found["still_active"] == [{"id": child["id"], "mask": child["mask"]}]
    assert Client(port, found["token"]).get("/session").status == 200
    assert "still_active" not in child


def test_with_ten_each_can_be_replaced(hire: Hire) -> None:
    hired = hire()
    made = [hired.client.post("/tokens", {}).body for _ in range(MAX_ACTIVE - 2)]
    for token in made:
        assert hired.client.post(f"/tokens/{token['id']}/replace").status == 201


def test_nobody_makes_or_replaces_anothers_token(olga: Client, hire: Hire) -> None:
    hired = hire()
    olga.post(f"/tokens/{hired.member.credential}/replace").refused(404, "not_found")
    body = {"agent_id": str(hired.member.id)}
    olga.post("/tokens", body).refused(400, "invalid_arguments")
    assert Client(olga.port, hired.member.token).get("/session").status == 200


def test_a_token_is_not_shown_twice_under_a_key(hire: Hire) -> None:
    hired = hire()
    made = hired.client.post("/tokens", {}).body
    for path in ("/tokens", f"/tokens/{made['id']}/replace"):
        refused = hired.client.post(path, {}, Idempotency_Key="again")
        assert "Idempotency-Key" in refused.refused(400, "invalid_arguments")
    assert len(hired.client.get("/tokens").body["tokens"]) == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": []}, "'$.scopes'"),
        ({"scopes": ["everything"]}, "'$.scopes[0]'"),
        ({"scopes": ["admin"], "read_only": True}, "read_only"),
        ({"label": "x" * 101}, "'$.label'"),
        ({"token": "dl_pat_mine"}, "'token'"),
    ],
)
def test_what_does_not_fit_is_named(ana: Client, body: object, field: str) -> None:
    assert field in ana.post("/tokens", body).refused(400, "invalid_arguments")


def test_tokens_that_there_are_not_are_not_found(olga: Client) -> None:
    for action in ("revoke", "replace"):
        olga.post(f"{UNKNOWN}/{action}").refused(404, "not_found")


def test_a_new_token_has_no_version_to_match(olga: Client) -> None:
    sentence = olga.post("/tokens", {}, If_Match='"v1"').refused(400, "invalid_arguments")
    assert "If-Match" in sentence
