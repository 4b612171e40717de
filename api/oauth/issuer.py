"""What the endpoints of the authorization server work with."""

from collections.abc import Sequence
from typing import NamedTuple

from api.oauth.clients import Clients
from api.oauth.locations import Locations
from api.oauth.store import OAuthStore
from api.rates import RateLimiter
from api.services import Services


class Issuer(NamedTuple):
    """The parts of an account that its authorization server needs."""

    services: Services
    clients: Clients
    store: OAuthStore
    rates: RateLimiter
    hosts: Sequence[str]

    @property
    def locations(self) -> Locations:
        return Locations(self.services.base_url)
