"""Authorized apps: what clients one let in, and ending that."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter
from msgspec import UNSET, Meta, Struct
from msgspec.structs import replace

from api.rest.acting import Acting, Conditions, Outcome
from api.rest.asking import asked, from_query
from api.rest.reach import RevocableListing, within_reach
from api.services import Services
from domain.application import Wish
from domain.consent import RevokeApp
from domain.refusals import Code, Refused
from projections.apps import AppLine
from projections.views import Views

AppId = Annotated[UUID, PathParameter(description="The app's id.")]


class AppList(Struct, frozen=True):
    """An agent's apps."""

    apps: Annotated[list[AppLine], Meta(description="Those that connected last come first.")]


class AppRevoked(Struct, frozen=True):
    """An app that may do nothing any more, and has to ask anew."""

    id: Annotated[UUID, Meta(description="The app's id.")]
    changed: Annotated[bool, Meta(description="False: it was revoked before.")]


@get(
    "/apps",
    operation_id="list_apps",
    tags=["apps"],
    dependencies={"listing": from_query(RevocableListing)},
)
async def list_apps(
    acting: NamedDependency[Acting], listing: NamedDependency[RevocableListing]
) -> AppList:
    """List the apps that one let in, or those of an agent whom one manages."""
    agent = await within_reach(acting, listing)
    return AppList(await apps_of(acting.services, agent, revoked=listing.include_revoked))


async def apps_of(services: Services, agent: UUID, *, revoked: bool = False) -> list[AppLine]:
    """Return an agent's apps, with when they were last used."""
    lines = await services.views.list_apps(agent_id=agent, include_revoked=revoked)
    used = await services.ledger.last_used([line.id for line in lines])
    return [replace(line, last_used_at=used.get(line.id, UNSET)) for line in lines]


@post("/apps/{app_id:uuid}/revoke", operation_id="revoke_app", tags=["apps"], status_code=200)
async def revoke_app(
    app_id: AppId, acting: NamedDependency[Acting], conditions: NamedDependency[Conditions]
) -> Response[AppRevoked]:
    """Revoke an app that one let in, or an agent whom one manages, with all its tokens at once."""
    return (await end_app(acting, app_id, conditions)).response()


async def end_app(acting: Acting, app_id: UUID, conditions: Conditions) -> Outcome[AppRevoked]:
    """Revoke anybody's app, as far as the rules let one. Refuses with `not_found`."""

    async def wishes() -> list[Wish]:
        found = await find_app(acting.services.views, app_id)
        return [Wish(RevokeApp(agent=found.agent.id, consent=app_id))]

    return await acting.act(
        "revoke_app",
        asked(app_id=app_id),
        wishes,
        lambda done: AppRevoked(app_id, done.changed),
        AppRevoked,
        conditions=conditions,
    )


async def find_app(views: Views, app_id: UUID) -> AppLine:
    """Return an app, whoever let it in: what may be done with it, the rules say.

    Refuses with `not_found` where there is none.
    """
    for line in await views.list_apps(app_id=app_id, include_revoked=True):
        return line
    raise Refused(Code.NOT_FOUND, "There is no such app. The list of apps shows which there are.")


ENDPOINTS = (list_apps, revoke_app)
