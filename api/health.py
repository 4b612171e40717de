"""Health: whether the process lives, and whether it should be sent traffic."""

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.handlers import HTTPRouteHandler

from api.rates import RateLimiter
from domain.ledger import Unavailable

Readiness = Callable[[], Awaitable[dict[str, Any]]]


def health_routes(readiness: Readiness, rates: RateLimiter) -> list[HTTPRouteHandler]:
    """Return `/health/live`, which touches nothing, and `/health/ready`, which asks everything.

    That costs a query, so it counts on its address: apart from all else, or somebody's requests
    through a proxy could have the proxy told that nobody is served here.
    """

    @get("/health/live", media_type=MediaType.TEXT, include_in_schema=False)
    async def live() -> str:
        return "ok"

    @get("/health/ready", include_in_schema=False)
    async def ready(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
        with contextlib.suppress(Unavailable):  # the report says so, too
            await rates.require_address(request.client.host if request.client else None, "health")
        report = await readiness()
        return Response(report, status_code=200 if report["ready"] else 503)

    return [live, ready]
