"""The ASGI application of one account, put together from its parts."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from litestar import Litestar
from mcp.server.lowlevel import Server

from api.gate import Identify
from api.health import Readiness, health_routes
from api.mcp import Lifespan, mcp_mount


class Parts(NamedTuple):
    """What the composition root hands over. `lifespan` starts and stops the account's parts."""

    server: Server[Any]
    identify: Identify
    readiness: Readiness
    lifespan: Lifespan
    hosts: Sequence[str]
    origins: Sequence[str]


def create_app(parts: Parts) -> Litestar:
    endpoint, lifespan = mcp_mount(
        parts.server, parts.identify, list(parts.hosts), list(parts.origins)
    )
    return Litestar(
        [endpoint, *health_routes(parts.readiness)],
        lifespan=[parts.lifespan, lifespan],
        openapi_config=None,
        logging_config=None,
    )
