"""Access tokens made for agents: the secret exists here and in its holder's hands only."""

import secrets
from uuid import UUID

from domain.access_tokens import GenerateToken
from domain.application import Wish
from domain.fact import Via
from domain.secret import ACCESS_TOKEN, digest_of, encode_secret, mask_of
from infra.desk import Desk, new_id


async def generate_token(desk: Desk, agent: UUID, label: str, via: Via = "cli") -> str:
    """Generate an access token for an agent and return it: it cannot be shown again."""
    secret = encode_secret(ACCESS_TOKEN, secrets.token_bytes(32))
    command = GenerateToken(
        agent=agent,
        token=new_id(),
        digest=digest_of(secret).hex(),
        mask=mask_of(ACCESS_TOKEN, secret),
        label=label,
    )
    await desk.execute(Wish(command), via=via)
    return secret
