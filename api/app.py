"""The ASGI application of one account, put together from its parts."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from litestar import Litestar, Request, Response
from litestar.types import Message, Scope
from mcp.server.lowlevel import Server

from api.connection.asking import Ask
from api.connection.trying import ConnectionTest
from api.health import Readiness, health_routes
from api.mcp import Lifespan, mcp_mount
from api.oauth import errors as oauth_errors
from api.oauth.clients import Clients
from api.oauth.cors import allow_origins, is_machine_endpoint
from api.oauth.issuer import Issuer
from api.oauth.locations import Locations
from api.oauth.routes import oauth_router
from api.oauth.store import OAuthStore
from api.pages import ExceptionHandler, answer_anywhere, pages_router
from api.pages.front import Front
from api.pages.rendering import Renderer
from api.rates import RateLimiter
from api.rest import rest_router
from api.rest.admission import Admission, Identify
from api.rest.openapi import Document
from api.rest.page import Reference, reference_router
from api.services import Services
from api.sign_in.entrance import Entrance

_NOSNIFF = (b"x-content-type-options", b"nosniff")


class Parts(NamedTuple):
    """What the composition root hands over. `lifespan` starts and stops the account's parts."""

    server: Server[Any]
    identify: Identify
    rates: RateLimiter
    services: Services
    entrance: Entrance
    clients: Clients
    oauth: OAuthStore
    readiness: Readiness
    ask: Ask
    lifespan: Lifespan
    hosts: Sequence[str]
    origins: Sequence[str]


def create_app(parts: Parts) -> Litestar:
    endpoint, lifespan = mcp_mount(
        parts.server,
        parts.identify,
        parts.rates,
        Locations(parts.services.base_url),
        hosts=list(parts.hosts),
        origins=list(parts.origins),
    )
    admission = Admission(
        parts.identify, parts.rates, parts.services.base_url, parts.hosts, parts.origins
    )
    issuer = Issuer(
        services=parts.services,
        clients=parts.clients,
        store=parts.oauth,
        rates=parts.rates,
        hosts=parts.hosts,
    )
    front = Front(
        services=parts.services,
        entrance=parts.entrance,
        issuer=issuer,
        identify=parts.identify,
        rates=parts.rates,
        renderer=Renderer(),
        connection=ConnectionTest(parts.ask, parts.services.base_url),
        hosts=parts.hosts,
        origins=parts.origins,
    )
    app = Litestar(
        [
            endpoint,
            *health_routes(parts.readiness, parts.rates),
            rest_router(admission, parts.services),
            reference_router(),
            pages_router(front),
            oauth_router(issuer),
        ],
        lifespan=[parts.lifespan, lifespan],
        exception_handlers={Exception: _answer(front)},
        before_send=[forbid_guessing, allow_origins],
        openapi_config=None,
        logging_config=None,
    )
    app.state["reference"] = Reference(Document(app, parts.services.base_url))
    return app


def _answer(front: Front) -> ExceptionHandler:
    """Return what answers outside of all routes, and where a route has no such method."""
    elsewhere = answer_anywhere(front)

    def handle(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        if is_machine_endpoint(request.scope["path"]):
            return oauth_errors.answer(request, error)
        return elsewhere(request, error)

    return handle


async def forbid_guessing(message: Message, _scope: Scope) -> None:
    """Have browsers take every answer for what it says it is, and for nothing else.

    Fetch, "X-Content-Type-Options header".
    """
    if message["type"] == "http.response.start":
        headers = list(message["headers"])
        if all(name != _NOSNIFF[0] for name, _ in headers):
            message["headers"] = [*headers, _NOSNIFF]
