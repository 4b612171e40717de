"""Several processes answer alike: what one did holds at the other with its next answer."""

import asyncio
from collections.abc import Iterator

import pytest

from domain.permissions import ALL_SCOPES
from infra.desk import Desk
from infra.settings import Settings
from tests.database import Databases
from tests.mcp.company import Company, filled, generate_token
from tests.mcp.serving import workers
from tests.rest.client import Client

ROUNDS = 8


class Both:
    """Somebody who asks either of two processes."""

    def __init__(self, ports: list[int], token: str) -> None:
        self.here, self.there = (Client(port, token) for port in ports)


@pytest.fixture(scope="module")
def served_twice(databases: Databases) -> Iterator[tuple[list[int], Company, str]]:
    """Two processes' ports, the company that they serve, and an owner's token."""
    with databases.copy_filled(filled) as (url, company):
        token = asyncio.run(owners_token(url, company))
        with workers(url) as started:
            yield [worker.port for worker in started], company, token


async def owners_token(url: str, company: Company) -> str:
    desk = Desk(Settings(database_url=url))
    async with desk.open(follow=False):
        token, _ = await generate_token(desk, company.members["Olga"].id, scopes=ALL_SCOPES)
        return token


def test_a_token_that_one_process_revoked_opens_nothing_at_the_other(
    served_twice: tuple[list[int], Company, str],
) -> None:
    ports, _, token = served_twice
    olga = Both(ports, token)
    for _ in range(ROUNDS):
        made = olga.here.post("/tokens", {}).body
        with_it = Both(ports, made["token"])
        assert (with_it.here.get("/agents").status, with_it.there.get("/agents").status) == (
            200,
            200,
        )
        assert olga.here.post(f"/tokens/{made['id']}/revoke").status == 200
        # Whatever else is wrong with a request.
        with_it.there.get("/agents?cursor=1&cursor=2").refused(401, "unauthorized")
        with_it.there.post("/departments", {"nonsense": True}).refused(401, "unauthorized")
        with_it.there.get("/agents").refused(401, "unauthorized")
        with_it.here.get("/agents").refused(401, "unauthorized")


def test_a_role_that_one_process_changed_counts_at_the_other(
    served_twice: tuple[list[int], Company, str],
) -> None:
    ports, company, token = served_twice
    olga, ben = Both(ports, token), company.members["Ben"]
    bens = Both(ports, ben.token)
    none = olga.here.post("/roles", {"name": "Nothing", "permissions": []}).body["id"]
    for _ in range(ROUNDS):
        assert bens.there.get("/agents").status == 200
        assert olga.here.patch(f"/agents/{ben.id}", {"role": none}).status == 200
        bens.there.get("/agents").refused(403, "permission_denied")
        assert olga.there.patch(f"/agents/{ben.id}", {"role": "agent"}).status == 200
        assert bens.here.get("/agents").status == 200


def test_what_one_process_wrote_the_other_shows(
    served_twice: tuple[list[int], Company, str],
) -> None:
    ports, _, token = served_twice
    olga = Both(ports, token)
    for number in range(ROUNDS):
        added = olga.here.post("/departments", {"name": f"Department {number}"})
        assert "views-behind" not in added.headers
        listed = olga.there.get("/departments").body["departments"]
        assert added.body["id"] in {department["id"] for department in listed}
        seen = olga.there.get(f"/departments/{added.body['id']}")
        assert seen.etag == added.etag
