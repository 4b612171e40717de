"""Which methods a path has: the framework's own answer to OPTIONS knows those of one handler only."""

from collections.abc import Iterable

from litestar import Response, route
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler


def options_handlers(endpoints: Iterable[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """Return what answers OPTIONS (RFC 9110 §9.3.7); to be registered before the endpoints."""
    methods: dict[str, set[str]] = {}
    for endpoint in endpoints:
        for path in endpoint.paths:
            methods.setdefault(path, {"OPTIONS"}).update(map(str, endpoint.http_methods))
    return [_options(path, methods[path]) for path in methods]


def is_options(handler: BaseRouteHandler) -> bool:
    """Whether a handler answers OPTIONS."""
    return isinstance(handler, HTTPRouteHandler) and handler.http_methods == {"OPTIONS"}


def _options(path: str, methods: Iterable[str]) -> HTTPRouteHandler:
    allow = ", ".join(sorted(methods))

    @route(path, http_method=HttpMethod.OPTIONS, status_code=204, include_in_schema=False)
    async def options() -> Response[None]:
        return Response(None, headers={"Allow": allow})

    return options
