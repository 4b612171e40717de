"""Access tokens made from inside the house: their secrets go to the caller and nowhere else."""

import secrets
from collections.abc import Iterable
from uuid import UUID

from domain.application import Wish
from domain.fact import Via
from domain.issuing import NewToken, new_token
from domain.permissions import TOOL_SCOPES, Scope
from infra.desk import Desk, new_id


async def generate_token(
    desk: Desk,
    agent: UUID,
    label: str,
    scopes: Iterable[Scope] = TOOL_SCOPES,
    *,
    via: Via = "cli",
) -> str:
    """Generate an access token for an agent and return it: it cannot be shown again."""
    new = _new(agent, label, scopes)
    await desk.execute(Wish(new.command), via=via)
    return new.secret


async def replace_token(
    desk: Desk, agent: UUID, lost: UUID, label: str, scopes: Iterable[Scope]
) -> str:
    """Revoke an agent's lost token and return its successor, both in one append."""
    new = _new(agent, label, scopes, lost)
    await desk.execute(Wish(new.command))
    return new.secret


def _new(
    agent: UUID, label: str, scopes: Iterable[Scope], replaces: UUID | None = None
) -> NewToken:
    return new_token(agent, new_id(), secrets.token_bytes(32), label, scopes, replaces=replaces)
