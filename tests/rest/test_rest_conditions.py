"""Conditions of changes: one key is one deed across transports, one version is won by one writer."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.mcp.company import Company
from tests.mcp.records import Log
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.rest.client import Answer, Client
from tests.rest.conftest import SignIn
from tests.rest.tickets import opened


def test_of_writers_with_one_version_one_wins(ana: Client, company: Company, log: Log) -> None:
    path = opened(ana, company)
    version = ana.get(path).etag

    def write(number: int) -> Answer:
        return ana.patch(path, {"subject": f"Subject {number}"}, If_Match=version)

    with log.watched() as watched, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(write, range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [412] * 7
    assert len(watched.facts) == 1
    (winner,) = (answer for answer in answers if answer.status == 200)
    now = ana.get(path)
    assert (now.etag, now.body["subject"]) == (winner.etag, winner.body["subject"])


def test_of_retries_at_once_one_is_carried_out(ana: Client, company: Company, log: Log) -> None:
    path = opened(ana, company)

    def write(_number: int) -> Answer:
        return ana.post(f"{path}/messages", {"body": "Hello?"}, Idempotency_Key=f"at once {path}")

    with log.watched() as watched, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(write, range(8)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["message_id"] for answer in answers}) == 1
    assert sum("replayed" not in answer.body for answer in answers) == 1
    assert len(watched.facts) == 2  # the message, and the claim of its key


def test_a_key_is_the_agents_own_whichever_way_it_is_used(
    ana: Client, product: Served, company: Company
) -> None:
    path = opened(ana, company)
    key = path.rpartition("/")[2]
    by_mcp = call(
        company.token("Ana"),
        "add_tags",
        ticket_id=key,
        tags=["once"],
        idempotency_key=f"both ways {key}",
    ).send(product.port)
    first = by_mcp.json()["result"]["structuredContent"]
    again = ana.post(f"{path}/tags", {"tags": ["once"]}, Idempotency_Key=f"both ways {key}")
    assert again.status == 200
    assert again.body == {**first, "replayed": True}


@pytest.mark.parametrize(
    "wrong", ['"v1', "v1", "12", '"x"', '"v1", "v2"', '"v9999999999999999999"']
)
def test_what_is_no_etag_of_ours_is_refused(ana: Client, company: Company, wrong: str) -> None:
    path = opened(ana, company)
    told = ana.post(f"{path}/resolve", If_Match=wrong).refused(400, "invalid_arguments")
    assert told == 'If-Match takes the ETag that an answer came with, such as "v3", or *'
    assert ana.post(f"{path}/resolve", If_Match="*").status == 200


@pytest.mark.parametrize("wrong", ["", "x" * 201])
def test_a_key_has_a_length(ana: Client, company: Company, wrong: str) -> None:
    path = opened(ana, company)
    ana.post(f"{path}/resolve", Idempotency_Key=wrong).refused(400, "invalid_arguments")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "x"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_sites_change_nothing_with_a_session(
    company: Company, ana: Client, sign_in: SignIn, headers: dict[str, str]
) -> None:
    path = opened(ana, company)
    client = sign_in(company.members["Ana"].id).client
    version = client.get(path).etag
    forged = Client(client.port, **{**client.headers, **_named(headers)})
    forged.post(f"{path}/resolve").refused(403, "cross_site")
    forged.patch(path, {"priority": "low"}).refused(403, "cross_site")
    assert client.get(path).etag == version
    assert client.post(f"{path}/resolve").status == 200


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in headers.items()}


def test_a_version_tells_nobody_that_a_ticket_is_there(ana: Client, company: Company) -> None:
    hidden, nowhere = company.tickets["brake"].code, "ZZZ-00000"
    answers = [
        ana.post(f"/tickets/{code}/resolve", If_Match='"v999"').refused(404, "not_found")
        for code in (hidden, nowhere)
    ]
    assert answers[0].replace(hidden, nowhere) == answers[1]


def test_a_refused_calls_record_tells_nobody_that_a_ticket_is_there(
    ana: Client, company: Company, log: Log
) -> None:
    for code in (company.tickets["brake"].code, "ZZZ-00000"):
        with log.watched() as watched:
            ana.post(f"/tickets/{code}/resolve").refused(404, "not_found")
        assert watched.call.fact.ticket is None


def test_who_may_not_sees_no_version_either(ana: Client, company: Company) -> None:
    path = f"/agents/{company.members['Ben'].id}/deactivate"
    ana.post(path, If_Match='"v999"').refused(403, "permission_denied")
