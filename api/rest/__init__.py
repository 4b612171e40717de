"""The REST API, version 1: endpoints that read views and give the same commands as the tools."""

from typing import Any

from litestar import Router
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler

from api.problems import API
from api.rest import (
    agent_access,
    agents,
    apps,
    budget,
    calls,
    clients,
    departments,
    facts,
    new_tokens,
    password_links,
    roles,
    session,
    sessions,
    system,
    ticket_actions,
    ticket_history,
    ticket_messages,
    tickets,
    tokens,
    usage,
)
from api.rest.admission import Admission, Connection, provide_acting, provide_conditions
from api.rest.asking import StrictRequest
from api.rest.methods import is_options, options_handlers
from api.services import Services

BODY_LIMIT = 1 << 20

ENDPOINTS: list[Any] = [
    *session.ENDPOINTS,
    *tickets.ENDPOINTS,
    *ticket_actions.ENDPOINTS,
    *ticket_messages.ENDPOINTS,
    *ticket_history.ENDPOINTS,
    *agents.ENDPOINTS,
    *agent_access.ENDPOINTS,
    *password_links.ENDPOINTS,
    *roles.ENDPOINTS,
    *departments.ENDPOINTS,
    *calls.ENDPOINTS,
    *facts.ENDPOINTS,
    *budget.ENDPOINTS,
    *usage.ENDPOINTS,
    *sessions.ENDPOINTS,
    *tokens.ENDPOINTS,
    *new_tokens.ENDPOINTS,
    *apps.ENDPOINTS,
    *clients.ENDPOINTS,
    *system.ENDPOINTS,
]


def rest_router(admission: Admission, services: Services) -> Router:
    """Return the routes below `/api/v1`, all behind the guard."""

    # Functions, since a router is copied deep with all that it holds.
    async def provide_services() -> Services:
        return services

    async def admit(connection: Connection, handler: BaseRouteHandler) -> None:
        if not is_options(handler):  # which tell what anybody may know
            await admission.admit(connection, handler)

    return Router(
        API,
        route_handlers=[*options_handlers(ENDPOINTS), *ENDPOINTS],
        guards=[admit],
        dependencies={
            "services": Provide(provide_services),
            "acting": Provide(provide_acting, sync_to_thread=False),
            "conditions": Provide(provide_conditions, sync_to_thread=False),
        },
        request_class=StrictRequest,
        request_max_body_size=BODY_LIMIT,
        response_headers={"Cache-Control": "no-store"},
        include_in_schema=True,
    )
