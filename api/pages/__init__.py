"""Pages for people: signing in, consent to apps, and the panel. They work without scripts."""

from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from typing import Any

from litestar import Response, Router, get
from litestar.di import Provide
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler

from api import problems
from api.oauth.locations import AUTHORIZE
from api.pages import account, admin, audit, consent, sign_in, tickets
from api.pages.failures import answer, is_for_people
from api.pages.front import ForeignHost, Front, Page, visitor_of

BODY_LIMIT = 1 << 16

ExceptionHandler = Callable[[Page, Exception], Response[Any]]


def pages_router(front: Front) -> Router:
    """Return the routes of all pages, which are not for other hosts, nor for any number of requests.

    Only how they look is shown to whoever has none left: the page that says so needs it.
    """

    async def provide_front() -> Front:
        return front

    async def refuse_foreign_host(request: Page) -> None:
        if request.headers.get("host", "") not in front.hosts:
            raise ForeignHost

    async def admit(request: Page) -> None:
        await refuse_foreign_host(request)
        # What may lead on to another site is asked for anew, by a page whose policy says so.
        if request.method == HttpMethod.POST and request.scope["path"] != AUTHORIZE:
            await front.keep_form(request)
        await front.rates.require_address(visitor_of(request).ip)

    def handle(request: Page, error: Exception) -> Response[Any]:
        return answer(front, request, error)

    return Router(
        "/",
        route_handlers=_with_head(
            *account.ENDPOINTS,
            *admin.ENDPOINTS,
            *audit.ENDPOINTS,
            *consent.ENDPOINTS,
            *sign_in.ENDPOINTS,
            *tickets.ENDPOINTS,
            _asset_route(front, refuse_foreign_host),
        ),
        dependencies={"front": Provide(provide_front)},
        before_request=admit,
        exception_handlers={Exception: handle},
        request_max_body_size=BODY_LIMIT,
        include_in_schema=False,
    )


def _with_head(*handlers: HTTPRouteHandler) -> Sequence[HTTPRouteHandler]:
    """Have every page answer HEAD as GET, without its body (RFC 9110 §9.3.2).

    Not where apps ask: what is remembered there is answered, and that is recorded.
    """

    def answering(handler: HTTPRouteHandler) -> HTTPRouteHandler:
        if HttpMethod.GET not in handler.http_methods or AUTHORIZE in handler.paths:
            return handler
        both = copy(handler)
        both.http_methods = handler.http_methods | {HttpMethod.HEAD}
        return both

    return [answering(handler) for handler in handlers]


def answer_anywhere(front: Front) -> ExceptionHandler:
    """Return what answers outside of all routes: with a page where a person looks at it."""

    def handle(request: Page, error: Exception) -> Response[Any]:
        if is_for_people(request):
            return answer(front, request, error)
        return problems.answer(request, error)

    return handle


def _asset_route(
    front: Front, before_request: Callable[[Page], Awaitable[None]]
) -> HTTPRouteHandler:
    @get(list(front.renderer.assets), before_request=before_request)
    async def asset(request: Page) -> Response[bytes]:
        version, encodings = (
            request.query_params.get("v", ""),
            request.headers.get("accept-encoding", ""),
        )
        return front.renderer.asset(request.scope["path"], version, encodings)

    return asset
