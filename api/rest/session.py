"""The caller's own session or token: who one is, and what one may do right now."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get
from litestar.di import NamedDependency
from msgspec import UNSET, Meta, Struct, UnsetType

from api.cookies import read_session
from api.csrf import csrf_token
from api.rest.acting import Acting


class Whoami(Struct, frozen=True, omit_defaults=True):
    """Who is asking, and what of the role lies in the credential's scopes."""

    agent_id: UUID
    role: str
    via: Annotated[str, Meta(description="rest: by access token; panel: by session.")]
    credential_id: UUID
    scopes: list[str]
    permissions: list[str]
    departments: list[UUID]
    csrf_token: (
        Annotated[str, Meta(description="For X-CSRF-Token, where the session is a cookie.")]
        | UnsetType
    ) = UNSET


@get("/session", operation_id="get_session", tags=["session"])
async def get_session(request: Request[Any, Any, Any], acting: NamedDependency[Acting]) -> Whoami:
    """Tell who is asking, and what they may do."""
    caller = acting.reading()
    by = caller.by
    if by.credential is None:
        raise TypeError("a bearer has a credential")
    secret = read_session(dict(request.scope["headers"]), acting.services.base_url)
    return Whoami(
        agent_id=acting.agent,
        role=by.role or "",
        via=by.via,
        credential_id=by.credential,
        scopes=sorted(caller.scopes),
        permissions=sorted(caller.permissions),
        departments=sorted(caller.departments),
        csrf_token=csrf_token(secret) if secret and by.via == "panel" else UNSET,
    )


ENDPOINTS = (get_session,)
