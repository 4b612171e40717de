"""Access tokens in the making: random bytes become a secret and the command that knows its digest."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from domain.access_tokens import GenerateToken
from domain.permissions import TOOL_SCOPES, Scope
from domain.secret import ACCESS_TOKEN, digest_of, encode_secret, mask_of


class NewToken(NamedTuple):
    """A token's secret, to be shown once, and the command that makes the token.

    The secret goes into no fact, no log and no answer that is kept under an idempotency key.
    """

    secret: str
    command: GenerateToken


def new_token(
    agent: UUID,
    token_id: UUID,
    random: bytes,
    label: str = "",
    scopes: Iterable[Scope] = TOOL_SCOPES,
    *,
    replaces: UUID | None = None,
) -> NewToken:
    """Make a token of 32 random bytes, in place of a lost one perhaps. The rules say who may."""
    secret = encode_secret(ACCESS_TOKEN, random)
    command = GenerateToken(
        agent=agent,
        token=token_id,
        digest=digest_of(secret).hex(),
        mask=mask_of(ACCESS_TOKEN, secret),
        label=label,
        scopes=tuple(sorted(set(scopes))),
        replaces=replaces,
    )
    return NewToken(secret, command)
