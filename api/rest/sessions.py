"""Sessions: where somebody is signed in, and ending that."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from api.rest.acting import Acting, Conditions, Outcome
from api.rest.asking import asked, from_query
from api.rest.reach import CredentialListing, within_reach
from api.services import Services
from domain.application import Wish
from domain.session import CloseSession
from projections.metadata import Named

SessionId = Annotated[UUID, PathParameter(description="The session's id.")]


class Session(Struct, frozen=True, kw_only=True):
    """A session that is not over."""

    id: Annotated[UUID, Meta(description="The session's id.")]
    agent: Annotated[Named, Meta(description="Who is signed in.")]
    opened_at: Annotated[datetime, Meta(description="Since when.")]
    expires_at: Annotated[datetime, Meta(description="Its end, whatever the use.")]
    current: Annotated[bool, Meta(description="True for the one that asks.")]
    last_used_at: Annotated[datetime, Meta(description="About a minute late.")] | UnsetType = UNSET
    client: Annotated[str, Meta(description="What the browser calls itself.")] | UnsetType = UNSET
    ip: Annotated[str, Meta(description="The address that it was opened from.")] | UnsetType = UNSET


class SessionList(Struct, frozen=True):
    """An agent's sessions."""

    sessions: Annotated[list[Session], Meta(description="Newest first.")]


class SessionEnded(Struct, frozen=True):
    """A session that is over."""

    id: Annotated[UUID, Meta(description="The session's id.")]
    changed: Annotated[bool, Meta(description="False: it was ended before.")]


@get(
    "/sessions",
    operation_id="list_sessions",
    tags=["sessions"],
    dependencies={"listing": from_query(CredentialListing)},
)
async def list_sessions(
    acting: NamedDependency[Acting], listing: NamedDependency[CredentialListing]
) -> SessionList:
    """List where one is signed in, or where an agent is whom one manages."""
    agent = await within_reach(acting, listing)
    return SessionList(await living_sessions(acting.services, agent, acting.caller.by.credential))


async def living_sessions(services: Services, agent: UUID, asking: UUID | None) -> list[Session]:
    """Return an agent's sessions that are not over, newest first; `asking` is one in use."""
    lines = await services.views.list_sessions(agent)
    used = await services.ledger.last_used([line.id for line in lines])
    since = services.now() - services.idle
    return [
        Session(
            id=line.id,
            agent=line.agent,
            opened_at=line.opened_at,
            expires_at=line.expires_at,
            current=line.id == asking,
            last_used_at=used.get(line.id, UNSET),
            client=line.client,
            ip=line.ip,
        )
        for line in lines
        if line.id == asking or used.get(line.id, line.opened_at) >= since
    ]


@post(
    "/sessions/{session_id:uuid}/revoke",
    operation_id="revoke_session",
    tags=["sessions"],
    status_code=200,
)
async def revoke_session(
    session_id: SessionId, acting: NamedDependency[Acting], conditions: NamedDependency[Conditions]
) -> Response[SessionEnded]:
    """End one's own session, or that of an agent whom one manages, at once."""
    return (await end_session(acting, session_id, conditions)).response()


async def end_session(
    acting: Acting, session_id: UUID, conditions: Conditions
) -> Outcome[SessionEnded]:
    """End anybody's session, as far as the rules let one. Refuses with `not_found`."""
    return await acting.act(
        "revoke_session",
        asked(session_id=session_id),
        [Wish(CloseSession(session=session_id))],
        lambda done: SessionEnded(session_id, done.changed),
        SessionEnded,
        conditions=conditions,
    )


ENDPOINTS = (list_sessions, revoke_session)
