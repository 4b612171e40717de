"""Clients that registered themselves and were forgotten, and those that must not be."""

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from domain.oauth_client import OAuthClient
from tests.mcp.company import Company
from tests.mcp.serving import Served
from tests.oauth.oauth_grants import approve_app, connect_app, redeem
from tests.oauth.oauth_wire import Wire
from tests.sign_in.conftest import Clock

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


class Registry:
    """Registers clients, and looks whether they are still there after a round of housekeeping."""

    def __init__(self, product: Served, clock: Clock) -> None:
        self.product = product
        self.clock = clock
        self.wire = Wire(product.port)

    def register(self, name: str) -> OAuthClient:
        said = {
            "client_name": name,
            "redirect_uris": ["http://127.0.0.1/cb"],
            "token_endpoint_auth_method": "none",
        }
        found = self._find(self.wire.json("/oauth/register", said).body["client_id"])
        assert found is not None
        return found

    def is_kept(self, client: OAuthClient, after: timedelta) -> bool:
        """Whether the client is still there so long after the test began."""
        self.clock.ahead = after
        self.product.run(self.product.desk.remove_old_clients())
        return self._find(client.id) is not None

    def _find(self, client_id: str) -> OAuthClient | None:
        return self.product.run(self.product.desk.clients.find(client_id))


@pytest.fixture
def registry(product: Served, clock: Clock) -> Registry:
    clock.stop()
    return Registry(product, clock)


@pytest.fixture
def ana(company: Company) -> UUID:
    return company.members["Ana"].id


def test_a_client_that_nobody_used_is_gone_after_a_day(registry: Registry) -> None:
    client = registry.register("Never used")
    assert registry.is_kept(client, DAY - MINUTE)
    assert not registry.is_kept(client, DAY + MINUTE)


def test_a_client_that_registers_again_has_another_day(registry: Registry) -> None:
    client = registry.register("Comes again")
    assert registry.is_kept(client, DAY - MINUTE)
    assert registry.register("Comes again").id == client.id
    assert registry.is_kept(client, 2 * DAY - 2 * MINUTE)
    assert not registry.is_kept(client, 2 * DAY)


def test_a_client_that_was_used_stays_for_ninety_days(
    registry: Registry, product: Served, ana: UUID
) -> None:
    client = registry.register("Used once")
    product.run(connect_app(product.desk, ana, client))
    assert registry.is_kept(client, 90 * DAY - MINUTE)
    assert not registry.is_kept(client, 90 * DAY + MINUTE)


def test_a_client_is_kept_while_a_code_of_it_can_be_redeemed(
    registry: Registry, product: Served, ana: UUID
) -> None:
    client = registry.register("Asks on the last minute")
    registry.clock.ahead = DAY
    approved = product.run(approve_app(product.desk, ana, client))
    assert registry.is_kept(client, DAY + MINUTE / 2)
    product.run(redeem(product.desk, approved))
    assert registry.is_kept(client, 30 * DAY)


def test_a_client_is_kept_while_its_grant_lives_however_long_ago_it_was_used(
    registry: Registry, product: Served, ana: UUID, desk_database: str
) -> None:
    client = registry.register("Sleeps long")
    app = product.run(connect_app(product.desk, ana, client))
    with psycopg.connect(desk_database) as connection:
        connection.execute(
            "UPDATE acct_main.grants SET until = until + interval '170 days' WHERE id = %s",
            (app.grant,),
        )
    assert registry.is_kept(client, 199 * DAY)
    assert not registry.is_kept(client, 202 * DAY)
