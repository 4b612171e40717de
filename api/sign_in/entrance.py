"""The ways in for people, put together from the account's parts."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from api.sign_in.hashing import Hashing
from api.sign_in.links import Links
from api.sign_in.service import SignIn
from api.sign_in.throttle import Throttle
from domain.application import Helpdesk


class Entrance(NamedTuple):
    """How people come in; sessions last for `lasting`, at most."""

    sign_in: SignIn
    links: Links
    lasting: timedelta


def entrance_to(
    helpdesk: Helpdesk,
    throttle: Throttle,
    random: Callable[[int], bytes],
    lasting: timedelta,
) -> Entrance:
    hashing = Hashing(random)
    return Entrance(
        SignIn(helpdesk, hashing, throttle, random, lasting),
        Links(helpdesk, hashing, random),
        lasting,
    )
