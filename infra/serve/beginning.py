"""What an account gets before it is served: schema, views, budget, the demo, a first token."""

from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET

from domain.access_tokens import tokens_of
from infra.access import generate_token
from infra.database import opened
from infra.demo.fill import fill
from infra.desk import utc_now
from infra.directory import find_owner
from infra.settings import Settings


class Beginning(NamedTuple):
    """Who owns the account, and the token made just now, or else the mask of the newest alive.

    Without an owner, `setup` is the secret of a link for the first one; in the demo, `reset` is
    the owner's id and the secret of a link to set the password, as long as there is none.
    """

    owner: str | None = None
    token: str | None = None
    mask: str | None = None
    setup: str | None = None
    reset: tuple[UUID, str] | None = None
    has_password: bool = False


async def begin(settings: Settings, *, demo: bool) -> Beginning:
    """Make the account ready to be served.

    An owner with neither token nor password, as commands and the demo add them, gets a token.
    """
    async with opened(settings) as desk:
        if demo:
            await fill(desk, utc_now())
        await desk.views_caught_up()
        owner = await find_owner(desk)
        links = desk.entrance.links
        if owner is None or owner.email is UNSET:
            if await links.has_owner():
                return Beginning()
            return Beginning(setup=await links.issue_setup("system"))
        has_password = await desk.ledger.find_password(owner.id) is not None
        reset = None
        if demo and not has_password:
            reset = owner.id, await links.issue_reset(owner.id, "system")
        had_token = (await desk.helpdesk.states.refresh(tokens_of(owner.id))).state is not None
        if not (had_token or has_password):
            token = await generate_token(desk, owner.id, "first start")
            return Beginning(owner.email, token, reset=reset)
        tokens = await desk.views.list_tokens(agent_id=owner.id)
        alive = [
            token.mask
            for token in tokens
            if token.revoked_at is UNSET and token.expires_at > utc_now()
        ]
        mask = alive[-1] if alive else None
        return Beginning(owner.email, mask=mask, reset=reset, has_password=has_password)
