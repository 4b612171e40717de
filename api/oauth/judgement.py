"""What the token endpoint found, and what a request comes to: each is one thing to do."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from api.oauth.client_authentication import Presented
from api.oauth.locations import Locations
from api.oauth.store import Grant, Issued, RefreshToken
from domain.held_consents import WhyEnded
from domain.oauth_client import OAuthClient


class Found(NamedTuple):
    """What the endpoint found before it judges: the claim, the client, and what the secret is of.

    `arrived` is when the request began, `now` when it is judged.
    """

    presented: Presented
    client: OAuthClient | None
    held: Grant | RefreshToken | None
    locations: Locations
    arrived: datetime
    now: datetime
    random: Callable[[int], bytes]


class Redeem(NamedTuple):
    """Redeem the code of a grant, and answer if nobody else did."""

    grant: UUID
    issued: Issued
    reply: bytes


class Rotate(NamedTuple):
    """Put a successor in the refresh token's place, and answer if nobody else did."""

    issued: Issued
    reply: bytes
    sealed: bytes


class Repeat(NamedTuple):
    """Answer what was answered before."""

    reply: bytes


class End(NamedTuple):
    """End a grant."""

    grant: Grant
    why: WhyEnded


Effect = Redeem | Rotate | Repeat | End
