"""OAuth clients in the making: the secret of a confidential one, and the command that knows its digest."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from domain.clients import RegisterClient
from domain.secret import CLIENT_SECRET, digest_of, encode_secret

_LONGEST = 100
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")


class NewClient(NamedTuple):
    """A client's secret, to be shown once, and the command that registers it; public ones have none.

    The secret goes into no fact, no log and no answer that is kept under an idempotency key.
    """

    secret: str | None
    command: RegisterClient


def new_client(
    client_id: str, name: str, redirect_uris: Sequence[str], random: bytes | None = None
) -> NewClient:
    """Make a client, with 32 random bytes a confidential one. The rules say what it may be."""
    secret = None if random is None else encode_secret(CLIENT_SECRET, random)
    command = RegisterClient(
        client_id=client_id,
        name=name,
        redirect_uris=tuple(redirect_uris),
        digest=digest_of(secret).hex() if secret else None,
    )
    return NewClient(secret, command)


def id_by(name: str) -> str:
    """Return a client_id that people know a client of this name by; empty where it makes none."""
    return _BETWEEN_WORDS.sub("-", name.casefold())[:_LONGEST].strip("-")
