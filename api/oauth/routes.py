"""The machine endpoints of the authorization server, as one router; pages for people are no part."""

from typing import Any

from litestar import Request, Router
from litestar.di import Provide

from api.oauth import metadata, registration, token
from api.oauth.errors import ErrorCode, OAuthProblem, answer
from api.oauth.issuer import Issuer
from api.requests import WholeRequest
from api.rest.methods import options_handlers

BODY_LIMIT = 1 << 16

ENDPOINTS: list[Any] = [*metadata.ENDPOINTS, *registration.ENDPOINTS, *token.ENDPOINTS]


def oauth_router(issuer: Issuer) -> Router:
    """Return the routes of all machine endpoints, for our own hosts, and not for any number of requests."""

    async def provide_issuer() -> Issuer:
        return issuer

    async def admit(request: Request[Any, Any, Any]) -> None:
        if request.headers.get("host", "") not in issuer.hosts:
            raise OAuthProblem(
                421, ErrorCode.INVALID_REQUEST, "Use the address that PUBLIC_URL names."
            )
        if request.method != "OPTIONS":  # which touches nothing
            await issuer.rates.require_address(request.client.host if request.client else None)

    return Router(
        "/",
        route_handlers=[*options_handlers(ENDPOINTS), *ENDPOINTS],
        dependencies={"issuer": Provide(provide_issuer)},
        before_request=admit,
        exception_handlers={Exception: answer},
        request_class=WholeRequest,
        request_max_body_size=BODY_LIMIT,
        include_in_schema=False,
    )
