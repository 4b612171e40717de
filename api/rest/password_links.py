"""One-time links by which agents set their passwords: each is in one answer and nowhere else."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from api.rest.acting import Acting
from api.rest.agents import AgentId
from api.rest.asking import asked
from api.rest.secrets import refuse_conditions
from api.sign_in.links import new_reset, password_url
from domain.application import Wish


class PasswordLinkMade(Struct, frozen=True, kw_only=True):
    """A new link, without its secret."""

    agent_id: Annotated[UUID, Meta(description="Whose password it sets.")]
    expires_at: Annotated[datetime, Meta(description="An hour after it was made.")]


class PasswordLink(PasswordLinkMade, frozen=True, kw_only=True):
    """A new link, which is shown this once."""

    url: Annotated[str, Meta(description="The page that the agent opens, once.")]


@post("/agents/{agent_id:uuid}/password-link", operation_id="create_password_link", tags=["agents"])
async def create_password_link(
    agent_id: AgentId, acting: NamedDependency[Acting], request: Request[Any, Any, Any]
) -> Response[PasswordLink]:
    """Make a link by which an agent sets a password, and show it, this once.

    It works once, within an hour, and ends with the token or session that made it; earlier ones are
    dead. Whoever has it can act as the agent: so it takes a credential and a role that are good for
    all that the agent may.

    Takes no Idempotency-Key: what is answered under one is kept, and a link is not.
    """
    refuse_conditions(request, "link", "make another")
    return Response(await issue_password_link(acting, agent_id), status_code=201)


async def issue_password_link(acting: Acting, agent: UUID) -> PasswordLink:
    """Make a link and return it, to be shown this once."""
    new = new_reset(agent, acting.services.random(32), acting.services.now())
    made = PasswordLinkMade(agent_id=agent, expires_at=new.command.expires_at)
    await acting.act(
        "create_password_link",
        asked(agent_id=agent),
        [Wish(new.command)],
        lambda _done: made,
        PasswordLinkMade,
    )
    # The secret joins the answer here, past all that is recorded or kept.
    url = password_url(acting.services.base_url, agent, new.secret)
    return PasswordLink(agent_id=agent, expires_at=made.expires_at, url=url)


ENDPOINTS = (create_password_link,)
