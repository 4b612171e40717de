"""Facts over HTTP: what happened in the account, for those who may read the audit trail."""

import pytest

from tests.mcp.serving import Served
from tests.rest.client import Client
from tests.rest.conftest import Hire, Hired


@pytest.fixture(scope="module")
def busy(hire: Hire, product: Served) -> Hired:
    """Somebody who made a token and revoked it."""
    hired = hire()
    made = hired.client.post("/tokens", {"label": "first"}).body
    assert hired.client.post(f"/tokens/{made['id']}/revoke").status == 200
    product.settle()
    return hired


def test_auditors_read_what_happened_newest_first(busy: Hired, adam: Client) -> None:
    revoked, generated = adam.get(f"/facts?agent_id={busy.member.id}").body["facts"]
    assert revoked["topic"] == "access_tokens.revoked"
    assert "revoked their own token" in revoked["sentence"]
    assert revoked["about"]["id"] == str(busy.member.id)
    assert generated["change"]["label"] == "first"
    assert "digest" not in generated["change"]
    (call,) = [
        call
        for call in adam.get(f"/calls?agent_id={busy.member.id}").body["calls"]
        if call["tool"] == "revoke_token"
    ]
    assert (revoked["call"], revoked["call_position"]) == (call["call"], call["position"])
    assert adam.get(f"/facts?call_id={call['call']}").body["facts"] == [revoked]


def test_only_auditors_do(busy: Hired) -> None:
    refused = busy.client.get("/facts")
    refused.refused(403, "permission_denied")
    assert refused.body["permission"] == "audit:read"


@pytest.mark.parametrize(
    ("query", "topics"),
    [
        ("topic=access_tokens.generated", ["access_tokens.generated"]),
        ("topic=ticket", []),
        ("via=rest", ["access_tokens.revoked", "access_tokens.generated"]),
        ("client=Nobody", []),
        ("to=2020-01-01", []),
    ],
)
def test_filters_narrow(busy: Hired, adam: Client, query: str, topics: list[str]) -> None:
    facts = adam.get(f"/facts?agent_id={busy.member.id}&{query}").body["facts"]
    assert [fact["topic"] for fact in facts] == topics


def test_pages_follow_one_another(busy: Hired, adam: Client) -> None:
    path = f"/facts?about_id={busy.member.id}"
    whole = adam.get(path).body
    assert "next_cursor" not in whole
    walked, more = list[object](), ""
    while True:
        page = adam.get(f"{path}&limit=1{more}").body
        walked += page["facts"]
        if "next_cursor" not in page:
            break
        more = f"&cursor={page['next_cursor']}"
    assert walked == whole["facts"]
    assert len(walked) > 2
    adam.get(f"/facts?limit=1{more}").refused(400, "invalid_arguments")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("topic=eaten", "kind of fact"),
        ("about_id=1", "'$.about_id'"),
        ("credential_id=1", "…Ab3x"),
        ("from=noon", "'noon'"),
    ],
)
def test_what_does_not_fit_is_named(adam: Client, query: str, field: str) -> None:
    assert field in adam.get(f"/facts?{query}").refused(400, "invalid_arguments")
