"""Health: whether the process lives, and whether it should be sent traffic."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import MediaType, Response, get
from litestar.handlers import HTTPRouteHandler

Readiness = Callable[[], Awaitable[dict[str, Any]]]


def health_routes(readiness: Readiness) -> list[HTTPRouteHandler]:
    """Return `/health/live`, which touches nothing, and `/health/ready`, which asks everything."""

    @get("/health/live", media_type=MediaType.TEXT, include_in_schema=False)
    async def live() -> str:
        return "ok"

    @get("/health/ready", include_in_schema=False)
    async def ready() -> Response[dict[str, Any]]:
        report = await readiness()
        return Response(report, status_code=200 if report["ready"] else 503)

    return [live, ready]
