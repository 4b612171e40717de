"""The way into Admin: to the first of its places that one may go to."""

from litestar import Response, get
from litestar.di import NamedDependency

from api.pages.front import Front, Page
from api.pages.panel import ADMIN, ADMIN_PLACES, panel_of
from api.pages.rendering import see_other
from domain.refusals import Code, Refused


@get(ADMIN)
async def admin_page(request: Page, front: NamedDependency[Front]) -> Response[None]:
    panel = await panel_of(request, front)
    for place in panel.open(ADMIN_PLACES):
        return see_other(place.path)
    raise Refused(Code.PERMISSION_DENIED, "Your role does not allow you to manage anything here.")


ENDPOINTS = (admin_page,)
