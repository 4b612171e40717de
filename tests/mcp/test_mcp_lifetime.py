"""An access token lives for two calendar years to the second, whatever is done with it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from domain.access_tokens import MAX_ACTIVE, RevokeToken
from domain.application import Wish
from domain.permissions import Scope
from domain.refusals import Code, Refused
from infra.access import replace_token
from tests.database import Databases
from tests.mcp.company import Company, filled, generate_token
from tests.mcp.serving import Served, served
from tests.mcp.wire import call, legacy, modern

SECOND = timedelta(seconds=1)


class Clock:
    """The time that the product reads."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


class Site(NamedTuple):
    company: Company
    product: Served
    clock: Clock

    def statuses(self, token: str) -> set[int]:
        """Return how a call and a list in both eras are answered."""
        requests = (
            call(token, "list_departments"),
            modern(token, "tools/list"),
            legacy(token, "tools/list"),
        )
        return {request.send(self.product.port).status for request in requests}

    def generate(self) -> str:
        ana = self.company.members["Ana"].id
        return self.product.run(generate_token(self.product.desk, ana))[0]


@pytest.fixture(scope="module")
def site(databases: Databases) -> Iterator[Site]:
    clock = Clock()
    with databases.copy_filled(filled) as (url, company), served(url, clock) as product:
        yield Site(company, product, clock)


@pytest.mark.parametrize(
    ("made_at", "over_at"),
    [
        (datetime(2027, 7, 5, 10, 30, tzinfo=UTC), datetime(2029, 7, 5, 10, 30, tzinfo=UTC)),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2030, 2, 28, 12, tzinfo=UTC)),
        (datetime(2030, 2, 28, 12, tzinfo=UTC), datetime(2032, 2, 28, 12, tzinfo=UTC)),
    ],
)
def test_a_token_is_good_to_its_last_second_and_no_longer(
    site: Site, made_at: datetime, over_at: datetime
) -> None:
    site.clock.now = made_at
    used, unused = site.generate(), site.generate()
    for days in (0, 300, 700):  # to use it does not prolong it
        site.clock.now = made_at + timedelta(days=days)
        assert site.statuses(used) == {200}
    site.clock.now = over_at - SECOND
    assert site.statuses(used) == {200}
    site.clock.now = over_at
    assert site.statuses(used) == site.statuses(unused) == {401}
    site.clock.now = over_at - SECOND
    assert site.statuses(unused) == {200}


def test_a_token_makes_room_for_another_in_the_second_in_which_it_expires(site: Site) -> None:
    site.clock.now = made_at = datetime(2040, 2, 29, 23, 59, 59, tzinfo=UTC)
    first = site.generate()
    site.clock.now += timedelta(days=30)
    for _ in range(MAX_ACTIVE - 1):
        site.generate()
    site.clock.now = made_at.replace(year=2042, day=28) - SECOND
    with pytest.raises(Refused) as refused:
        site.generate()
    assert refused.value.code is Code.LIMIT_REACHED
    assert site.statuses(first) == {200}
    site.clock.now += SECOND
    assert site.statuses(site.generate()) == {200}
    assert site.statuses(first) == {401}


def test_each_token_dies_in_its_own_time(site: Site) -> None:
    site.clock.now = datetime(2050, 1, 1, tzinfo=UTC)
    early = site.generate()
    site.clock.now += timedelta(days=1)
    late = site.generate()
    site.clock.now = datetime(2052, 1, 1, tzinfo=UTC)
    assert (site.statuses(early), site.statuses(late)) == ({401}, {200})


def test_each_token_is_revoked_for_itself(site: Site) -> None:
    site.clock.now = datetime(2060, 1, 1, tzinfo=UTC)
    ana, run, desk = site.company.members["Ana"].id, site.product.run, site.product.desk
    made = [run(generate_token(desk, ana)) for _ in range(3)]
    assert [site.statuses(token) for token, _ in made] == [{200}] * 3
    run(desk.execute(Wish(RevokeToken(agent=ana, token=made[1][1]))))
    assert [site.statuses(token) for token, _ in made] == [{200}, {401}, {200}]


def test_a_lost_token_is_dead_and_its_successor_alive(site: Site) -> None:
    site.clock.now = datetime(2070, 1, 1, tzinfo=UTC)
    ana, run, desk = site.company.members["Ana"].id, site.product.run, site.product.desk
    (lost, credential), (other, _) = (run(generate_token(desk, ana)) for _ in range(2))
    assert site.statuses(lost) == {200}
    new = run(replace_token(desk, ana, credential, "laptop", [Scope.TICKETS_READ]))
    assert [site.statuses(token) for token in (lost, other, new)] == [{401}, {200}, {200}]
